package raise

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// A neuron with a refractory period counts its spikes, and whether it rests decides of its
// membrane, of its input or of its spikes. Its equation when it does not rest is recognised as a
// neuron's; the parts missing when it rests are the kind.

// rest is a layer of a net of one step that rests after its spikes.
type rest struct {
	fire    *ir.Value
	delays  []*ir.Value        // of its counts
	bits    map[*ir.Value]bool // by comparison of a count: whether it is 1 where the layer rests
	steps   int
	windows []Window // those that all bits are
	latched map[*ir.Value]*ir.Value
	readers map[*ir.Value][]*ir.Value
}

// withoutRests is the net in which no neuron rests, and the periods of those that did, by the
// names of the comparisons that fire.
func withoutRests(n *ir.Net) (*ir.Net, map[string]period, error) {
	awake, periods := map[*ir.Value]float64{}, map[*ir.Value]period{}
	for _, r := range restsOf(n) {
		if kind, to := r.kind(); kind != 0 {
			periods[r.fire] = period{ir.Refractory{Kind: kind, Steps: r.steps}, to}
			for bit := range r.bits {
				awake[bit] = r.number(bit, false)
			}
		}
	}
	if len(periods) == 0 {
		return n, nil, nil
	}
	c, names := canonical.NewRewriter(n), map[string]period{}
	c.Rules = rulesNamed("fold", "constant-second", "cast-same", "cast-cast", "where-cast", "fixed-choice", "turned-choice", "neutral", "neutral-spikes", "times-zero")
	out, err := c.Sweep(n, func(v *ir.Value) (*ir.Value, error) {
		number, ok := awake[v]
		if !ok {
			return nil, nil
		}
		data := ir.NewTensor(v.Type)
		for i := range data.I {
			data.I[i] = int64(number)
		}
		return c.Constant(v.Name, data, v)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, v := range n.Values {
		if p, ok := periods[v]; ok {
			names[c.Became[v].Name] = p
		}
	}
	return out, names, nil
}

// restsOf finds the layers whose spikes are counted, and the comparisons of the counts, which
// say that a spike was one of the last so many steps.
func restsOf(n *ir.Net) []*rest {
	latched, readers := n.Latched(), n.Readers()
	byFire := map[*ir.Value]*rest{}
	var out []*rest
	for _, v := range n.Values {
		fire, delays := countOf(v, latched)
		if fire == nil {
			continue
		}
		r := byFire[fire]
		if r == nil {
			r = &rest{fire: fire, bits: map[*ir.Value]bool{}, latched: latched, readers: readers}
			byFire[fire], out = r, append(out, r)
		}
		r.bits[v] = true
		for _, d := range delays {
			if !slices.Contains(r.delays, d) {
				r.delays = append(r.delays, d)
			}
		}
	}
	return slices.DeleteFunc(out, func(r *rest) bool { return !r.follow(n.Steps) })
}

// countOf returns, of a comparison of a count of spikes of the steps before, the comparison
// that fires them, and the delays of the count; nil of other values.
func countOf(v *ir.Value, latched map[*ir.Value]*ir.Value) (fire *ir.Value, delays []*ir.Value) {
	if v.Op != ir.OpCompare || v.Clock != ir.Step || v.Args[0].Const() == nil == (v.Args[1].Const() == nil) {
		return nil, nil
	}
	m := v.Args[0]
	if m.Const() != nil {
		m = v.Args[1]
	}
	for queue, seen := []*ir.Value{m}, (canonical.Cone{}); len(queue) > 0; queue = queue[1:] {
		u := queue[0]
		switch {
		case u == nil || seen[u] || u.Op == ir.OpConst:
		case u.Op == ir.OpDelay && latched[u] != nil:
			delays = append(delays, u)
			queue = append(queue, latched[u])
		case u.Op == ir.OpCompare && counts(u, latched), canonical.ByElement(u.Op):
			queue = append(queue, u.Args...)
		case u.Op == ir.OpCompare && (fire == nil || fire == u):
			fire = u
		default:
			return nil, nil
		}
		seen[u] = true
	}
	if len(delays) == 0 || fire == v {
		return nil, nil
	}
	return fire, delays
}

// counts reports whether a comparison is of a number made by comparisons and constants alone.
func counts(v *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	return !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return !unsupported.Dissect(a, nil, latched).Counts() })
}

