package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A reset, a count or a threshold may go by another comparison of the membrane than the spikes do:
// one with the threshold as it is without spikes, or one that no rest holds back. Where the growth
// or the rest is taken out of the net, the two are one and the same, so they are told apart before.

// comparedOtherwise is a comparison that fires by a threshold that adapts, and whose membrane is compared
// with a constant, too; nil when there is none.
func comparedOtherwise(n *ir.Net, fires map[*ir.Value]*growth) *ir.Value {
	for _, v := range n.All(ir.OpCompare) {
		if v.Clock != ir.Step || v.Args[0].Const() == nil == (v.Args[1].Const() == nil) {
			continue
		}
		for _, f := range n.All(ir.OpCompare) {
			if g := fires[f]; g != nil && slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return madeFrom(a, f.Args[0], g.latched) }) {
				return f
			}
		}
	}
	return nil
}

// madeFrom reports whether a value is made, element by element, from a membrane or from the one of the
// step before.
func madeFrom(v, membrane *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	seen := canonical.Cone{}
	var reaches func(v *ir.Value) bool
	reaches = func(v *ir.Value) bool {
		if v == membrane {
			return true
		}
		if seen[v] {
			return false
		}
		seen[v] = true
		if stored := latched[v]; v.Op == ir.OpDelay && stored != nil {
			return reaches(stored)
		}
		return canonical.ByElement(v.Op) && slices.ContainsFunc(v.Args, reaches)
	}
	return reaches(v)
}

// hidesFire reports whether nothing but the layer's own state and counts reads the comparison that
// fires where the layer rests. The own state is compared with that of a neuron besides.
func (r *rest) hidesFire(asleep *unit, starts []start) bool {
	seen := canonical.Cone{}
	var hidden func(v *ir.Value) bool
	hidden = func(v *ir.Value) bool {
		if seen[v] {
			return true
		}
		seen[v] = true
		if v.Op == ir.OpLatch {
			return isOwn(v, starts) || slices.Contains(r.delays, v.Args[0])
		}
		if v.Op.Class() != ir.Element {
			return false
		}
		if f, d := asleep.form(v); d == nil && len(f) == 0 {
			return true
		}
		return !slices.ContainsFunc(r.readers[v], func(u *ir.Value) bool { return !hidden(u) })
	}
	return hidden(r.fire)
}
