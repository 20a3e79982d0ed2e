package main

import (
	"fmt"
	"testing"

	"nomul/ir/irtest"
)

// The expected outputs in the test of a large network stay within some megabytes.
func TestEmittedSamples(t *testing.T) {
	for _, c := range []struct {
		neurons, steps, given, want int
		outputsOnly                 bool
	}{
		{10, 4, 99, 16, false},
		{10, 4, 3, 3, false},
		{100000, 40, 99, 3, false}, // of 20 MB each
		{100000, 400, 99, 1, true},
	} {
		net := irtest.ParseNet(t, "large", fmt.Sprintf(`net large fixed steps=%d {
once
	%%x = input : u8[%d]
	%%th = const {fill=9} : u4[]
step
	%%s = neuron %%x, %%th {leak=none round=floor compare=ge reset=zero when=fire} : spike[%[2]d]
end
	%%c = sum %%s : u16[%[2]d]
	%%y = output %%c : u16[%[2]d]
}
`, c.steps, c.neurons))
		if got, outputsOnly := emitted(net, c.given); got != c.want || outputsOnly != c.outputsOnly {
			t.Errorf("of %d samples of %d neurons in %d steps %d are emitted, wanted %d", c.given, c.neurons, c.steps, got, c.want)
		}
	}
}
