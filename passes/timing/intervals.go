package timing

import (
	"math"

	"nomul/ir"
)

// interval holds the numbers from lo to hi, whole or real.
type interval struct{ lo, hi float64 }

// intervals are the intervals of the values seen so far, where they are known: unlike
// ir.Range they follow integers through the real numbers that spikes are in most files,
// and take an input to be of its declared type.
type intervals struct {
	declared ir.Type // of the inputs' elements; none when not said
	asIs     bool    // real inputs are integers of that type as they are
	of       map[*ir.Value]interval
	states   map[*ir.Value]interval // of the inputs that are states
}

// follow sees all values, those of states in all time steps.
func (s *intervals) follow(n *ir.Net, states []state, steps int) {
	for _, state := range states {
		s.states[state.In] = interval{state.start, state.start}
	}
	for grows := true; grows; steps-- {
		for _, v := range n.Values {
			s.see(v)
		}
		grows = false
		for _, state := range states {
			before, next := s.states[state.In], s.of[state.Out.Args[0]]
			after := interval{min(before.lo, next.lo), max(before.hi, next.hi)}
			if steps > 1 && after != before {
				s.states[state.In], grows = after, true
			}
		}
	}
}

// see notes the interval of a value whose operands were seen.
func (s *intervals) see(v *ir.Value) {
	got, known := s.interval(v)
	switch {
	case v.Type.IsReal():
		known = known && !math.IsInf(got.lo, 0) && !math.IsInf(got.hi, 0)
		// Rounding to float32 keeps the order, so it takes bounds to bounds.
		got = interval{float64(float32(got.lo)), float64(float32(got.hi))}
	case !known:
		got, known = ofRange(v.Range), true
	default:
		full := ofRange(v.Range)
		got = interval{max(got.lo, full.lo), min(got.hi, full.hi)}
	}
	if known && got.lo <= got.hi {
		s.of[v] = got
	}
}

// holds reports whether a number is in the interval.
func (in interval) holds(f float64) bool { return in.lo <= f && f <= in.hi }

func ofRange(r ir.Range) interval { return interval{float64(r.Lo), float64(r.Hi)} }

// interval is the interval that a value's operands leave it.
func (s *intervals) interval(v *ir.Value) (interval, bool) {
	if known, isState := s.states[v]; isState {
		return known, true
	}
	switch {
	case v.Const() != nil:
		return ofElements(v.Const()), true
	case v.Op == ir.OpInput:
		return ofRange(s.declared.Full()), s.declared.Kind != 0 && (!v.Type.IsReal() || s.asIs)
	case v.Op == ir.OpCast && !v.Type.IsSpike():
		return s.cast(v)
	}
	rule := intervalRules[v.Op]
	if rule == nil {
		x, known := s.union(v.Selected())
		if v.Op == ir.OpPad {
			x = interval{min(x.lo, 0), max(x.hi, 0)}
		}
		return x, known
	}
	a, known := s.of[v.Args[0]]
	b, alsoKnown := a, true
	if len(v.Args) > 1 {
		b, alsoKnown = s.of[v.Args[1]]
	}
	return rule(a, b), known && alsoKnown
}

// intervalRules are the intervals of ops that compute element by element.
var intervalRules = map[ir.Op]func(a, b interval) interval{
	ir.OpAdd: func(a, b interval) interval { return interval{a.lo + b.lo, a.hi + b.hi} },
	ir.OpSub: func(a, b interval) interval { return interval{a.lo - b.hi, a.hi - b.lo} },
	ir.OpNeg: func(a, _ interval) interval { return interval{-a.hi, -a.lo} },
	ir.OpMin: func(a, b interval) interval { return interval{min(a.lo, b.lo), min(a.hi, b.hi)} },
	ir.OpMax: func(a, b interval) interval { return interval{max(a.lo, b.lo), max(a.hi, b.hi)} },
	ir.OpMul: func(a, b interval) interval {
		return corners(a, b, func(x, y float64) float64 { return x * y })
	},
	ir.OpDiv: func(a, b interval) interval {
		if b.lo <= 0 && b.hi >= 0 {
			return interval{math.Inf(-1), math.Inf(1)}
		}
		return corners(a, b, func(x, y float64) float64 { return x / y })
	},
}

// corners is the interval of a function that is monotone in each of its operands.
func corners(a, b interval, f func(x, y float64) float64) interval {
	p, q, r, s := f(a.lo, b.lo), f(a.lo, b.hi), f(a.hi, b.lo), f(a.hi, b.hi)
	return interval{min(p, q, r, s), max(p, q, r, s)}
}

// cast is the interval of a cast: numbers outside of an integer's type wrap to anywhere in it.
func (s *intervals) cast(v *ir.Value) (interval, bool) {
	x, known := s.of[v.Args[0]]
	if v.Type.IsReal() || !known {
		return x, known
	}
	x, full := interval{math.Trunc(x.lo), math.Trunc(x.hi)}, ofRange(v.Type.Full())
	if x.lo < full.lo || x.hi > full.hi {
		x = full
	}
	return x, true
}

func (s *intervals) union(args []*ir.Value) (out interval, known bool) {
	for i, a := range args {
		x, ok := s.of[a]
		if !ok {
			return interval{}, false
		}
		if i == 0 {
			out = x
		}
		out = interval{min(out.lo, x.lo), max(out.hi, x.hi)}
	}
	return out, len(args) > 0
}

func ofElements(t *ir.Tensor) interval {
	out := interval{t.At(0), t.At(0)}
	for i := range t.Type.Size() {
		out = interval{min(out.lo, t.At(i)), max(out.hi, t.At(i))}
	}
	return out
}
