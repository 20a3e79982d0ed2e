package cells

import (
	"nomul/ir"
	"nomul/passes/canonical"
)

// Retimed moves delays of state back to the spikes and membranes that it is made of, z⁻¹f(s, h) = f(z⁻¹s, z⁻¹h), where
// a layer's own sums, gates or weights are between: a file of one step stores what these make of the spikes of
// the same step, and cells read it in the next. Results are the same, bit for bit, once the first state is, which
// chosen first spikes and membranes make.
func Retimed(n *ir.Net) (*ir.Net, error) {
	r := &retiming{net: n, latched: n.Latched(), membranes: map[*ir.Value]bool{}, begin: map[*ir.Value]*ir.Tensor{}}
	for _, v := range n.Values {
		if m := canonical.MembraneOf(v); m != nil && v.Clock == ir.Step {
			for _, a := range v.Args {
				r.membranes[a] = r.membranes[a] || a.Op != ir.OpDelay && a.Clock == ir.Step
			}
		}
	}
	r.moved = map[*ir.Value][]*ir.Value{}
	for _, d := range n.All(ir.OpDelay) {
		if r.latched[d] == nil || !r.stores(d) {
			continue
		}
		if w := r.waysFrom(d); r.needs(d, w) {
			if leaves := r.leaves(d, w); leaves != nil && r.begins(d, leaves) {
				r.moved[d] = leaves
			}
		}
	}
	if len(r.moved) == 0 {
		return n, nil
	}
	r.past, r.kept, r.stored = map[*ir.Value]*ir.Value{}, map[*ir.Value]*ir.Value{}, map[*ir.Value]bool{}
	return ir.Rebuild(n, n.Level, r.rewrite)
}

// retiming is a net of one step of which some delays move.
type retiming struct {
	net       *ir.Net
	latched   map[*ir.Value]*ir.Value
	membranes map[*ir.Value]bool        // numbers of a step that it compares
	begin     map[*ir.Value]*ir.Tensor  // values that moved delays keep, with those of before the first step
	moved     map[*ir.Value][]*ir.Value // moved delays, with the values to be kept in their place
	past      map[*ir.Value]*ir.Value   // values of the step before, in the new net
	kept      map[*ir.Value]*ir.Value   // their delays
	stored    map[*ir.Value]bool        // kept values that have their latch
}

// stores reports whether a delay keeps numbers that the step computes, and not spikes alone.
func (r *retiming) stores(d *ir.Value) bool {
	s := r.latched[d]
	return d.Type.IsReal() && !s.Type.IsSpike() && s.Clock == ir.Step && s.Op != ir.OpDelay && !r.decided(s)
}

// needs reports whether a delay keeps numbers that its layer makes of its spikes together: its state is made of
// itself through an operation that is none of elements, or such an operation reads it.
func (r *retiming) needs(d *ir.Value, w *ways) bool {
	s := r.latched[d]
	return w.mixed[s] || w.read && r.ofSpikes(s)
}

// ways are the values of a step that are made of a delay: through spikes, through an operation that is none of elements,
// and through one behind spikes.
type ways struct {
	all, fired, mixed, together map[*ir.Value]bool
	read                        bool // by an operation that is none of elements
}

func (r *retiming) waysFrom(d *ir.Value) *ways {
	w := &ways{map[*ir.Value]bool{d: true}, map[*ir.Value]bool{}, map[*ir.Value]bool{}, map[*ir.Value]bool{}, false}
	for _, v := range r.net.Values {
		if v.Op == ir.OpDelay || v.Op == ir.OpLatch || v.Clock != ir.Step {
			continue
		}
		mixes := v.Op.Class() != ir.Element
		for _, a := range v.Args {
			w.all[v] = w.all[v] || w.all[a]
			w.fired[v] = w.fired[v] || w.fired[a] || w.all[a] && v.Type.IsSpike()
			w.mixed[v] = w.mixed[v] || w.mixed[a] || w.all[a] && mixes
			w.together[v] = w.together[v] || w.together[a] || w.fired[a] && mixes
			w.read = w.read || w.all[a] && !w.mixed[a] && !w.fired[a] && mixes
		}
	}
	return w
}

// decided reports whether a number is made of spikes alone, which delays keep in its place (canonical.KeepsSpikes).
func (r *retiming) decided(v *ir.Value) bool {
	return canonical.DecidedBy(v, func(x *ir.Value) (fires, fits bool) { return x.Type.IsSpike(), true })
}

// ofSpikes reports whether spikes of its step make a number.
func (r *retiming) ofSpikes(v *ir.Value) bool {
	for x := range canonical.ConeOf(v) {
		if x.Type.IsSpike() && x.Clock == ir.Step {
			return true
		}
	}
	return false
}

// leaves are the spikes, compared numbers and delays that make what a delay stores; none where anything else does.
func (r *retiming) leaves(d *ir.Value, w *ways) []*ir.Value {
	of := r.latched[d]
	var out []*ir.Value
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{of}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		switch {
		case v == nil || seen[v] || v.Const() != nil:
		case v.Op == ir.OpDelay || (v.Type.IsSpike() || r.membranes[v] && v != of) && (!w.together[v] || isGated(v)):
			out = append(out, v)
		case v.Clock != ir.Step || !canonical.Pure(v):
			return nil
		default:
			queue = append(queue, v.Args...)
		}
		seen[v] = true
	}
	return out
}

// rewrite makes what the moved delays gave, and stores what it is made of.
func (r *retiming) rewrite(b *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	switch {
	case r.moved[v] != nil:
		for _, leaf := range r.moved[v] {
			if err := r.keep(b, leaf); err != nil {
				return nil, err
			}
		}
		return r.before(b, r.latched[v])
	case v.Op == ir.OpLatch && r.moved[v.Args[0]] != nil:
		return r.store(b, r.moved[v.Args[0]])
	}
	return nil, nil
}

// keep appends the delay of a value.
func (r *retiming) keep(b *ir.Rebuilder, leaf *ir.Value) error {
	if r.past[leaf] != nil {
		return nil
	}
	name := b.Unique(leaf.Name + ".past")
	init, err := b.Const(b.Unique(name+".init"), r.begin[leaf])
	if err != nil {
		return err
	}
	if r.kept[leaf], err = b.Add(ir.OpDelay, name, nil, init); err == nil {
		r.past[leaf] = r.kept[leaf]
	}
	return err
}

// before appends a value as it was in the step before.
func (r *retiming) before(b *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	switch {
	case v == nil || v.Const() != nil:
		return b.Of(v), nil
	case r.past[v] != nil:
		return r.past[v], nil
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = r.before(b, a); err != nil {
			return nil, err
		}
	}
	typ := ir.Type{}
	if v.Op.Typed() {
		typ = v.Type
	}
	var err error
	r.past[v], err = b.AddTyped(v.Op, b.Unique(v.Name+".past"), v.Attrs, typ, args...)
	return r.past[v], err
}

// store appends the latches of values that have none yet.
func (r *retiming) store(b *ir.Rebuilder, leaves []*ir.Value) (last *ir.Value, err error) {
	for _, leaf := range leaves {
		if !r.stored[leaf] && err == nil {
			r.stored[leaf] = true
			last, err = b.Add(ir.OpLatch, b.Unique(leaf.Name+".latch"), nil, r.kept[leaf], b.Of(leaf))
		}
	}
	return last, err
}
