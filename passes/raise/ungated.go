package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A reset, a count or a threshold may go by another comparison of the membrane than the spikes do:
// one with the threshold as it is without spikes, or one that no rest holds back. Where the growth
// or the rest is taken out of the net, the two are one and the same, so they are told apart before.

// comparedOtherwise refuses neurons whose thresholds adapt, and whose membranes are compared with a
// constant, too.
func comparedOtherwise(n *ir.Net, fires map[*ir.Value]*growth) diag.List {
	var errs diag.List
	for _, v := range n.All(ir.OpCompare) {
		if v.Clock != ir.Step || v.Args[0].Const() == nil == (v.Args[1].Const() == nil) {
			continue
		}
		for _, f := range n.All(ir.OpCompare) {
			g := fires[f]
			if g == nil || !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return madeFrom(a, f.Args[0], g.latched) }) {
				continue
			}
			errs = append(errs, rewrite.Refuse(f, diag.NotANeuron, "the membrane %%%s fires by a threshold that adapts, and is also compared with a constant, %s: where it is %s",
				f.Args[0].Name, canonical.Where(v), ShownComparison(v)).
				WithHelp("a neuron fires and is reset by one comparison: reset by the spikes themselves"))
		}
	}
	return errs
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
