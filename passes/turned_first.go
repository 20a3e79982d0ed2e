package passes

import (
	"slices"

	"nomul/ir"
)

// A membrane from which the input is taken begins as −x, and −x ≥ c is −c ≥ x. A file may
// have that as x > −c, and its opposite, where the steps behind have −x ≥ c. It is written
// as they have it then.

// withTurnedFirsts turns the comparisons in step 0 that are the opposites of those in the last
// step, of a membrane with the other sign.
func withTurnedFirsts(n *ir.Net, h []history) (*ir.Net, []history, error) {
	t, fires, readers := newTurning(), comparisons(n), n.Readers()
	for _, layer := range h {
		last := layer.membranes[len(layer.membranes)-1]
		for _, f := range fires[layer.membranes[0]] {
			if turns(f, readers[f]) && slices.ContainsFunc(fires[last], func(g *ir.Value) bool { return negatedOpposites(f, g) }) {
				t.other[f] = true
			}
		}
	}
	if len(t.other) == 0 {
		return n, h, nil
	}
	out, err := ir.Rebuild(n, n.Level, t.rewrite)
	if err == nil {
		out, err = canonical(out, nil) // the rules would turn some back: equal values become one
	}
	if err != nil {
		return nil, nil, err
	}
	h, err = membranesOverTime(out)
	return out, h, err
}

// negatedOpposites reports whether f of −h is the opposite of g of h.
func negatedOpposites(f, g *ir.Value) bool {
	a, b := comparingOf(f), comparingOf(g)
	return a.m != nil && b.m != nil && a.mirrored == b.mirrored && comparison(f) == opposed[comparison(g)] &&
		near(scaled(a.threshold, -1), b.threshold)
}
