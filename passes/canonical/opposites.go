package canonical

import (
	"nomul/ir"
)

// Opposites rewrites the readers of a comparison of whose opposite the net has too:
// the cast of c > u is 1 minus that of u ≥ c, and a choice by it is turned around.
// So a neuron has one comparison, however its spike and its reset are written.
func Opposites(n *ir.Net, rules []CanonicalRule) (*ir.Net, error) {
	t := NewTurning()
	if opposedComparisons(n, t.Other); len(t.Other) == 0 {
		return n, nil
	}
	out, err := ir.Rebuild(n, n.Level, t.Rewrite)
	if err != nil {
		return nil, err
	}
	return Canonical(out, rules)
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
		high[key{Unscaled(v.Args[0]), v.Args[1], Comparison(v)}] = true
	}
	for _, v := range n.All(ir.OpCompare) {
		if v.Args[0].Const() == nil || v.Args[1].Const() != nil {
			continue
		}
		for u := range ConeOf(v.Args[1]) {
			if high[key{u, v.Args[0], Opposed[Comparison(v)]}] {
				out[v] = true
			}
		}
	}
}

// turning rewrites the readers of spikes to read their opposites.
type turning struct {
	Other map[*ir.Value]bool      // the spikes: comparisons, and delays of them
	made  map[*ir.Value]*ir.Value // their opposites, in the new net
}

// NewTurning returns a rewrite that has turned nothing yet.
func NewTurning() *turning { return &turning{map[*ir.Value]bool{}, map[*ir.Value]*ir.Value{}} }

// Rewrite returns the opposite of a comparison that is asked for, or nil.
func (t *turning) Rewrite(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	switch {
	case v.Op == ir.OpDelay && t.Other[v]:
		return t.delay(r, v)
	case v.Op == ir.OpLatch && t.Other[v.Args[0]]:
		high, err := t.opposite(r, v.Args[1])
		if err != nil {
			return nil, err
		}
		return r.Add(ir.OpLatch, r.Unique(v.Name), nil, t.made[v.Args[0]], high)
	case v.Op == ir.OpSub && Every(v.Args[0], 1) && v.Args[1].Op == ir.OpCast && t.Other[v.Args[1].Args[0]]:
		high, err := t.opposite(r, v.Args[1].Args[0])
		if err != nil {
			return nil, err
		}
		return r.AddTyped(ir.OpCast, r.Unique(v.Name), nil, v.Type, high)
	case v.Op != ir.OpCast && v.Op != ir.OpWhere || !t.Other[v.Args[0]]:
		return nil, nil
	}
	high, err := t.opposite(r, v.Args[0])
	if err != nil {
		return nil, err
	}
	if v.Op == ir.OpWhere {
		return r.Add(ir.OpWhere, r.Unique(v.Name), nil, high, r.Of(v.Args[2]), r.Of(v.Args[1]))
	}
	one, err := r.Const(r.Unique(v.Name+".one"), Filled(v.Type.WithShape(ir.Shape{}), 1))
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
	high, err := r.Add(ir.OpCompare, r.Unique(low.Name+".high"), ir.CompareAttrs{Is: Opposed[Comparison(low)]}, r.Of(low.Args[1]), r.Of(low.Args[0]))
	t.made[low] = high
	return high, err
}

// delay keeps the opposite of a spike.
func (t *turning) delay(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	first := v.Args[0].Const()
	begins := Filled(first.Type, 1)
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
