package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
)

// delayedNet returns a layer of neurons on an input and on the same input some steps
// before, in which the steps that have none read 0.
func delayedNet(t *testing.T, c cell, steps, by int) *ir.Net {
	s := newSketch(t)
	x := s.input(4)
	var past, out []*ir.Value
	for step := range steps {
		old := s.like(x, 0)
		if step >= by {
			old = x
		}
		var v *ir.Value
		v, past = c(s, s.op(ir.OpAdd, s.dense(1, 5, x), s.dense(2, 5, old)), past)
		out = append(out, s.dense(3, 3, v))
	}
	return s.output(readoutOf(s, "sum", out))
}

// An input that is delayed beside itself is missing in the first steps; the neurons
// are those of the layer without it.
func TestInputsAreDelayed(t *testing.T) {
	for name, c := range map[string]cell{
		"LIF": sjLIF(2, 0), "LIF to a value": sjLIF(2, -0.25), "IF": sjIF14(false), "IF soft": sjIF14(true), "where": whereLIF,
		"next": snnLeaky(false, false),
	} {
		for _, steps := range []int{3, 4, 5, 7} {
			for _, by := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/T=%d/by %d", name, steps, by), func(t *testing.T) {
					plain, err := raise(t, delayedNet(t, c, steps, 0))
					if err != nil {
						t.Fatal(err)
					}
					net, err := raise(t, delayedNet(t, c, steps, by))
					if err != nil {
						t.Fatal(err)
					}
					got, want := net.All(ir.OpNeuron), plain.All(ir.OpNeuron)
					if len(got) != 1 || net.Steps != steps || neuronLine(got[0]) != neuronLine(want[0]) {
						t.Errorf("got %d neurons, %d steps:\n%s", len(got), net.Steps, ir.Print(net, ""))
					}
				})
			}
		}
	}
}

// The steps that differ may be any.
func TestAnInputIsChosenByTheStep(t *testing.T) {
	for odd := range 4 {
		s := newSketch(t)
		x := s.input(4)
		var past, out []*ir.Value
		for step := range 5 {
			in := s.dense(1, 5, x)
			if step == odd {
				in = s.dense(2, 5, x)
			}
			var v *ir.Value
			v, past = sjLIF(2, 0)(s, in, past)
			out = append(out, s.dense(3, 3, v))
		}
		net, err := raise(t, s.output(readoutOf(s, "sum", out)))
		if err != nil || net.Steps != 5 || len(net.All(ir.OpNeuron)) != 1 {
			t.Errorf("step %d: %v", odd, err)
		}
	}
}
