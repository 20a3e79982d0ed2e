package passes

import (
	"slices"

	"nomul/ir"
)

// opposites rewrites the readers of a comparison of whose opposite the net has too:
// the cast of c > u is 1 minus that of u ≥ c, and a choice by it is turned around.
// So a neuron has one comparison, however its spike and its reset are written.
func opposites(n *ir.Net, rules []canonicalRule) (*ir.Net, error) {
	t := newTurning()
	if opposedComparisons(n, t.other); len(t.other) == 0 {
		return n, nil
	}
	out, err := ir.Rebuild(n, n.Level, t.rewrite)
	if err != nil {
		return nil, err
	}
	return canonical(out, rules)
}

// opposedComparisons notes those of a constant with a value, which the net also
// compares the other way round; or with one that is computed of such a value, as where
// the last step's membrane fires nothing but the opposite of a spike.
func opposedComparisons(n *ir.Net, out map[*ir.Value]bool) {
	type key struct {
		u, bound *ir.Value
		is       ir.Compare
	}
	high := map[key]bool{}
	for _, v := range n.All(ir.OpCompare) {
		high[key{unscaled(v.Args[0]), v.Args[1], comparison(v)}] = true
	}
	for _, v := range n.All(ir.OpCompare) {
		if v.Args[0].Const() == nil || v.Args[1].Const() != nil {
			continue
		}
		for u := range coneOf(v.Args[1]) {
			if high[key{u, v.Args[0], opposed[comparison(v)]}] {
				out[v] = true
			}
		}
	}
}

// turnedResets writes a neuron that a spike spares and silence resets as one that fires
// where that does not, and the spike as 1 less its: s·h is h less what 1 − s takes.
func turnedResets(n *ir.Net) (*ir.Net, error) {
	t, latched, kept, readers := newTurning(), map[*ir.Value]*ir.Value{}, map[*ir.Value][]*ir.Value{}, n.Readers()
	for _, v := range n.All(ir.OpLatch) {
		latched[v.Args[0]] = v.Args[1]
		kept[v.Args[1]] = append(kept[v.Args[1]], v.Args[0])
	}
	for _, v := range n.All(ir.OpCompare) {
		spikes := append([]*ir.Value{v}, kept[v]...)
		if sparesItself(v, latched) && !slices.ContainsFunc(spikes, func(s *ir.Value) bool { return !turns(s, readers[s]) }) {
			for _, s := range spikes {
				t.other[s] = true
			}
		}
	}
	if len(t.other) == 0 {
		return n, nil
	}
	return ir.Rebuild(n, n.Level, t.rewrite)
}

// sparesItself reports whether v fires a neuron of whose membrane nothing is left but what
// its spike leaves.
func sparesItself(v *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	if membraneOf(v) == nil || v.Clock != ir.Step {
		return false
	}
	u, d := newUnit(v, latched)
	if d != nil {
		return false
	}
	f, d := u.form(u.membrane)
	return d == nil && f.of(monomial{h: true}) == nil && f.of(monomial{h: true, s: true}) != nil
}

// turns reports whether all that reads a spike can read its opposite.
func turns(spike *ir.Value, readers []*ir.Value) bool {
	if spike.Op == ir.OpDelay && spike.Args[0].Const() == nil {
		return false
	}
	return !slices.ContainsFunc(readers, func(r *ir.Value) bool {
		return r.Op != ir.OpCast && r.Op != ir.OpLatch && (r.Op != ir.OpWhere || r.Args[1] == spike || r.Args[2] == spike)
	})
}

// turning makes what reads spikes into what reads their opposites.
type turning struct {
	other map[*ir.Value]bool      // the spikes: comparisons, and delays of them
	made  map[*ir.Value]*ir.Value // their opposites, in the new net
}

func newTurning() *turning { return &turning{map[*ir.Value]bool{}, map[*ir.Value]*ir.Value{}} }

func (t *turning) rewrite(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	switch {
	case v.Op == ir.OpDelay && t.other[v]:
		return t.delay(r, v)
	case v.Op == ir.OpLatch && t.other[v.Args[0]]:
		high, err := t.opposite(r, v.Args[1])
		if err != nil {
			return nil, err
		}
		return r.Add(ir.OpLatch, r.Unique(v.Name), nil, t.made[v.Args[0]], high)
	case v.Op == ir.OpSub && every(v.Args[0], 1) && v.Args[1].Op == ir.OpCast && t.other[v.Args[1].Args[0]]:
		high, err := t.opposite(r, v.Args[1].Args[0])
		if err != nil {
			return nil, err
		}
		return r.AddTyped(ir.OpCast, r.Unique(v.Name), nil, v.Type, high)
	case v.Op != ir.OpCast && v.Op != ir.OpWhere || !t.other[v.Args[0]]:
		return nil, nil
	}
	high, err := t.opposite(r, v.Args[0])
	if err != nil {
		return nil, err
	}
	if v.Op == ir.OpWhere {
		return r.Add(ir.OpWhere, r.Unique(v.Name), nil, high, r.Of(v.Args[2]), r.Of(v.Args[1]))
	}
	one, err := r.Const(r.Unique(v.Name+".one"), filled(v.Type.WithShape(ir.Shape{}), 1))
	if err != nil {
		return nil, err
	}
	number, err := r.AddTyped(ir.OpCast, r.Unique(v.Name+".high"), nil, v.Type, high)
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpSub, r.Unique(v.Name), nil, one, number)
}

// opposite returns the opposite of a comparison or of its delay.
func (t *turning) opposite(r *ir.Rebuilder, low *ir.Value) (*ir.Value, error) {
	if t.made[low] != nil {
		return t.made[low], nil
	}
	high, err := r.Add(ir.OpCompare, r.Unique(low.Name+".high"), ir.CompareAttrs{Is: opposed[comparison(low)]}, r.Of(low.Args[1]), r.Of(low.Args[0]))
	t.made[low] = high
	return high, err
}

// delay keeps the opposite of a spike.
func (t *turning) delay(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	first := v.Args[0].Const()
	begins := filled(first.Type, 1)
	for i, s := range first.I {
		begins.I[i] -= s
	}
	init, err := r.Const(r.Unique(v.Args[0].Name+".high"), begins)
	if err != nil {
		return nil, err
	}
	t.made[v], err = r.Add(ir.OpDelay, r.Unique(v.Name+".high"), nil, init)
	return t.made[v], err
}
