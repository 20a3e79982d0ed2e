package passes

import (
	"slices"

	"nomul/ir"
)

// secondLooks finds the comparisons that are of no membrane but of a spike of whatever size,
// looked at once more: where(s > 0, …), s >= 0.5. A first membrane may be a spike, too, in a
// layer that reads spikes without weights; but that happens in one step, and a look is
// taken in every step of the layer.
func secondLooks(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	others, spikes := map[*ir.Value][]*ir.Value{}, map[*ir.Value][]*ir.Value{} // by membrane: its spikes that are compared
	for _, v := range n.Values {
		switch m := membraneOfSpike(v); {
		case len(fires[v]) == 0:
		case m != nil:
			spikes[unscaled(m)] = append(spikes[unscaled(m)], v)
		default:
			others[unscaled(v)] = fires[v]
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
					if i := slices.IndexFunc(fires[past], func(g *ir.Value) bool { return comparedAlike(f, g) }); i >= 0 {
						out[f], out[fires[past][i]] = true, true
					}
				}
			}
		}
	}
	return out
}

// membraneOfSpike returns the membrane whose comparisons alone decide a number: its spike
// of some size; nil of other values.
func membraneOfSpike(v *ir.Value) *ir.Value {
	var of *ir.Value
	alone := decidedBy(v, func(x *ir.Value) (fires, fits bool) {
		m := membraneOf(x)
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

// unscaled returns the number of which constants and functions alone make a compared value:
// h of h/0.8, of |h| and of h·h, which is what the next step reads.
func unscaled(v *ir.Value) *ir.Value {
	c := comparing{m: v, threshold: scalar(0)}
	for x := c; x.m != nil; {
		c = x
		switch x = c.below(); {
		case x.m != nil:
		case c.m.Op == ir.OpMap, c.m.Op == ir.OpMul && c.m.Args[0] == c.m.Args[1], c.m.Op == ir.OpPow && c.m.Args[1].Const() != nil:
			x = comparing{m: c.m.Args[0], threshold: c.threshold}
		}
	}
	return c.m
}

// comparedAlike reports whether two comparisons are with one constant, in one way.
func comparedAlike(a, b *ir.Value) bool {
	if a.Attrs != b.Attrs {
		return false
	}
	for i := range a.Args {
		if a.Args[i].Const() != nil && a.Args[i] == b.Args[i] {
			return true
		}
	}
	return false
}
