package canonical

import (
	"nomul/ir"
)

// A membrane need not be computed from the one before: snnTorch's Alpha makes it anew in each step,
// from two currents that nothing compares. Such membranes are linked by the spikes that reset them,
// or by shared operands. And the last step of a file lacks the values that nothing reads there, the
// currents after their reset; without it the loop cannot be closed where the neuron has it.

// Cone holds the values from which a membrane is computed neuron by neuron, back to comparisons and
// to ops that mix neurons, inclusive.
type Cone map[*ir.Value]bool

// ConeOf returns all values that a value depends on.
func ConeOf(v *ir.Value) Cone {
	c := Cone{}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if v == nil || c[v] || v.Op == ir.OpConst {
			return
		}
		c[v] = true
		if ByElement(v.Op) {
			for _, a := range v.Args {
				walk(a)
			}
		}
	}
	walk(v)
	return c
}

// Shared counts the values in both cones.
func (c Cone) Shared(d Cone) int {
	n := 0
	for v := range d {
		if c[v] {
			n++
		}
	}
	return n
}
