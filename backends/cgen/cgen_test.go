package cgen_test

import (
	"bytes"
	"testing"

	"nomul/ir/irtest"
)

const flagship = `net mlp fixed steps=4 {
once
	%x = input : u8[1,28,28]
	%xf = reshape %x {shape=[784]} : u8[784]
	%w1 = const {seed=1 lo=-127 hi=127} : s8[512,784]
	%b1 = const {seed=2 lo=-1000 hi=1000} : s16[512]
	%i1 = linear %xf, %w1, bias=%b1 {slots=planes} : s32[512]
	%th1 = const {seed=3 lo=100000 hi=300000} : u19[512]
	%w2 = const {seed=4 lo=-127 hi=127} : s8[256,512]
	%th2 = const {seed=8 lo=6000 hi=16000} : u14[256]
	%nb2 = const {seed=5 lo=-100 hi=100} : s8[256]
	%w3 = const {seed=6 lo=-127 hi=127} : s8[10,256]
	%b3 = const {data=[1,-2,3,4,5,6,7,8,9,10]} : s8[10]
step
	%s1 = neuron %i1, %th1 {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[512]
	%i2 = linear %s1, %w2 : s32[256]
	%s2 = neuron %i2, %th2, bias=%nb2 {leak=shift:1 round=floor compare=ge reset=zero when=fire guard=4} : spike[256]
end
	%c = sum %s2 : u3[256]
	%l = linear %c, %w3, bias=%b3 {slots=planes} : s32[10]
	%y = output %l : s32[10] scale 2^-12
}
`

func TestFlagship(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc", "clang")
	net := irtest.ParseNet(t, "flagship", flagship)
	dir, v := emit(t, net, 3)
	in, want := stream(net, v)
	run(t, dir, nil, build(t, dir, "test", "gcc", "-O2"))
	got := run(t, dir, in, build(t, dir, "host", "clang", "-O2"), "-trace")
	if !bytes.Equal(got, want) {
		t.Error("the runner's stream differs from the interpreter's")
	}
}
