package canonical

import (
	"math"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// castWhole follows real numbers that are made integers, as quantised networks do,
// and real again: those that are whole and fit the type are the same, and a constant
// that is added in between is added to the real number.
func castWhole(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpCast || !v.Type.IsReal() || v.Args[0].Type.IsReal() {
		return nil, nil
	}
	n := v.Args[0]
	switch {
	case n.Op == ir.OpCast && n.Args[0].Type.IsReal():
		if r, ok := cutRange(n.Args[0]); ok && n.Type.Bits > 1 && n.Type.Full().Contains(r) {
			return n.Args[0], nil
		}
	case (n.Op == ir.OpAdd || n.Op == ir.OpSub) && n.Args[1].Const() != nil && n.Args[0].Type.Shape == n.Type.Shape && holds(v.Type, n.Args[0].Range) && holds(v.Type, n.Range):
		x, err := c.Make(&ir.Value{Name: v.Name + ".real", Op: ir.OpCast, Args: n.Args[:1], Type: v.Type, Origin: v.Origin})
		if err != nil {
			return nil, err
		}
		data := ir.NewTensor(ir.RealType(n.Args[1].Type.Shape))
		for i := range data.F {
			data.F[i] = n.Args[1].Const().At(i)
		}
		by, err := c.Constant(n.Args[1].Name+".real", data, v)
		if err != nil {
			return nil, err
		}
		return c.As(v, n.Op, nil, x, by)
	}
	return nil, nil
}

// cutRange is the range of a real value that is cut at whole constants, when all
// its elements are whole.
func cutRange(v *ir.Value) (ir.Range, bool) {
	if v.Op != ir.OpMin {
		return ir.Range{}, false
	}
	lo, cut := int64(0), true
	switch below := v.Args[0]; {
	case IsMap(below, ir.FnRelu): // a maximum with 0
	case below.Op == ir.OpMax:
		lo, cut = wholeConst(below.Args[1])
	default:
		return ir.Range{}, false
	}
	hi, alsoCut := wholeConst(v.Args[1])
	return ir.Range{Lo: lo, Hi: hi}, cut && alsoCut && lo <= hi && hasWholes(v.Args[0].Args[0])
}

func wholeConst(v *ir.Value) (int64, bool) {
	if v.Const() == nil {
		return 0, false
	}
	f, same := v.Const().Uniform()
	return int64(f), same && f == math.Trunc(f) && math.Abs(f) < 1<<24
}

// hasWholes reports whether all elements of a real value are whole: rounded, or moved
// by a whole constant since.
func hasWholes(v *ir.Value) bool {
	if v.Op == ir.OpAdd || v.Op == ir.OpSub {
		c := v.Args[1].Const()
		return c != nil && rewrite.Everywhere(c, func(f float64) bool { return f == math.Trunc(f) && math.Abs(f) < 1<<24 }) && hasWholes(v.Args[0])
	}
	a, ok := v.Attrs.(ir.MapAttrs)
	return ok && (a.Fn == ir.FnRound || a.Fn == ir.FnFloor || a.Fn == ir.FnCeil)
}

// maxWhole bounds the whole numbers that values are compared with, such that
// float32 has their halves.
const maxWhole = 1 << 20

// firstReaching has a row for each function that rounds to whole numbers: the bound
// from which on the result is n or more, and whether the bound itself is (GE) or not (GT).
var firstReaching = map[ir.Fn]func(n float64) (at float64, is ir.Compare){
	ir.FnFloor: func(n float64) (float64, ir.Compare) { return n, ir.GE },
	ir.FnCeil:  func(n float64) (float64, ir.Compare) { return n - 1, ir.GT },
	ir.FnRound: func(n float64) (float64, ir.Compare) { // halves go to the even number
		if math.Mod(n, 2) == 0 {
			return n - 0.5, ir.GE
		}
		return n - 0.5, ir.GT
	},
}

// truncated is firstReaching of a cast to integers.
func truncated(n float64) (float64, ir.Compare) {
	if n > 0 {
		return n, ir.GE
	}
	return n - 1, ir.GT
}

// Rounding returns the operand that a value rounds to whole numbers, and its row of
// firstReaching; nil when it does not round.
func Rounding(v *ir.Value) (*ir.Value, func(n float64) (float64, ir.Compare)) {
	switch a := v.Attrs.(type) {
	case ir.MapAttrs:
		if rule := firstReaching[a.Fn]; rule != nil && v.Type.IsReal() {
			return v.Args[0], rule
		}
	default:
		if v.Op == ir.OpCast && v.Args[0].Type.IsReal() && !v.Type.IsReal() && !v.Type.IsSpike() {
			return v.Args[0], truncated
		}
	}
	return nil, nil
}

// compareRounded: ⌊u⌋ ≥ c is u ≥ ⌈c⌉, and likewise for the other roundings.
func compareRounded(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	is := Comparison(v)
	if is != ir.GE && is != ir.GT {
		return nil, nil
	}
	i, below := 0, false // the operand that is rounded, and whether it fires low
	if v.Args[0].Const() != nil {
		i, below = 1, true
	}
	u, rule := Rounding(v.Args[i])
	bound, same := ir.Tensor{}, false
	if k := v.Args[1-i].Const(); k != nil {
		bound.F = make([]float64, 1)
		bound.F[0], same = k.Uniform()
	}
	if u == nil || !same || math.Abs(bound.F[0]) > maxWhole {
		return nil, nil
	}
	// n is the least whole number on the high side.
	n := math.Ceil(bound.F[0])
	if (is == ir.GT) != below {
		n = math.Floor(bound.F[0]) + 1
	}
	at, from := rule(n)
	threshold, err := c.Constant(v.Args[1-i].Name, ir.Reals(ir.Shape{}, []float64{at}), v)
	if err != nil {
		return nil, err
	}
	if below {
		return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: Opposed[from]}, threshold, u)
	}
	return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: from}, u, threshold)
}