// follow computes the counts step by step, and finds the window that the bits are.
func (r *rest) follow(steps int) bool {
	d := NewDiagrams()
	state, seen := map[*ir.Value]*Diagram{}, map[*ir.Value][]*Diagram{}
	for _, delay := range r.delays {
		number, ok := canonical.UniformOf(delay.Args[0])
		if !ok {
			return false
		}
		state[delay] = d.Leaf(number)
	}
	for t := range steps {
		known := map[*ir.Value]*Diagram{r.fire: d.Bit(t)}
		for delay, s := range state {
			known[delay] = s
		}
		for bit := range r.bits {
			seen[bit] = append(seen[bit], d.Of(bit, known))
		}
		for _, delay := range r.delays {
			if state[delay] = d.Of(r.latched[delay], known); state[delay] == nil {
				return false
			}
		}
	}
	return r.match(d, seen, steps)
}

// match finds the windows that all bits are, or are the opposites of.
func (r *rest) match(d *Diagrams, seen map[*ir.Value][]*Diagram, steps int) bool {
	for bit, all := range seen {
		if slices.Contains(all, nil) || all[0].bit >= 0 {
			return false
		}
		r.bits[bit] = all[0].number == 0
		r.steps = max(r.steps, d.restAfter(all))
	}
	for _, heldBack := range []bool{true, false} {
		w := Window{r.steps, heldBack}
		want := d.Resting(w, steps)
		other := make([]*Diagram, steps)
		for t := range want {
			if want[t] == nil {
				return false
			}
			other[t] = d.Choose(want[t], d.Leaf(0), d.Leaf(1))
		}
		fits := r.steps > 0 && r.steps <= ir.MaxRest
		for bit, all := range seen {
			fits = fits && (slices.Equal(all, want) && r.bits[bit] || slices.Equal(all, other) && !r.bits[bit])
		}
		if fits {
			r.windows = append(r.windows, w)
		}
	}
	return len(r.windows) > 0
}

// restAfter counts the steps behind a spike in the first, and none later, in which a bit is
// another than before.
func (d *Diagrams) restAfter(all []*Diagram) int {
	for t, at := range all[1:] {
		for at.bit >= 0 {
			if at.bit == 0 {
				at = at.is
			} else {
				at = at.no
			}
		}
		if at == all[0] {
			return t
		}
	}
	return len(all) - 1
}

// number is a bit where the layer rests, or where it does not.
func (r *rest) number(bit *ir.Value, rests bool) float64 {
	return bitOf(r.bits[bit] == rests)
}

// anyThreshold stands for a threshold that adapts; no file has this number.
const anyThreshold = 0.7390851332151607

// assuming is a unit of the layer with every bit at its value where the layer rests, or where it
// does not.
func (r *rest) assuming(rests bool) *unit {
	u, d := newUnit(r.fire, r.latched)
	if d != nil { // a threshold that adapts, which no constant is near
		u = &unit{fire: r.fire, membrane: r.fire.Args[0], threshold: rewrite.Scalar(math.NaN()), latched: r.latched,
			forms: map[*ir.Value]form{}, plain: map[*ir.Value]bool{}, most: len(ofCurrent)}
	}
	u.assumed = map[*ir.Value]float64{}
	if threshold := r.fire.Args[1]; d != nil { // a reset may take it: by the same number in all forms
		u.assumed[threshold] = anyThreshold
		for delay, stored := range r.latched {
			if stored == threshold {
				u.assumed[delay] = anyThreshold
			}
		}
	}
	for bit := range r.bits {
		u.assumed[bit] = r.number(bit, rests)
	}
	return u
}

// kind finds the effect of a rest on the layer, and the number that it sets the membrane to, if any; 0
// where no neuron rests like that.
func (r *rest) kind() (ir.Rest, *ir.Tensor) {
	awake, asleep := r.assuming(false), r.assuming(true)
	f, d := awake.form(awake.membrane)
	if d != nil {
		return 0, nil
	}
	if to := r.setTo(awake, r.assuming(true), f); to != nil {
		return ir.RestHold, to
	}
	heldBack := slices.ContainsFunc(r.windows, func(w Window) bool { return w.HeldBack })
	free := slices.ContainsFunc(r.windows, func(w Window) bool { return !w.HeldBack })
	for _, s := range awake.starts {
		asleep.forms[s.delay] = s.form
	}
	drive := f.without(func(m monomial) bool { return m.x == nil && !m.i && !m.j && m != monomial{} })
	if free && r.onlyInto(awake.membrane) && r.staysIn(awake) {
		got, d := asleep.form(awake.membrane)
		if d == nil && sameForms(got, f.plus(drive, -1)) {
			return ir.RestDrive, nil
		}
	}
	asleep.forms = map[*ir.Value]form{r.fire: {{monomial{fired: true}, rewrite.Scalar(1)}}}
	for _, s := range awake.starts {
		asleep.forms[s.delay] = s.form
	}
	switch stored := storedOf(f); {
	case !heldBack || awake.refired || !r.silences(awake) || !r.hidesFire(asleep, awake.starts):
	case stored != nil && r.keeps(asleep, awake.starts, stored):
		return ir.RestHold, nil
	case r.keeps(asleep, awake.starts, f):
		return ir.RestSpike, nil
	case r.keeps(asleep, awake.starts, f.plus(drive, -1)):
		return ir.RestLeak, nil
	}
	return 0, nil
}

