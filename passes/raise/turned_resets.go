package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// turnedResets writes a neuron that a spike spares and silence resets as one that fires where that
// does not, and the spike as 1 less its: s·h is h − (1 − s)·h.
func turnedResets(n *ir.Net) (*ir.Net, error) {
	t, latched, kept, readers := canonical.NewTurning(), map[*ir.Value]*ir.Value{}, map[*ir.Value][]*ir.Value{}, n.Readers()
	for _, v := range n.All(ir.OpLatch) {
		latched[v.Args[0]] = v.Args[1]
		kept[v.Args[1]] = append(kept[v.Args[1]], v.Args[0])
	}
	for _, v := range n.All(ir.OpCompare) {
		spikes := append([]*ir.Value{v}, kept[v]...)
		if sparesItself(v, latched) && !slices.ContainsFunc(spikes, func(s *ir.Value) bool { return !Turns(s, readers[s]) }) {
			for _, s := range spikes {
				t.Other[s] = true
			}
		}
	}
	if len(t.Other) == 0 {
		return n, nil
	}
	return ir.Rebuild(n, n.Level, t.Rewrite)
}

// sparesItself reports whether v fires a neuron whose membrane is kept only through its spike.
func sparesItself(v *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	if canonical.MembraneOf(v) == nil || v.Clock != ir.Step {
		return false
	}
	u, d := newUnit(v, latched)
	if d != nil {
		return false
	}
	f, d := u.form(u.membrane)
	return d == nil && f.of(monomial{h: true}) == nil && f.of(monomial{h: true, s: true}) != nil
}

// Turns reports whether all that reads a spike can read its opposite.
func Turns(spike *ir.Value, readers []*ir.Value) bool {
	if spike.Op == ir.OpDelay && spike.Args[0].Const() == nil {
		return false
	}
	return !slices.ContainsFunc(readers, func(r *ir.Value) bool {
		return r.Op != ir.OpCast && r.Op != ir.OpLatch && (r.Op != ir.OpWhere || r.Args[1] == spike || r.Args[2] == spike)
	})
}
