package cgen_test

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// The rows of these layers cannot be added in one go: their sums leave 16 bits,
// or the list would be too long. The largest inputs reach the bounds.
const segmented = `net segments fixed steps=2 {
once
	%x = input : u8[1100]
	%p = input : spike[1100]
	%up = const {fill=127} : s8[5,1100]
	%down = const {fill=-128} : s8[5,1100]
	%wide = const {seed=9 lo=-32768 hi=32767} : s16[5,1100]
	%w6 = const {seed=10 lo=-127 hi=127} : s8[9,5]
	%i1 = linear %x, %up {slots=planes} : s32[5]
	%i2 = linear %x, %down {slots=planes} : s32[5]
	%i3 = linear %p, %up : s32[5]
	%i4 = linear %p, %down : s32[5]
	%i5 = linear %p, %wide : s32[5]
	%i6 = linear %i3, %w6 {slots=planes} : s32[9]
	%y1 = output %i1 : s32[5]
	%y2 = output %i2 : s32[5]
	%y3 = output %i3 : s32[5]
	%y4 = output %i4 : s32[5]
	%y5 = output %i5 : s32[5]
	%y6 = output %i6 : s32[9]
}
`

func TestSegments(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := irtest.ParseNet(t, "segments", segmented)
	irtest.Need(t, "gcc")
	dir := artefact(t, net, vectors(t, net, extremes(net)))
	run(t, dir, nil, build(t, dir, "test", sanitized...))
}

// Values that are not alive at the same time share memory; each layer's result
// must still be there when its last reader comes.
const sharing = `net sharing fixed steps=3 {
once
	%in = input : u8[20]
	%x/a = input : s8[20]
	%w1 = const {seed=1 lo=-127 hi=127} : s8[30,20]
	%w2 = const {seed=2 lo=-20 hi=20} : s8[40,30]
	%w3 = const {seed=3 lo=-20 hi=20} : s8[20,40]
	%th = const {fill=300} : u9[]
	%i1 = linear %in, %w1 {slots=planes} : s32[30]
	%i2 = linear %x/a, %w1 {slots=planes} : s32[30]
	%kept = output %i2 : s32[30]
	%y6 = output %in : u8[20]
step
	%s1 = neuron %i1, %th, reset=%th {leak=shift:2 round=floor compare=ge reset=subtract when=next} : spike[30]
	%j1 = linear %s1, %w2 : s32[40]
	%r1 = reshape %j1 {shape=[40,1]} : s32[40,1]
	%s2 = neuron %r1, %th {leak=none round=floor compare=gt reset=zero when=fire} : spike[40,1]
	%q = reshape %s2 {shape=[40]} : spike[40]
	%j2 = linear %q, %w3 : s32[20]
	%j3 = linear %s1, %w2 : s32[40]
	%s3 = neuron %j2, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[20]
end
	%c2 = sum %j2 : s32[20]
	%c1 = sum %i1 : s32[30]
	%c3 = sum %s3 : u2[20]
	%c4 = sum %j3 : s32[40]
	%l = linear %c3, %w1 {slots=planes} : s32[30]
	%y1 = output %c1 : s32[30]
	%y2 = output %c2 : s32[20]
	%y3 = output %l : s32[30]
	%y4 = output %c4 : s32[40]
	%y5 = output %c3 : u2[20]
}
`

func TestSharedMemory(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := irtest.ParseNet(t, "sharing", sharing)
	agree(t, "sharing", sharing, 5)
	for seed := range uint64(3) {
		irtest.Need(t, "gcc")
		dir, _ := emit(t, irtest.Shuffle(net, seed), 2)
		run(t, dir, nil, build(t, dir, "test", "gcc", "-O1"))
	}
}

// A chunk of at most 32 channels may still have more places than a list counts:
// 16 channels of 64 by 64, and 3 of 32,768; with 17 the last chunk is smaller.
// The first sample has all spikes.
func TestListsBeyond16Bits(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc")
	for shape, out := range map[string]string{
		"16,64,64": "[2,8,8]", "17,64,64": "[2,8,8]", "3,32,1024": "[2,4,128]", "32,46,46": "[2,6,6]", "64,64,64": "[2,8,8]",
	} {
		channels, _, _ := strings.Cut(shape, ",")
		net := irtest.ParseNet(t, "lists", fmt.Sprintf(`net lists fixed steps=1 {
once
	%%x = input : spike[%s]
	%%w = const {seed=1 lo=-127 hi=127} : s8[2,%s,2,2]
	%%c = conv %%x, %%w {strides=[8,8] pads=[0,0,0,0] dilations=[1,1] groups=1} : s16%s
	%%y = output %%c : s16%s
}
`, shape, channels, out, out))
		dir := artefact(t, net, vectors(t, net, extremes(net)))
		run(t, dir, nil, build(t, dir, "test", "gcc", "-O1"))
	}
}
