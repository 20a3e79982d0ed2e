package verilog_test

import (
	"testing"

	"nomul/ir/irtest"
)

// Every form that real networks take: windows with padding, strides and groups,
// words, joins, reorderings, pools, recurrence, and readouts.
const forms = `net forms fixed steps=3 {
once
	%x = input : u4[2,6,5]
	%w1 = const {seed=1 lo=-7 hi=7} : s4[6,2,3,3]
	%b1 = const {seed=2 lo=-40 hi=40} : s7[6,6,5]
	%w2 = const {seed=3 lo=-7 hi=7} : s4[12,3,3,2]
	%b2 = const {seed=4 lo=-9 hi=9} : s5[12]
	%w3 = const {seed=5 lo=-7 hi=7} : s4[8,12,1,1]
	%w4 = const {seed=6 lo=-7 hi=7} : s4[5,3]
	%w5 = const {seed=7 lo=-7 hi=7} : s4[4,8]
	%wr = const {seed=8 lo=-3 hi=3} : s3[8,8,1,1]
	%f = const {seed=9 lo=-90 hi=90} : s8[1,3,2]
	%th = const {seed=10 lo=5 hi=60} : u6[6,1,1]
	%tw = const {seed=11 lo=5 hi=60} : u6[1,3,2]
	%nine = const {fill=9} : u4[]
	%off = const {fill=0} : spike[8,3,2]
	%c1 = conv %x, %w1, bias=%b1 {strides=[1,1] pads=[1,1,1,1] dilations=[1,1] groups=1 slots=planes} : s16[6,6,5]
	%m1 = max-pool %c1 {kernel=[2,2] strides=[1,1] pads=[0,1,1,0] dilations=[1,1]} : s16[6,6,5]
	%o5 = output %m1 : s16[6,6,5]
step
	%s1 = neuron %m1, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[6,6,5]
	%s2 = neuron %c1, %th, reset=%th {leak=none round=floor compare=gt reset=subtract when=next} : spike[6,6,5]
	%r = add %s1, %s2 : u2[6,6,5]
	%q = and-not %s1, %s2 : spike[6,6,5]
	%p = max-pool %q {kernel=[2,1] strides=[1,1] pads=[0,0,1,0] dilations=[1,1]} : spike[6,6,5]
	%c2 = conv %r, %w2, bias=%b2 {strides=[2,2] pads=[1,0,0,0] dilations=[1,1] groups=2 slots=planes} : s16[12,3,2]
	%s3 = neuron %c2, %nine {leak=decay:2 round=floor compare=ge reset=zero when=fire} : spike[12,3,2]
	%c3 = conv %s3, %w3 {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : s16[8,3,2]
	%d = delay %off : spike[8,3,2]
	%cr = conv %d, %wr {strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1} : s16[8,3,2]
	%k = csd %c3, %f {shift=6 round=floor} : s16[8,3,2]
	%u = shl %k {k=2} : s16[8,3,2]
	%j = add %u, %cr : s16[8,3,2]
	%s4 = neuron %j, %tw {leak=none round=floor compare=ge reset=zero when=fire} : spike[8,3,2]
	%dl = latch %d, %s4 : spike[8,3,2]
	%t = transpose %s4 {perm=[2,0,1]} : spike[2,8,3]
	%l = linear %t, %w4 : s16[2,8,5]
	%s5 = neuron %l, %nine {leak=none round=floor compare=ge reset=zero when=fire} : spike[2,8,5]
	%back = transpose %s5 {perm=[1,2,0]} : spike[8,5,2]
	%half = slice %back {axis=1 start=1 count=3 step=1} : spike[8,3,2]
	%both = concat %half, %s4 {axis=0} : spike[16,3,2]
	%pool = sum-pool %both {kernel=[2,2] strides=[1,1] pads=[0,0,0,0] dilations=[1,1]} : u3[16,2,1]
	%g = reduce-sum %pool {axes=[1,2]} : u4[16]
	%g8 = slice %g {axis=0 start=4 count=8 step=1} : u4[8]
	%pad = pad %g8 {before=[1] after=[2]} : u4[11]
	%big = max %g8, %nine : u4[8]
	%away = sub %big, %g8 : s8[8]
end
	%n = sum %g8 : u6[8]
	%y = linear %n, %w5 {slots=planes} : s16[4]
	%last = last %away : s8[8]
	%most = max-time %pad : u4[11]
	%ps = sum %p : u2[6,6,5]
	%o1 = output %y : s16[4]
	%o2 = output %last : s8[8]
	%o3 = output %most : u4[11]
	%o4 = output %ps : u2[6,6,5]
}
`

func TestForms(t *testing.T) {
	irtest.Long(t)
	irtest.Need(t, "iverilog")
	net := parse(t, forms)
	vs := samples(t, net, 3, 4)
	for _, lanes := range []int{4, 32} {
		dir := emit(t, net, lanes, vs)
		passes(t, net, lanes, vs, simulate(t, dir))
		lint(t, dir)
	}
}
