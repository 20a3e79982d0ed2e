package main

import (
	"slices"
	"testing"

	"nomul/ir/irtest"
	"nomul/passes"
)

// A membrane that goes in as the state is no pixel, and is not listed as one.
func TestStateIsNoPixel(t *testing.T) {
	net := irtest.ParseNet(t, "n", `net n source steps=1 {
once
	%x = input : real[2]
	%m0 = input : real[2]
	%h = add %m0, %x : real[2]
	%m0_out = output %h : real[2]
}`)
	o := &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}}
	both := []string{"pixels: x = (p*1 - 0)/1 of a pixel p", "pixels: m0 = (p*1 - 0)/1 of a pixel p"}
	for _, c := range []struct {
		state []passes.Binding
		want  []string
	}{{nil, both}, {[]passes.Binding{{In: "m0", Out: "m0_out"}}, both[:1]}} {
		o.State = c.state
		got, err := normalisations("n.onnx", net, o)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("state %v: got %q, %v; wanted %q", c.state, got, err, c.want)
		}
	}
}
