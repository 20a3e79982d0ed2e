package canonical

import (
	"nomul/ir"
)

// A bound of a number is written in many ways, too: as a choice by a comparison of the number, or
// before a comparison that the bound does not change.

// chosenFloor: where(x > 0, x, 0) and where(x < 0, 0, x) are relu(x), also with ≥ and ≤. A
// choice of 0 above 0 stays one, for a reset may be written so.
func chosenFloor(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[0].Type.Shape != v.Type.Shape {
		return nil, nil
	}
	for i, above := range []bool{true, false} {
		x := v.Args[1+i]
		if x.Type == v.Type && Every(v.Args[2-i], 0) && comparesWithZero(v.Args[0], x, above) {
			return c.As(v, ir.OpMap, ir.MapAttrs{Fn: ir.FnRelu}, x)
		}
	}
	return nil, nil
}

// comparesWithZero reports whether a comparison is that x lies above 0, or below it, where 0
// itself may count either way. Of a difference the operands are compared.
func comparesWithZero(cond, x *ir.Value, above bool) bool {
	if is := Comparison(cond); is != ir.GT && is != ir.GE {
		return false
	}
	high, low := cond.Args[0], cond.Args[1]
	if !above {
		high, low = low, high
	}
	return high == x && Every(low, 0) || x.Op == ir.OpSub && high == x.Args[0] && low == x.Args[1]
}

// chosenSum: where(c, a + x, b + x) is where(c, a, b) + x, likewise for a − x.
func chosenSum(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() {
		return nil, nil
	}
	yes, no := v.Args[1], v.Args[2]
	if yes.Op != no.Op || yes.Op != ir.OpAdd && yes.Op != ir.OpSub {
		return nil, nil
	}
	for i, x := range yes.Args {
		for k, y := range no.Args {
			a, b := yes.Args[1-i], no.Args[1-k]
			if x != y || x.Const() != nil || yes.Op == ir.OpSub && i+k != 2 || a.Type != v.Type || b.Type != v.Type {
				continue
			}
			choice, err := c.Make(&ir.Value{Name: v.Name + ".choice", Op: ir.OpWhere, Args: []*ir.Value{v.Args[0], a, b}, Origin: v.Origin})
			if err != nil {
				return nil, err
			}
			return c.As(v, yes.Op, nil, choice, x)
		}
	}
	return nil, nil
}

// compareBounded: max(x, k) > t is x > t where t is k or more, and so on: a bound that lies
// where the comparison does not change is none.
func compareBounded(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	is := Comparison(v)
	if is != ir.GT && is != ir.GE {
		return nil, nil
	}
	for i, bounded := range v.Args {
		t, same := uniformReal(v.Args[1-i])
		x, k, holdsAbove := bound(bounded)
		if !same || x == nil || x.Type != bounded.Type {
			continue
		}
		// Where x is held at k, the comparison must say of k as of all numbers beyond it.
		atBound := i == 0 && compareNumbers(k, is, t) || i == 1 && compareNumbers(t, is, k)
		if atBound != (holdsAbove == (i == 1)) {
			continue
		}
		args := []*ir.Value{x, v.Args[1]}
		if i == 1 {
			args = []*ir.Value{v.Args[0], x}
		}
		return c.As(v, ir.OpCompare, v.Attrs, args...)
	}
	return nil, nil
}

// bound returns the number that v holds at a constant, that constant, and whether it holds it
// above rather than below; nil when v does not.
func bound(v *ir.Value) (x *ir.Value, k float64, above bool) {
	if IsFn(v, ir.FnRelu) {
		return v.Args[0], 0, true
	}
	if v.Op != ir.OpMax && v.Op != ir.OpMin {
		return nil, 0, false
	}
	k, same := uniformReal(v.Args[1])
	if !same {
		return nil, 0, false
	}
	return v.Args[0], k, v.Op == ir.OpMax
}

// uniformReal returns the number that a real constant is everywhere, and reports whether it is one.
func uniformReal(v *ir.Value) (float64, bool) {
	if v.Const() == nil || !v.Type.IsReal() {
		return 0, false
	}
	return v.Const().Uniform()
}

func compareNumbers(a float64, is ir.Compare, b float64) bool {
	return a > b || a == b && is == ir.GE
}
