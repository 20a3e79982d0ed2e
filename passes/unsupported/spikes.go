package unsupported

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// A neuron is unsupported, too, by when its spikes come: within bounds of its membrane, on both sides of 0,
// or not soon after one another. The steps of the spikes under a number tell them apart.

var (
	refractory = Reason{What: "a neuron with a refractory period: its spikes hold back those that follow, or its membrane",
		Help: CountsRests, Apart: true}
	banded   = Reason{What: "a neuron that fires by two comparisons of its membrane: between two bounds, or outside of them", Help: fromThreshold, Apart: true}
	twoSided = Reason{What: "a neuron that compares the magnitude of its membrane, so that it fires on both sides of 0", Help: fromThreshold}
)

// CountsRests is the help for states that hold a neuron's spikes back.
const CountsRests = "a count of the steps that are left is known from four steps on, which holds the membrane, or drops the input, the spikes or both: " +
	"s = ((h > 1) & (left <= 0)).float(), left = where(s > 0, 2, (left - 1).clamp(min=0)), or where(s > 0, 1, left) of one that fires once"

const fromThreshold = "a neuron fires wherever its membrane is above its threshold"

// banded: the layer's comparisons of one membrane decide whether it fires, and no
// single one does.
func (a *Anatomy) banded(v *ir.Value) (Reason, bool) {
	for _, x := range []*ir.Value{v, a.now(canonical.MembraneOf(v))} {
		if x == nil {
			continue
		}
		if u, sizes := a.sizes(x); len(sizes) == 2 && a.has(u) {
			return banded, true
		}
	}
	return Reason{}, false
}

// twoSided: the membrane is compared without its sign.
func (a *Anatomy) twoSided(v *ir.Value) (Reason, bool) {
	o, square := twoSided, v.Op == ir.OpMul && v.Args[0] == v.Args[1]
	o.Apart = !square
	return o, v == a.Membrane && (square || canonical.IsFn(v, ir.FnAbs))
}

// refractory: a comparison of a count of the layer's spikes alone, over more than one step.
func (a *Anatomy) refractory(v *ir.Value) (Reason, bool) {
	m := canonical.MembraneOf(v)
	if m == nil || a.has(m) {
		return Reason{}, false
	}
	counter := Dissect(m, nil, a.latched)
	own := slices.ContainsFunc(counter.Values, func(s *ir.Value) bool { return a.own[canonical.MembraneOf(s)] > 0 })
	if !own || !counter.Counts() {
		return Reason{}, false
	}
	if _, sizes := a.sizes(a.now(m)); len(sizes) > 2 {
		return bySizes(sizes), true
	}
	loop := slices.ContainsFunc(counter.Values, func(d *ir.Value) bool { return d.Op == ir.OpDelay && canonical.ConeOf(a.latched[d])[d] })
	at := a.moment(m)
	return refractory, loop || at.first < at.last
}

// heldBack: spikes decide the value of a number, or of spikes, that came after them.
func (a *Anatomy) heldBack(v *ir.Value) (Reason, bool) {
	if !decides[v.Op] {
		return Reason{}, false
	}
	for i, by := range v.Args {
		at := a.moment(by)
		if at.last < 0 || at.number >= 0 || at.outside {
			continue
		}
		for k, x := range v.Args {
			if then := a.moment(x); k != i && at.last < max(then.last, then.number) {
				return refractory, true
			}
		}
	}
	return Reason{}, false
}

// decides are the ops by which spikes let a number through or not.
var decides = map[ir.Op]bool{ir.OpMul: true, ir.OpWhere: true, ir.OpAnd: true, ir.OpAndNot: true}

// moment is of which steps of a layer the spikes and membranes are that a value is
// computed from, no further back than to the nearest: those of its first spikes, of its last,
// and of its last membrane, each -1 when there is none; and whether anything else comes in.
type moment struct {
	first, last, number int
	outside             bool
}

var noMoment = moment{-1, -1, -1, false}

func (m moment) join(o moment) moment {
	if m.first < 0 || o.first >= 0 && o.first < m.first {
		m.first = o.first
	}
	return moment{m.first, max(m.last, o.last), max(m.number, o.number), m.outside || o.outside}
}

// spikes is the moment of a comparison of a value of this moment.
func (m moment) spikes() moment {
	last := max(m.last, m.number)
	first := m.first
	if first < 0 || m.number >= 0 && m.number < first {
		first = last
	}
	return moment{first, last, -1, last < 0}
}

// moment of a value. Without a loop the layer's membranes have their step; in one, old state has
// step 0, and new values step 1.
func (a *Anatomy) moment(v *ir.Value) moment {
	if m, ok := a.moments[v]; ok {
		return m
	}
	m := noMoment
	switch kept := a.latched[v]; {
	case v == nil || v.Op == ir.OpConst:
	case a.own[v] > 0:
		m.number = a.own[v]
	case v.Op == ir.OpDelay && kept != nil && Dissect(kept, nil, a.latched).Counts():
		m.first, m.last = 0, 0
	case v.Op == ir.OpDelay && kept != nil:
		m.number = 0
	case v.Op.Class() == ir.Element:
		for _, x := range v.Args {
			m = m.join(a.moment(x))
		}
		if v.Op == ir.OpCompare {
			m = m.spikes()
			m.outside = m.outside || a.own[a.now(canonical.ComparingOf(v).Membrane)] > 0 && !a.fires(v)
		}
	default:
		m.outside = true
	}
	a.moments[v] = m
	return m
}
