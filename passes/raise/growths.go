package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A threshold that adapts is θ + a, where a is a state to which each spike adds, and which
// leaks. A file may keep a, or the whole threshold, before or after it has leaked; and a reset
// may take θ, or the threshold as it was.

// growth is the growth of a threshold in a step, from the spike of the step before: a' = rest · a +
// jump · s.
type growth struct {
	fire      *ir.Value
	threshold *ir.Value // compared with the membrane
	past      *ir.Value // the delay of it, that a reset may take; nil when there is none
	base      *ir.Tensor
	rest      *ir.Tensor
	jump      *ir.Tensor
	reset     ir.When // when a reset takes the threshold as it is; 0: never
	latched   map[*ir.Value]*ir.Value
	readers   map[*ir.Value][]*ir.Value
}

// withoutGrowths is the net with constant thresholds, and the growths taken out, by the names of
// the comparisons that fire.
func withoutGrowths(n *ir.Net) (*ir.Net, map[string]*growth, error) {
	latched, readers := n.Latched(), n.Readers()
	bases, fires := map[*ir.Value]*ir.Tensor{}, map[*ir.Value]*growth{}
	for _, v := range n.Values {
		if g := growthOf(v, latched, readers); g != nil {
			fires[v], bases[g.threshold] = g, g.base
			if g.past != nil {
				bases[g.past] = g.base
			}
		}
	}
	if len(fires) == 0 {
		return n, nil, nil
	}
	if f := comparedOtherwise(n, fires); f != nil {
		return nil, nil, diag.List{unlike(f)}.Err()
	}
	names := map[string]*growth{}
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		switch base := bases[v]; {
		case base != nil:
			return r.Const(r.Unique(v.Name), base)
		case fires[v] != nil:
			out, err := r.Copy(v)
			if err == nil {
				names[out.Name] = fires[v]
			}
			return out, err
		case v.Op == ir.OpLatch && bases[v.Args[0]] != nil:
			return r.Of(v.Args[0]), nil // nothing is kept
		}
		return nil, nil
	})
	return out, names, err
}

// growthOf is the growth of a comparison's threshold; nil of other values.
func growthOf(v *ir.Value, latched map[*ir.Value]*ir.Value, readers map[*ir.Value][]*ir.Value) *growth {
	is := canonical.Comparison(v)
	if is != ir.GE && is != ir.GT || v.Clock != ir.Step || v.Args[0].Const() != nil || v.Args[1].Const() != nil || !v.Args[0].Type.IsReal() {
		return nil
	}
	g := &growth{fire: v, threshold: v.Args[1], latched: latched, readers: readers}
	state := g.state()
	if state == nil || !g.follow(state) {
		return nil
	}
	for delay, stored := range latched {
		if stored == g.threshold {
			g.past = delay
		}
	}
	if g.past != state && !g.endsIn(state) || len(g.others()) > 0 && !g.findReset() {
		return nil
	}
	return g
}

// others are the readers of the threshold and of the one before, but for those that make, compare and
// keep it.
func (g *growth) others() []*ir.Value {
	made := canonical.ConeOf(g.threshold)
	all := slices.Concat(g.readers[g.threshold], g.readers[g.past])
	return slices.DeleteFunc(all, func(r *ir.Value) bool { return r == g.fire || r.Op == ir.OpLatch || made[r] })
}

// state is the one delay, but those of spikes, that the threshold is made of.
func (g *growth) state() *ir.Value {
	var out *ir.Value
	for u := range canonical.ConeOf(g.threshold) {
		switch {
		case u.Op == ir.OpDelay && g.isSpikes(u), canonical.ByElement(u.Op):
		case u.Op == ir.OpDelay && out == nil && g.latched[u] != nil && u.Args[0].Const() != nil:
			out = u
		default:
			return nil
		}
	}
	return out
}

// isSpikes reports whether a delay is of the spikes that the comparison fires.
func (g *growth) isSpikes(delay *ir.Value) bool {
	s := g.latched[delay]
	for s != nil && s.Op == ir.OpCast {
		s = s.Args[0]
	}
	return s == g.fire && (delay.Type.IsSpike() || canonical.Every(delay.Args[0], 0))
}

// over is a unit in which the given values stand for terms, and delays for others.
func (g *growth) over(known map[*ir.Value]monomial) *unit {
	u := &unit{fire: g.fire, membrane: g.fire.Args[0], forms: map[*ir.Value]form{g.fire: {{monomial{fired: true}, rewrite.Scalar(1)}}}}
	for v, m := range known {
		u.forms[v] = form{{m, rewrite.Scalar(1)}}
	}
	for delay := range g.latched {
		if g.isSpikes(delay) {
			u.forms[delay] = form{{monomial{s: true}, rewrite.Scalar(1)}}
		}
	}
	return u
}

