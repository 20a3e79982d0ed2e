package cgen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends/cgen"
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

// Weights of few bits are packed in tiles whose rows are whole words, the others have a byte each: 28 outputs
// are a tile of 16, one of 8 and one of 4.
const narrow = `net narrow fixed steps=2 {
once
	%x = input : u8[100]
	%p = input : spike[100]
	%i = input : spike[8,9,7]
	%n = const {seed=1 lo=-8 hi=7} : s4[28,100]
	%c = const {seed=2 lo=-2 hi=1} : s2[28,100]
	%t = const {seed=3 lo=-1 hi=1} : s2[56,4,3,3]
	%m = const {seed=4 lo=-7 hi=7} : s4[48,8,3,3]
	%y1 = linear %x, %n {slots=planes} : s32[28]
	%y2 = linear %x, %c {slots=planes} : s32[28]
	%y3 = linear %p, %n : s32[28]
	%y4 = linear %p, %c : s32[28]
	%y5 = conv %i, %t {strides=[1,2] pads=[1,0,1,1] dilations=[1,1] groups=2} : s32[56,9,3]
	%y6 = conv %i, %m {strides=[1,1] pads=[0,1,0,0] dilations=[2,1] groups=1} : s32[48,5,6]
	%o1 = output %y1 : s32[28]
	%o2 = output %y2 : s32[28]
	%o3 = output %y3 : s32[28]
	%o4 = output %y4 : s32[28]
	%o5 = output %y5 : s32[56,9,3]
	%o6 = output %y6 : s32[48,5,6]
}
`

func TestPackedWeights(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := irtest.ParseNet(t, "narrow", narrow)
	irtest.Need(t, "gcc")
	dir := artefact(t, net, vectors(t, net, extremes(net)))
	text, err := os.ReadFile(filepath.Join(dir, "model.c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kernel := range []string{"nibbles16", "nibbles8", "rows4", "crumbs16", "rows8"} {
		if !strings.Contains(string(text), "model_"+kernel+"_") {
			t.Errorf("no weights are added by the kernel %s", kernel)
		}
	}
	bytes := 0
	for _, r := range cgen.Memory(net) {
		if strings.HasSuffix(r.Name, "_weight") {
			bytes += r.Bytes
		}
	}
	// Of 28 outputs 16 and 8 take half a byte each, or 16 a quarter and 8 a byte, and 4 a byte.
	want := 2*100*(12+4) + 2*100*(4+8+4) + 2*36*(4+8+4) + 72*24
	if bytes != want {
		t.Errorf("the weights take %d bytes, wanted %d", bytes, want)
	}
	run(t, dir, nil, build(t, dir, "test", sanitized...))
}
