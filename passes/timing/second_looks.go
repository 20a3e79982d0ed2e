package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// secondLooks finds the comparisons that are of no membrane but of a spike of whatever size,
// looked at once more: where(s > 0, …), s >= 0.5. A first membrane may be a spike, too, in a
// layer that reads spikes without weights; but that happens in one step, and a look is
// taken in every step of the layer.
func secondLooks(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	others, spikes := map[*ir.Value][]*ir.Value{}, map[*ir.Value][]*ir.Value{} // by membrane: its spikes that are compared
	for _, v := range n.Values {
		switch m := MembraneOfSpike(v); {
		case len(fires[v]) == 0:
		case m != nil:
			spikes[canonical.Unscaled(m)] = append(spikes[canonical.Unscaled(m)], v)
		default:
			others[canonical.Unscaled(v)] = fires[v]
		}
	}
	if len(spikes) < 2 {
		return out
	}
	before := predecessors(n, others)
	for m, now := range spikes {
		for _, s := range now {
			for _, past := range spikes[before[m]] {
				for _, f := range fires[s] {
					if i := slices.IndexFunc(fires[past], func(g *ir.Value) bool { return canonical.ComparedAlike(f, g) }); i >= 0 {
						out[f], out[fires[past][i]] = true, true
					}
				}
			}
		}
	}
	return out
}

// MembraneOfSpike returns the membrane whose comparisons alone decide a number: its spike
// of some size; nil of other values.
func MembraneOfSpike(v *ir.Value) *ir.Value {
	var of *ir.Value
	alone := canonical.DecidedBy(v, func(x *ir.Value) (fires, fits bool) {
		m := canonical.MembraneOf(x)
		if of == nil && x != v {
			of = m
		}
		return m != nil, m == of
	})
	if !alone {
		return nil
	}
	return of
}
