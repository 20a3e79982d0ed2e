package passes

import "nomul/ir"

// secondLooks finds the compared values that are no membranes but spikes, looked at
// once more: where(s > 0, …), s == 1. A first membrane may be a spike, too, in a layer
// that reads spikes without weights; but that happens in one step, and a look is
// taken in every step of the layer.
func secondLooks(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	others, spikes := map[*ir.Value][]*ir.Value{}, map[*ir.Value]*ir.Value{} // by membrane: its spike that is compared
	for v, f := range fires {
		if m := membraneOfSpike(v); m != nil {
			spikes[m] = v
		} else {
			others[v] = f
		}
	}
	if len(spikes) < 2 {
		return out
	}
	before := predecessors(n, others)
	for m, s := range spikes {
		if past := spikes[before[m]]; past != nil && comparedAlike(fires[s][0], fires[past][0]) {
			out[s], out[past] = true, true
		}
	}
	return out
}

// membraneOfSpike returns the membrane that fired a spike given as a number; nil of
// other values.
func membraneOfSpike(v *ir.Value) *ir.Value {
	if v.Op != ir.OpCast {
		return nil
	}
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	return membraneOf(v)
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
