package passes

import (
	"maps"
	"slices"

	"nomul/ir"
)

// A neuron may choose by its membrane, as PyTorch's where does: a floor, spikes of several
// sizes, a leak for each sign. What is chosen tells them apart.

var (
	sized        = odd{what: "a neuron whose spikes have several sizes", help: "a spike is 0 or 1 here"}
	leaksApart   = odd{what: "a neuron whose leak depends on its membrane", help: oneLeak}
	leaksByInput = odd{what: "a neuron whose leak depends on its current", help: oneLeak}
	leaksBySpike = odd{what: "a neuron whose leak depends on its last spike", help: oneLeak + "; a spike resets the membrane to a value, or takes one off"}
)

const oneLeak = "a leak is a constant here, of its own for each neuron"

// choice: a comparison with a constant decides what the state becomes.
func (a *anatomy) choice(v *ir.Value) (odd, bool) {
	switch v.Op {
	case ir.OpWhere:
		by := a.now(v.Args[0])
		m, past := membraneOf(by), scaledFrom(v.Args[1])
		switch {
		case m == nil:
			return odd{}, false
		case a.recurs(v, m) && (heldAt(v, by) || !a.fires(by) && keptAt(v, by)):
			return bounded, true
		case v.Args[1] == v.Args[2] || scaledFrom(v.Args[2]) != past:
			return odd{}, false
		}
		return a.leaks(v, past, by)
	case ir.OpMul:
		for i, w := range v.Args {
			if by := a.chooses(w); by != nil {
				return a.leaks(v, v.Args[1-i], by)
			}
		}
	}
	return odd{}, false
}

// chooses returns a comparison of those that alone decide which of several numbers a value
// is, no spikes of the layer; nil when there is none. A value that is 0 by a membrane, or by
// what was a spike, is a reset.
func (a *anatomy) chooses(w *ir.Value) *ir.Value {
	var by *ir.Value
	on, off := map[*ir.Value]*ir.Tensor{}, map[*ir.Value]*ir.Tensor{}
	alone := decidedBy(w, func(x *ir.Value) (fires, fits bool) {
		if membraneOf(x) == nil {
			return false, false
		}
		by = x
		on[x], off[x] = filled(x.Type.WithShape(ir.Shape{}), 1), filled(x.Type.WithShape(ir.Shape{}), 0)
		return true, !a.fires(x)
	})
	if !alone || by == nil {
		return nil
	}
	c := &rewriter{level: ir.Source}
	high, low := c.outcome(w, on), c.outcome(w, off)
	m := membraneOf(by)
	resets := a.spiked(m) || a.own[a.now(m)] > 0 || a.moment(m).number >= 0
	if near(high, low) || resets && !(nonZero(high) && nonZero(low)) {
		return nil
	}
	return by
}

// spiked reports whether a value is made of spikes of the layer alone.
func (a *anatomy) spiked(v *ir.Value) bool {
	at := a.moment(v)
	return at.last >= 0 && at.number < 0 && !at.outside
}

// leaks tells what decides the leak by which v is made of a membrane: that one, its spikes, or
// else what comes in.
func (a *anatomy) leaks(v, past, by *ir.Value) (odd, bool) {
	m := membraneOf(by)
	if a.spiked(m) || a.fires(by) {
		return leaksBySpike, a.recurs(v, past)
	}
	if m == past || m == a.nearest(past) {
		return leaksApart, a.recurs(v, m)
	}
	return leaksByInput, a.recurs(v, past)
}

// nearest is the membrane that a value is computed of, the last of them; nil when there is none.
func (a *anatomy) nearest(v *ir.Value) *ir.Value {
	for _, u := range dissect(v, nil, nil).values {
		if a.own[u] > 0 || a.latched[u] != nil {
			return u
		}
	}
	return nil
}

// now is a value, or what a delay stores of it.
func (a *anatomy) now(v *ir.Value) *ir.Value {
	if stored := a.latched[v]; stored != nil {
		return stored
	}
	return v
}

// heldAt reports whether a choice is the number that its comparison is of, or the constant
// that it is compared with.
func heldAt(v, by *ir.Value) bool {
	is := comparingOf(by)
	for i, x := range v.Args[1:] {
		if c := v.Args[2-i].Const(); x == is.m && c != nil && is.threshold != nil && slices.Equal(c.F, is.threshold.F) {
			return true
		}
	}
	return false
}

// thresholds lists the comparisons of each membrane, but for those that only hold a number at
// a bound: nothing fires there.
func thresholds(n *ir.Net) map[*ir.Value][]*ir.Value {
	out, readers := comparisons(n), n.Readers()
	maps.DeleteFunc(out, func(_ *ir.Value, all []*ir.Value) bool {
		return !slices.ContainsFunc(all, func(by *ir.Value) bool {
			return len(readers[by]) == 0 || slices.ContainsFunc(readers[by], func(v *ir.Value) bool { return v.Op != ir.OpWhere || !heldAt(v, by) })
		})
	})
	return out
}

// keptAt reports whether a choice is the constant that a membrane is compared with, or else what
// is computed from the membrane, as behind a reset.
func keptAt(v, by *ir.Value) bool {
	is := comparingOf(by)
	for i, x := range v.Args[1:] {
		if c := v.Args[2-i].Const(); is.m != nil && coneOf(x)[is.m] && c != nil && near(c, is.threshold) {
			return true
		}
	}
	return false
}

// fireOf is the comparison by which a layer fires, of its first membrane if that is compared
// as later ones are; nil when there is none.
func fireOf(layer history, fires map[*ir.Value][]*ir.Value) *ir.Value {
	var first []*ir.Value
	for _, m := range slices.Backward(layer.membranes) {
		if alike := sameComparisons(fires[m], first); len(alike) > 0 {
			first = alike
		}
	}
	if len(first) == 0 {
		return nil
	}
	return first[0]
}

// fires reports whether a comparison is of a membrane of the layer, and as that which fires.
func (a *anatomy) fires(v *ir.Value) bool {
	return a.own[a.now(comparingOf(v).m)] > 0 && (a.fire == nil || comparedAlike(v, a.fire))
}

// sameComparisons are the comparisons of a membrane that are as the first of a later one, if there
// is one: the first membrane may be what comes in, and compared for that.
func sameComparisons(fires, later []*ir.Value) []*ir.Value {
	if len(later) == 0 {
		return fires
	}
	i := slices.IndexFunc(fires, func(f *ir.Value) bool { return comparedAlike(f, later[0]) })
	if i < 0 {
		return nil
	}
	return fires[i:]
}

// scaledFrom returns the number of which a value is a multiple by a constant, or which it is.
func scaledFrom(v *ir.Value) *ir.Value {
	if v.Op == ir.OpMul && v.Args[1].Const() != nil {
		return v.Args[0]
	}
	return v
}
