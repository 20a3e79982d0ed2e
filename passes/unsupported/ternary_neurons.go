package unsupported

import (
	"nomul/ir"
	"nomul/passes/canonical"
)

// A ternary neuron fires 1, 0 or −1. People write that as the sign of the membrane times
// a comparison of its magnitude, or as one comparison of it less another.

// Ternary is the reason of spikes with a sign.
var Ternary = Reason{What: "a ternary neuron, whose spikes have a sign",
	Help: "let the reset take the spikes away, as in h - s with s = (h > 1).float() - (h < -1).float(): each sign is a neuron of its own then"}

// WithoutSign returns the value of which m is the magnitude or the opposite.
func WithoutSign(m *ir.Value) *ir.Value {
	for m.Op == ir.OpNeg || canonical.IsFn(m, ir.FnAbs) {
		m = m.Args[0]
	}
	return m
}
