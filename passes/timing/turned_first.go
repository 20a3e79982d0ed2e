package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
)

// A membrane from which the input is taken begins as −x, and −x ≥ c is −c ≥ x. A file may
// have that as x > −c, and its opposite, where the steps behind have −x ≥ c. It is written
// as they have it then.

// WithTurnedFirsts turns the comparisons in step 0 that are the opposites of those in the last
// step, of a membrane with the other sign.
func WithTurnedFirsts(n *ir.Net, h []History) (*ir.Net, []History, error) {
	t, fires, readers := canonical.NewTurning(), canonical.Comparisons(n), n.Readers()
	for _, layer := range h {
		last := layer.Membranes[len(layer.Membranes)-1]
		for _, f := range fires[layer.Membranes[0]] {
			if raise.Turns(f, readers[f]) && slices.ContainsFunc(fires[last], func(g *ir.Value) bool { return negatedOpposites(f, g) }) {
				t.Other[f] = true
			}
		}
	}
	if len(t.Other) == 0 {
		return n, h, nil
	}
	out, err := ir.Rebuild(n, n.Level, t.Rewrite)
	if err == nil {
		out, err = canonical.Canonical(out, nil) // the rules would turn some back: equal values become one
	}
	if err != nil {
		return nil, nil, err
	}
	h, err = MembranesOverTime(out)
	return out, h, err
}

// negatedOpposites reports whether f of −h is the opposite of g of h.
func negatedOpposites(f, g *ir.Value) bool {
	a, b := canonical.ComparingOf(f), canonical.ComparingOf(g)
	return a.Membrane != nil && b.Membrane != nil && a.Mirrored == b.Mirrored && canonical.Comparison(f) == canonical.Opposed[canonical.Comparison(g)] &&
		canonical.Near(canonical.Scaled(a.Threshold, -1), b.Threshold)
}
