package cells

import (
	"math"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A number that is rounded between bounds, as a count of spikes is, climbs in steps: thresholds of the number
// that is rounded decide it.

// stairs is a number by the number that it is rounded of: low below all steps.
type stairs struct {
	of    *ir.Value
	low   float64
	steps []stair // by height
}

// stair is a threshold, and the number from there on.
type stair struct {
	at     float64
	strict bool // above the threshold, not on it
	number float64
}

// mostStairs bounds the thresholds of a number.
const mostStairs = 32

// stairsOf returns the stairs that a value is, whose bounds may stand before the rounding or behind; nil
// when it is none.
func stairsOf(v *ir.Value) *stairs {
	if canonical.IsFn(v, ir.FnSign) {
		return &stairs{v.Args[0], -1, []stair{{0, false, 0}, {0, true, 1}}}
	}
	var behind, before clamps
	for clamped(v) {
		behind, v = append(behind, v), v.Args[0]
	}
	u, first := canonical.Rounding(v)
	if u == nil {
		return nil
	}
	for clamped(u) {
		before, u = append(before, u), u.Args[0]
	}
	low, high := rounded(before.of(extreme(u, -1)), first), rounded(before.of(extreme(u, 1)), first)
	s := &stairs{of: u, low: behind.of(low)}
	if math.IsInf(s.low, 0) || math.IsInf(behind.of(high), 0) {
		return nil
	}
	from, to := max(low+1, math.Floor(behind.bound(-1))), min(high, math.Ceil(behind.bound(1)))
	for n := from; n <= to && len(s.steps) <= mostStairs; n++ {
		at, is := first(n)
		if f := behind.of(n); f != s.last() {
			s.steps = append(s.steps, stair{at, is == ir.GT, f})
		}
	}
	if len(s.steps) == 0 || len(s.steps) > mostStairs {
		return nil
	}
	return s
}

// rounded is the whole number that one is rounded to.
func rounded(x float64, first func(n float64) (at float64, is ir.Compare)) float64 {
	if math.IsInf(x, 0) {
		return x
	}
	for n := math.Ceil(x); ; n-- {
		if at, is := first(n); x > at || x == at && is == ir.GE {
			return n
		}
	}
}

// last is the number above all steps.
func (s *stairs) last() float64 {
	if len(s.steps) == 0 {
		return s.low
	}
	return s.steps[len(s.steps)-1].number
}

// extreme is the least number that a value may be, or the greatest, by clamps below factors and shifts.
func extreme(v *ir.Value, sign int) float64 {
	none := math.Inf(sign)
	if len(v.Args) == 0 || !v.Type.IsReal() {
		return none
	}
	if clamped(v) {
		return clamps{v}.of(extreme(v.Args[0], sign))
	}
	if f := functions[v.Op]; f != nil && len(v.Args) == 2 {
		if k, same := uniform(v.Args[1]); same && (v.Op == ir.OpAdd || v.Op == ir.OpSub || k > 0 && (v.Op == ir.OpMul || v.Op == ir.OpDiv)) {
			return float64(float32(f(extreme(v.Args[0], sign), k)))
		}
	}
	return none
}

// clamps are values that hold a number at constants, the last first.
type clamps []*ir.Value

// clamped reports whether a value is another, held at one constant or of another type.
func clamped(v *ir.Value) bool {
	switch v.Op {
	case ir.OpMin, ir.OpMax:
		_, same := uniform(v.Args[1])
		return same
	case ir.OpCast:
		return !v.Type.IsSpike() && !v.Args[0].Type.IsSpike() && (v.Type.IsReal() || !v.Args[0].Type.IsReal())
	}
	return canonical.IsFn(v, ir.FnRelu)
}

// of is a number, held.
func (c clamps) of(x float64) float64 {
	for i := len(c) - 1; i >= 0; i-- {
		switch v := c[i]; v.Op {
		case ir.OpMin:
			k, _ := uniform(v.Args[1])
			x = min(x, k)
		case ir.OpMax:
			k, _ := uniform(v.Args[1])
			x = max(x, k)
		case ir.OpMap:
			x = max(x, 0)
		}
	}
	return x
}

// bound is the lowest number that is let through, or the highest.
func (c clamps) bound(sign int) float64 { return c.of(math.Inf(sign)) }

// climb is the choice that stairs are.
func (w *moment) climb(s *stairs) *choice {
	x := w.number(s.of)
	out := number(s.low)
	var by []update.Value
	for i := len(s.steps) - 1; i >= 0; i-- { // the highest first: one that is passed decides those below
		k := w.constant(rewrite.Scalar(s.steps[i].at), nil)
		if s.steps[i].strict {
			by = append(by, w.above(x, k))
		} else {
			by = append(by, w.atLeast(x, k))
		}
	}
	for i, step := range s.steps {
		out = chosen(by[len(by)-1-i], number(step.number), out)
	}
	return out
}