// follow finds base, rest and jump. With a state b and the spike s before, the threshold is
//
//	e + k·b + m·s,  b' = d + ρ·b + q·fired + p·s
//
// where either the spike of this step is added to b, and m and p are 0; or that of the step
// before, and the threshold is κ·b' and a constant. In both, b without a spike stays where it
// begins.
func (g *growth) follow(state *ir.Value) bool {
	u := g.over(map[*ir.Value]monomial{state: {i: true}})
	t, d := u.form(g.threshold)
	b, e := u.form(g.latched[state])
	if d != nil || e != nil {
		return false
	}
	own := func(f form) bool {
		return len(f.without(func(m monomial) bool {
			return m == monomial{} || m == monomial{i: true} || m == monomial{s: true} || m == monomial{fired: true}
		})) == 0
	}
	of := func(f form, m monomial) *ir.Tensor { return canonical.OrZero(f.of(m)) }
	k, m := of(t, monomial{i: true}), of(t, monomial{s: true})
	rest, q, p := of(b, monomial{i: true}), of(b, monomial{fired: true}), of(b, monomial{s: true})
	init := state.Args[0].Const()
	stays := canonical.Combine(of(b, monomial{}), canonical.Combine(rest, init, canonical.Product), canonical.Sum)
	if !own(t) || !own(b) || t.of(monomial{fired: true}) != nil || !canonical.NonZero(k) || !canonical.Near(stays, init) && !nearZero(stays, init) {
		return false
	}
	g.rest, g.base = rest, canonical.Combine(of(t, monomial{}), canonical.Combine(k, init, canonical.Product), canonical.Sum)
	switch {
	case canonical.All(m, 0) && canonical.All(p, 0) && canonical.NonZero(q):
		g.jump = canonical.Combine(k, q, canonical.Product)
	case canonical.All(q, 0) && canonical.NonZero(p) && canonical.Near(canonical.Combine(k, p, canonical.Product), canonical.Combine(m, rest, canonical.Product)):
		g.jump = m
	default:
		return false
	}
	return true
}

// nearZero reports whether two tensors differ by float32 rounding only.
func nearZero(a, b *ir.Tensor) bool {
	return rewrite.Everywhere(canonical.Combine(a, canonical.Scaled(b, -1), canonical.Sum), func(f float64) bool { return f < canonical.RoundedAs && f > -canonical.RoundedAs })
}

// endsIn reports whether the state is read by the threshold and its own latch alone.
func (g *growth) endsIn(state *ir.Value) bool {
	seen := canonical.Cone{}
	var ends func(v *ir.Value) bool
	ends = func(v *ir.Value) bool {
		if seen[v] || v == g.threshold || v.Op == ir.OpLatch && v.Args[0] == state {
			return true
		}
		seen[v] = true
		return (canonical.ByElement(v.Op) || v == state) && !slices.ContainsFunc(g.readers[v], func(u *ir.Value) bool { return !ends(u) })
	}
	return ends(state)
}

// findReset finds the other readers of the threshold: a reset that takes it, in the step of the
// spike or in the next; or one that takes, in the next step, the threshold of the step before.
func (g *growth) findReset() bool {
	membrane := g.fire.Args[0]
	known := map[*ir.Value]monomial{g.threshold: {j: true}}
	for delay, stored := range g.latched {
		switch {
		case delay == g.past:
			known[delay] = monomial{i: true}
		case stored == membrane:
			known[delay] = monomial{h: true}
		}
	}
	u := g.over(known)
	for delay, stored := range g.latched {
		if u.forms[delay] != nil || stored.Type != membrane.Type {
			continue
		}
		now := g.over(map[*ir.Value]monomial{membrane: {now: true}, g.threshold: {j: true}})
		if f, d := now.form(stored); d == nil && f.of(monomial{now: true}) != nil {
			u.forms[delay] = form{{monomial{h: true}, rewrite.Scalar(1)}}
			if by := f.of(monomial{fired: true, j: true}); by != nil && canonical.All(by, -1) && canonical.All(f.of(monomial{now: true}), 1) {
				g.reset = ir.WhenFire
			}
		}
	}
	f, d := u.form(membrane)
	if d != nil {
		return false
	}
	left := canonical.Combine(canonical.OrZero(f.of(monomial{h: true})), canonical.OrZero(f.of(monomial{h: true, s: true})), canonical.Sum) // behind a spike
	if by := f.of(monomial{s: true, i: true}); by != nil && canonical.Near(by, canonical.Scaled(left, -1)) {
		g.reset = ir.WhenFire
	}
	if by := f.of(monomial{s: true, j: true}); by != nil && canonical.All(by, -1) {
		g.reset = ir.WhenNext
	}
	return g.reset != 0 && g.readByReset() && g.staysIn(u)
}

// staysIn reports whether a reset by the threshold changes only the neuron's own state and spikes:
// a membrane that is read besides is not known.
func (g *growth) staysIn(u *unit) bool {
	seen := canonical.Cone{}
	var ends func(v *ir.Value) bool
	ends = func(v *ir.Value) bool {
		if seen[v] || v == g.fire || v.Op == ir.OpLatch && (u.forms[v.Args[0]] != nil || v.Args[0] == g.past) {
			return true
		}
		seen[v] = true
		return (canonical.ByElement(v.Op) || v == g.past) && !slices.ContainsFunc(g.readers[v], func(r *ir.Value) bool { return !ends(r) })
	}
	return ends(g.threshold) && (g.past == nil || ends(g.past))
}

// readByReset reports whether the threshold is read, besides, by the reset of one kind alone:
// by its delay, or in a product with spikes.
func (g *growth) readByReset() bool {
	others := g.others()
	return len(others) == 1 && (others[0].Op == ir.OpMul || others[0].Op == ir.OpSub || others[0].Op == ir.OpWhere)
}

// grow gives the neuron a threshold that adapts.
func (f *neuronForm) grow(u *unit, g *growth) *diag.Diagnostic {
	a := &f.attrs
	a.Adapt.Kind, f.adapt, f.jump = ir.LeakFactor, g.rest, g.jump
	switch {
	case canonical.Near(g.rest, rewrite.Scalar(1)):
		a.Adapt.Kind, f.adapt = ir.LeakNone, nil
	case canonical.All(g.rest, 0):
		a.Adapt.Kind, f.adapt = ir.LeakAll, nil
	}
	if g.reset != 0 && a.Reset == ir.ResetSubtract {
		a.AdaptReset, a.When, f.reset = true, g.reset, f.threshold
	}
	if u.mirrored || !canonical.Near(f.threshold, g.base) || a.When == ir.WhenBoth || g.reset != 0 && !a.AdaptReset {
		return u.unlike()
	}
	return nil
}
