package unsupported

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
)

// A ternary neuron fires 1, 0 or −1. People write that as the sign of the membrane times
// a comparison of its magnitude, or as one comparison of it less another.

// Ternary is the reason of spikes with a sign.
var Ternary = Reason{What: "a ternary neuron, whose spikes have a sign",
	Help: "let the reset take the spikes away, as in h - s with s = (h > 1).float() - (h < -1).float(): each sign is a neuron of its own then"}

// firesSigned are the comparisons that a value takes its sign and magnitude from, when it is
// the spike of a ternary neuron; nil when it is none.
func firesSigned(v *ir.Value) []*ir.Value {
	switch v.Op {
	case ir.OpSub:
		a, b := canonical.Compared(v.Args[0]), canonical.Compared(v.Args[1])
		if a != nil && b != nil && a != b && unsigned(a) == unsigned(b) && canonical.ComparingOf(a).Membrane != nil && canonical.ComparingOf(b).Membrane != nil {
			return []*ir.Value{a, b}
		}
	case ir.OpMul:
		for i, sign := range v.Args {
			c := canonical.Compared(v.Args[1-i])
			if c != nil && canonical.IsFn(sign, ir.FnSign) && canonical.ComparingOf(c).Membrane != nil && canonical.IsFn(canonical.ComparingOf(c).Membrane, ir.FnAbs) && sign.Args[0] == unsigned(c) {
				return []*ir.Value{c}
			}
		}
	}
	return nil
}

// unsigned returns the membrane of which a comparison takes the magnitude or the opposite.
func unsigned(c *ir.Value) *ir.Value {
	return WithoutSign(canonical.MembraneOf(c))
}

// WithoutSign returns the value of which m is the magnitude or the opposite.
func WithoutSign(m *ir.Value) *ir.Value {
	for m.Op == ir.OpNeg || canonical.IsFn(m, ir.FnAbs) {
		m = m.Args[0]
	}
	return m
}

// TernaryNeurons refuses the ternary neurons, for each layer the last step's; parts are
// their comparisons, and the operands of these, in every step.
func TernaryNeurons(n *ir.Net) (errs diag.List, parts map[*ir.Value]bool) {
	parts = map[*ir.Value]bool{}
	followed := map[*ir.Value]bool{}
	for _, v := range slices.Backward(n.Values) {
		fires := firesSigned(v)
		if fires == nil {
			continue
		}
		for u := range canonical.ConeOf(unsigned(fires[0])) {
			followed[u] = followed[u] || u != v
		}
		for _, f := range fires {
			parts[f], parts[canonical.MembraneOf(f)], parts[unsigned(f)] = true, true, true
		}
		if !followed[v] {
			o := Ternary
			o.At = v
			errs = append(errs, o.Refused(fires[0]))
		}
	}
	slices.Reverse(errs)
	return errs, parts
}
