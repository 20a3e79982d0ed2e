package unsupported

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A neuron may choose by its membrane, as PyTorch's where does: a floor, spikes of several sizes, a
// leak for each sign. The chosen numbers tell them apart.

var (
	sized        = Reason{What: "a neuron whose spikes have several sizes", Help: "a spike is 0 or 1 here"}
	leaksApart   = Reason{What: "a neuron whose leak depends on its membrane", Help: oneLeak}
	leaksByInput = Reason{What: "a neuron whose leak depends on its current", Help: oneLeak}
	leaksBySpike = Reason{What: "a neuron whose leak depends on its last spike", Help: oneLeak + "; a spike resets the membrane to a value, or takes one off"}
)

const oneLeak = "a leak is a constant here, of its own for each neuron"

// choice: a comparison with a constant decides the new state.
func (a *Anatomy) choice(v *ir.Value) (Reason, bool) {
	switch v.Op {
	case ir.OpWhere:
		by := a.now(v.Args[0])
		m, past := canonical.MembraneOf(by), canonical.ScaledFrom(v.Args[1])
		switch {
		case m == nil:
			return Reason{}, false
		case a.recurs(v, m) && (heldAt(v, by) || !a.fires(by) && keptAt(v, by)):
			return bounded, true
		case v.Args[1] == v.Args[2] || canonical.ScaledFrom(v.Args[2]) != past:
			return Reason{}, false
		}
		return a.leaks(v, past, by)
	case ir.OpMul:
		for i, w := range v.Args {
			if by := a.chooses(w); by != nil {
				return a.leaks(v, v.Args[1-i], by)
			}
		}
	}
	return Reason{}, false
}

// chooses returns a comparison of those that alone decide which of several numbers a value is, no
// spikes of the layer; nil when there is none. A value that is 0 by a membrane, or by a former
// spike, is a reset.
func (a *Anatomy) chooses(w *ir.Value) *ir.Value {
	var by *ir.Value
	on, off := map[*ir.Value]*ir.Tensor{}, map[*ir.Value]*ir.Tensor{}
	alone := canonical.DecidedBy(w, func(x *ir.Value) (fires, fits bool) {
		if canonical.MembraneOf(x) == nil {
			return false, false
		}
		by = x
		on[x], off[x] = canonical.Filled(x.Type.WithShape(ir.Shape{}), 1), canonical.Filled(x.Type.WithShape(ir.Shape{}), 0)
		return true, !a.fires(x)
	})
	if !alone || by == nil {
		return nil
	}
	c := &canonical.Rewriter{Level: ir.Source}
	high, low := c.Outcome(w, on), c.Outcome(w, off)
	m := canonical.MembraneOf(by)
	resets := a.spiked(m) || a.own[a.now(m)] > 0 || a.moment(m).number >= 0
	if canonical.Near(high, low) || resets && !(canonical.NonZero(high) && canonical.NonZero(low)) {
		return nil
	}
	return by
}

// spiked reports whether a value is made of spikes of the layer alone.
func (a *Anatomy) spiked(v *ir.Value) bool {
	at := a.moment(v)
	return at.last >= 0 && at.number < 0 && !at.outside
}

// leaks names the decision of the leak by which v is made of a membrane: by that membrane, by its
// spikes, or else by the input.
func (a *Anatomy) leaks(v, past, by *ir.Value) (Reason, bool) {
	m := canonical.MembraneOf(by)
	if a.spiked(m) || a.fires(by) {
		return leaksBySpike, a.recurs(v, past)
	}
	if m == past || m == a.nearest(past) {
		return leaksApart, a.recurs(v, m)
	}
	return leaksByInput, a.recurs(v, past)
}

// nearest is the membrane that a value is computed of, the last of them; nil when there is none.
func (a *Anatomy) nearest(v *ir.Value) *ir.Value {
	for _, u := range Dissect(v, nil, nil).Values {
		if a.own[u] > 0 || a.latched[u] != nil {
			return u
		}
	}
	return nil
}

// now is a value, or the operand stored by a delay.
func (a *Anatomy) now(v *ir.Value) *ir.Value {
	if stored := a.latched[v]; stored != nil {
		return stored
	}
	return v
}

// heldAt reports whether a choice is the number that its comparison is of, or the constant
// that it is compared with.
func heldAt(v, by *ir.Value) bool {
	is := canonical.ComparingOf(by)
	for i, x := range v.Args[1:] {
		if c := v.Args[2-i].Const(); x == is.Membrane && c != nil && is.Threshold != nil && slices.Equal(c.F, is.Threshold.F) {
			return true
		}
	}
	return false
}

// Thresholds lists the comparisons of each membrane, but for those that only hold a number at
// a bound: nothing fires there.
func Thresholds(n *ir.Net) map[*ir.Value][]*ir.Value {
	out, readers := canonical.Comparisons(n), n.Readers()
	maps.DeleteFunc(out, func(_ *ir.Value, all []*ir.Value) bool {
		return !slices.ContainsFunc(all, func(by *ir.Value) bool {
			return len(readers[by]) == 0 || slices.ContainsFunc(readers[by], func(v *ir.Value) bool { return v.Op != ir.OpWhere || !heldAt(v, by) })
		})
	})
	return out
}

// keptAt reports whether a choice is the threshold constant of a membrane, or else computed from
// the membrane, as behind a reset.
func keptAt(v, by *ir.Value) bool {
	is := canonical.ComparingOf(by)
	for i, x := range v.Args[1:] {
		if c := v.Args[2-i].Const(); is.Membrane != nil && canonical.ConeOf(x)[is.Membrane] && c != nil && canonical.Near(c, is.Threshold) {
			return true
		}
	}
	return false
}

// fires reports whether a comparison is of a membrane of the layer, and as that which fires.
func (a *Anatomy) fires(v *ir.Value) bool {
	return a.own[a.now(canonical.ComparingOf(v).Membrane)] > 0 && (a.Fire == nil || canonical.ComparedAlike(v, a.Fire))
}
