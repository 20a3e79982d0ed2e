package verilog_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"nomul/backends"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

// flagship is a net of the shapes of fmnist-mlp-sj, on noise; its thresholds
// make about .09 and .15 of the neurons spike when half the pixels are not 0.
func flagship(th1, th2 int) string {
	return fmt.Sprintf(`net mlp fixed steps=4 {
once
	%%x = input {scale=[0.00392156862745098] mean=[0.286] std=[0.353]} : u8[1,28,28]
	%%x.flat = reshape %%x {shape=[784]} : u8[784]
	%%w1 = const {seed=1 lo=-127 hi=127} : s8[512,784] range -127..127
	%%b1 = const {seed=2 lo=-1000 hi=1000} : s16[512]
	%%i1 = linear %%x.flat, %%w1, bias=%%b1 {slots=planes} : s32[512]
	%%th1 = const {seed=3 lo=%d hi=%d} : u24[512]
	%%w2 = const {seed=4 lo=-127 hi=127} : s8[256,512] range -127..127
	%%th2 = const {fill=%d} : u24[]
	%%nb2 = const {seed=5 lo=-100 hi=100} : s8[256] range -100..100
	%%w3 = const {seed=6 lo=-127 hi=127} : s8[10,256] range -127..127
	%%b3 = const {data=[1,-2,3,4,5,6,7,8,9,10]} : s8[10] range -2..10
step
	%%s1 = neuron %%i1, %%th1 {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[512]
	%%i2 = linear %%s1, %%w2 : s16[256]
	%%s2 = neuron %%i2, %%th2, bias=%%nb2 {leak=shift:1 round=floor compare=ge reset=zero when=fire guard=4} : spike[256]
end
	%%c = sum %%s2 : u3[256] range 0..4
	%%l = linear %%c, %%w3, bias=%%b3 {slots=planes} : s32[10]
	%%y = output %%l : s32[10] scale 2^-12
}
`, th1-th1/10, th1+th1/10, th2)
}

func TestFlagship(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := parse(t, flagship(400000, 12000))
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	vs := backends.Vectors{sample(t, m, net, rng, .5)}
	passes(t, net, 32, vs, simulate(t, emit(t, net, 32, vs)))
}
