package metrics

import (
	"testing"

	"nomul/ir/irtest"
)

// A grouped convolution, a batch-norm and a dense layer whose weights are used twice.
func TestSizeOf(t *testing.T) {
	net := irtest.ParseNet(t, "size.sir", `net size spiking steps=2 {
once
	%x = input : real[4,5]
	%w = const {seed=1 lo=0 hi=1} : real[6,2,3]
	%b = const {seed=2 lo=0 hi=1} : real[6]
	%c = conv %x, %w, bias=%b {strides=[1] pads=[1,1] dilations=[1] groups=2} : real[6,5]
	%one = const {fill=1} : real[6]
	%n = batch-norm %c, %one, %b, %b, %one {axis=0 eps=0.1} : real[6,5]
	%d = const {seed=3 lo=0 hi=1} : real[5,5]
	%l = linear %n, %d : real[6,5]
	%m = linear %l, %d : real[6,5]
	%y = output %m : real[6,5]
}`)
	// 36 + 6 of the convolution, 6 of the batch-norm (its shift is the bias), 25.
	if got, want := SizeOf(net), (Size{73, 30*6 + 2*30*5}); got != want {
		t.Errorf("got %+v, wanted %+v", got, want)
	}
}
