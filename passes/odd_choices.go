package passes

import (
	"maps"
	"slices"

	"nomul/ir"
)

// A neuron may choose by its membrane, as PyTorch's where does: a floor, spikes of several
// sizes, a leak for each sign. What is chosen tells them apart.

var (
	sized      = odd{what: "a neuron whose spikes have several sizes", help: "a spike is 0 or 1 here"}
	leaksApart = odd{what: "a neuron whose leak depends on its membrane"}
)

// choice: a comparison of a number of the state with a constant decides what the state becomes.
func (a *anatomy) choice(v *ir.Value) (odd, bool) {
	switch v.Op {
	case ir.OpWhere:
		by := a.now(v.Args[0])
		m := membraneOf(by)
		switch {
		case m == nil || !a.recurs(v, m):
			return odd{}, false
		case heldAt(v, by):
			return bounded, true
		case len(levels(v, map[float64]bool{})) > 2:
			return sized, true
		}
		return leaksApart, scaledFrom(v.Args[1], m) && scaledFrom(v.Args[2], m)
	case ir.OpMul:
		for i, w := range v.Args {
			if w.Op == ir.OpWhere && len(levels(w, map[float64]bool{})) > 1 && membraneOf(a.now(w.Args[0])) != nil {
				return leaksApart, a.recurs(v, v.Args[1-i]) && a.recurs(v, membraneOf(a.now(w.Args[0])))
			}
		}
	}
	return odd{}, false
}

// sized reports whether the spikes that are added up are those of one membrane in one step:
// their number is the size of its spike.
func (a *anatomy) sized() bool {
	fires := map[*ir.Value]bool{}
	var of *ir.Value
	late := 0
	for _, v := range a.values {
		m := membraneOf(v)
		switch {
		case v.Op == ir.OpDelay && v.Type.IsSpike():
			late++
		case v.Op == ir.OpDelay, m != nil && of != nil && m != of:
			return false
		case m != nil:
			of, fires[v] = m, true
		}
	}
	return len(fires) > 1 && (late == 0 || late == len(fires))
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

// scaledFrom reports whether a value is another, times a constant.
func scaledFrom(v, m *ir.Value) bool {
	return v == m || v.Op == ir.OpMul && v.Args[0] == m && v.Args[1].Const() != nil
}