// storedOf is the membrane of the step before, behind its reset: the terms of f in the old membrane
// and spike, divided by the leak. Nil when there is none.
func storedOf(f form) form {
	beta := f.of(monomial{h: true})
	if beta == nil || !canonical.NonZero(beta) {
		return nil
	}
	stored := f.without(func(m monomial) bool {
		return m != monomial{h: true} && m != monomial{h: true, s: true} && m != monomial{s: true}
	})
	out, _ := stored.times(constantForm(canonical.Ratio(rewrite.Scalar(1), beta)))
	return out
}

// keeps reports whether the layer, where it rests, stores the same as of a membrane without a
// spike.
func (r *rest) keeps(asleep *unit, starts []start, membrane form) bool {
	return !slices.ContainsFunc(starts, func(s start) bool {
		got, d := asleep.form(r.latched[s.delay])
		var want form
		for _, t := range s.form {
			switch {
			case t.s:
			case t.h:
				by, _ := membrane.times(constantForm(t.k))
				want = want.plus(by, 1)
			default:
				want = want.add(t.monomial, t.k)
			}
		}
		return d != nil || !sameForms(got, want)
	})
}

// onlyInto reports whether the bits decide of one value alone, and of their own counts.
func (r *rest) onlyInto(v *ir.Value) bool {
	return r.reach(func(u *ir.Value) bool { return u == v })
}

// staysIn reports whether the bits decide of the layer's state and of its spikes alone: a membrane
// that is read besides is not known.
func (r *rest) staysIn(awake *unit) bool {
	return r.reach(func(u *ir.Value) bool { return u == r.fire || isOwn(u, awake.starts) })
}

// isOwn reports whether a value stores one of a neuron's own states.
func isOwn(v *ir.Value, starts []start) bool {
	return v.Op == ir.OpLatch && slices.ContainsFunc(starts, func(s start) bool { return s.delay == v.Args[0] })
}

// silences reports whether the bits decide of the layer's state and its spikes alone, which
// there are none of where it rests.
func (r *rest) silences(awake *unit) bool {
	now := func(rests bool) *unit {
		u := r.assuming(rests)
		u.forms[r.fire] = form{{monomial{fired: true}, rewrite.Scalar(1)}}
		u.forms[u.membrane] = form{{monomial{now: true}, rewrite.Scalar(1)}}
		return u
	}
	yes, no := now(true), now(false)
	return r.reach(func(u *ir.Value) bool {
		if u == r.fire {
			return true
		}
		if u.Op == ir.OpLatch {
			return isOwn(u, awake.starts)
		}
		a, d := no.form(u)
		b, e := yes.form(u)
		return d == nil && e == nil && len(b) == 0 && len(a) == 1 && a[0].monomial == monomial{fired: true} && canonical.All(a[0].k, 1)
	})
}

// reach reports whether all that the bits decide of comes to an end in values that are
// told, and in the layer's counts.
func (r *rest) reach(end func(*ir.Value) bool) bool {
	seen := canonical.Cone{}
	var ends func(v *ir.Value) bool
	ends = func(v *ir.Value) bool {
		if seen[v] || end(v) || v.Op == ir.OpLatch && slices.Contains(r.delays, v.Args[0]) {
			return true
		}
		seen[v] = true
		if v.Op.Class() != ir.Element {
			return false
		}
		return !slices.ContainsFunc(r.readers[v], func(u *ir.Value) bool { return !ends(u) })
	}
	for bit := range r.bits {
		if !ends(bit) {
			return false
		}
	}
	return true
}

// rest gives the neuron a refractory period. The held membrane is behind its reset, which comes
// with the spike then.
func (f *neuronForm) rest(u *unit, p period) *diag.Diagnostic {
	a := &f.attrs
	a.Refractory = p.Refractory
	if p.to != nil {
		f.setsTo(p.to)
	}
	if p.Kind == ir.RestHold && a.When == ir.WhenNext && a.Reset == ir.ResetSubtract {
		if f.leak != nil {
			f.reset = canonical.Ratio(f.reset, f.leak)
		}
		a.When = ir.WhenFire
	}
	if a.When == ir.WhenBoth || p.Kind == ir.RestHold && a.When != ir.WhenFire {
		return u.unlike()
	}
	return nil
}
