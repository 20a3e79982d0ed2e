package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A state may be the membrane behind its reset, H − a·S, while an output reads H, before it. The
// state of the step before is then written as in unrolled steps: as the membrane and the spikes of
// that step, each in a delay of its own.

// split is a delay of a membrane behind its reset.
type split struct {
	unit             *unit
	amount           *ir.Tensor // added to the membrane by a spike
	membrane, spikes *ir.Value  // the delays, once they are made
}

// beforeReset writes each such delay, of a membrane that is read besides, as the delays of
// the membrane and of the spikes.
func beforeReset(n *ir.Net) (*ir.Net, error) {
	latched, readers := n.Latched(), n.Readers()
	splits := map[*ir.Value]*split{}
	for _, v := range n.Values {
		if canonical.MembraneOf(v) == nil || v.Clock != ir.Step {
			continue
		}
		if u, d := newUnit(v, latched); d == nil {
			u.splits(splits, readers)
		}
	}
	if len(splits) == 0 {
		return n, nil
	}
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		switch {
		case splits[v] != nil:
			return splits[v].past(r, v)
		case v.Op == ir.OpLatch && splits[v.Args[0]] != nil:
			return splits[v.Args[0]].latch(r, v)
		}
		return nil, nil
	})
}

// splits notes the delays of the unit's membrane behind a reset that subtracts.
func (u *unit) splits(out map[*ir.Value]*split, readers map[*ir.Value][]*ir.Value) {
	for delay, stored := range u.latched {
		if stored == u.membrane || stored.Type != u.membrane.Type || delay.Args[0].Const() == nil {
			continue
		}
		now := &unit{fire: u.fire, membrane: u.membrane, threshold: u.threshold, forms: map[*ir.Value]form{
			u.fire: {{monomial{s: true}, rewrite.Scalar(1)}}, u.membrane: {{monomial{h: true}, rewrite.Scalar(1)}},
		}}
		f, d := now.form(stored)
		h, amount := f.of(monomial{h: true}), f.of(monomial{s: true})
		kept := canonical.ConeOf(stored)
		other := func(v *ir.Value) bool { return v != u.fire && !kept[v] }
		if d == nil && len(f) == 2 && h != nil && canonical.All(h, 1) && amount != nil && slices.ContainsFunc(readers[u.membrane], other) {
			out[delay] = &split{unit: u, amount: amount}
		}
	}
}

// past makes the two delays, and the membrane of the step before behind its reset.
func (s *split) past(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	none, err := r.Const(r.Unique(v.Name+".spikes.init"), ir.NewTensor(ir.SpikeType(s.unit.fire.Type.Shape)))
	if err == nil {
		s.spikes, err = r.Add(ir.OpDelay, r.Unique(v.Name+".spikes"), nil, none)
	}
	if err == nil {
		s.membrane, err = r.Add(ir.OpDelay, r.Unique(v.Name), nil, r.Of(v.Args[0]))
	}
	if err != nil {
		return nil, err
	}
	number, err := r.AddTyped(ir.OpCast, r.Unique(v.Name+".fired"), nil, ir.RealType(s.spikes.Type.Shape), s.spikes)
	if err == nil {
		number, err = WithConst(r, ir.OpMul, v.Name+".reset", number, s.amount)
	}
	if err != nil {
		return nil, err
	}
	return r.Add(ir.OpAdd, r.Unique(v.Name+".left"), nil, s.membrane, number)
}

// latch stores the membrane and the spikes.
func (s *split) latch(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if _, err := r.Add(ir.OpLatch, r.Unique(v.Name+".spikes"), nil, s.spikes, r.Of(s.unit.fire)); err != nil {
		return nil, err
	}
	return r.Add(ir.OpLatch, r.Unique(v.Name), nil, s.membrane, r.Of(s.unit.membrane))
}
