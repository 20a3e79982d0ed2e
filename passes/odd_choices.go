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
		case a.recurs(v, m) && heldAt(v, by):
			return bounded, true
		case v.Args[1] == v.Args[2] || scaledFrom(v.Args[2]) != past:
			return odd{}, false
		}
		return a.leaks(v, past, m)
	case ir.OpMul:
		for i, w := range v.Args {
			if w.Op == ir.OpWhere && len(levels(w, map[float64]bool{})) > 1 && membraneOf(a.now(w.Args[0])) != nil {
				return a.leaks(v, v.Args[1-i], membraneOf(a.now(w.Args[0])))
			}
		}
	}
	return odd{}, false
}

// leaks tells what decides the leak by which v is made of a membrane: that one, or else what
// comes in.
func (a *anatomy) leaks(v, past, m *ir.Value) (odd, bool) {
	if m == past || m == a.nearest(past) {
		return leaksApart, a.recurs(v, m)
	}
	return leaksByInput, a.recurs(v, past)
}

// nearest is the membrane that a value is computed of, the last of them; nil when there is none.
func (a *anatomy) nearest(v *ir.Value) *ir.Value {
	for _, u := range dissect(v, nil, nil).values {
		if a.own[u] || a.latched[u] != nil {
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

// levels collects the numbers that a choice between constants is, however it is nested; none
// when it may be another.
func levels(v *ir.Value, into map[float64]bool) map[float64]bool {
	for _, x := range v.Args[1:] {
		number, one := 0.0, false
		if c := x.Const(); c != nil {
			number, one = c.Uniform()
		}
		switch {
		case one:
			into[number] = true
		case x.Op == ir.OpCast && x.Args[0].Type.IsSpike():
			into[0], into[1] = true, true
		case x.Op != ir.OpWhere || len(levels(x, into)) == 0:
			return nil
		}
	}
	return into
}

// scaledFrom returns the number of which a value is a multiple by a constant, or which it is.
func scaledFrom(v *ir.Value) *ir.Value {
	if v.Op == ir.OpMul && v.Args[1].Const() != nil {
		return v.Args[0]
	}
	return v
}
