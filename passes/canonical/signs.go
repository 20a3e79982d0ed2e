package canonical

import (
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// A spike that has a sign is p − q, where p and q are spikes of one membrane that never
// come together. A reset that takes it away takes p away and adds q, and each of them is
// the spike of a neuron of its own.

// chosenSign: where(c, k, y) is k times the cast of c, plus y, if y is 0 wherever c fires.
// It is exact: either is 0.
func chosenSign(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[1].Const() == nil || v.Args[2].Const() != nil || v.Args[2].Type != v.Type {
		return nil, nil
	}
	if !c.exclusive(v, v.Args[0], v.Args[2]) {
		return nil, nil
	}
	zero, err := c.Constant(v.Name+".zero", rewrite.Scalar(0), v)
	if err != nil {
		return nil, err
	}
	part, err := c.Make(&ir.Value{Name: v.Name + ".part", Op: ir.OpWhere, Args: []*ir.Value{v.Args[0], v.Args[1], zero}, Origin: v.Origin})
	if err != nil || part.Type != v.Type {
		return nil, err
	}
	return c.As(v, ir.OpAdd, nil, part, v.Args[2])
}

// signApart: x − (p − q) is (x − p) + q, also with a factor and with x + (p − q), if x is made
// of the membrane that p and q are spikes of. It is exact: one of p and q is 0.
func signApart(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSub && v.Op != ir.OpAdd || !v.Type.IsReal() {
		return nil, nil
	}
	for i, s := range slices.Backward(v.Args) {
		x := v.Args[1-i]
		signed, factor := c.signed(s)
		if signed == nil || i == 0 && v.Op == ir.OpSub || x.Type != v.Type || !ConeOf(x)[c.decided(signed).u] {
			continue
		}
		then := ir.OpSub
		if v.Op == signed.Op {
			then = ir.OpAdd
		}
		var parts [2]*ir.Value
		for k, part := range signed.Args {
			var err error
			if parts[k], err = c.sized(s, part, factor); err != nil {
				return nil, err
			}
		}
		left, err := c.Make(&ir.Value{Name: v.Name + ".part", Op: v.Op, Args: []*ir.Value{x, parts[0]}, Origin: v.Origin})
		if err != nil {
			return nil, err
		}
		return c.As(v, then, nil, left, parts[1])
	}
	return nil, nil
}

// chosenApart: where(c, x − k, x + q) is (x − k·c) + q, likewise for other signs, if q is 0
// wherever c fires: a reset that asks for each sign. It is exact: either is 0.
func chosenApart(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() {
		return nil, nil
	}
	cond, then, other := v.Args[0], v.Args[1], v.Args[2]
	for _, sum := range []*ir.Value{then, other} {
		if sum.Op != ir.OpAdd && sum.Op != ir.OpSub || sum.Type != v.Type || sum.Args[0].Type != v.Type {
			return nil, nil
		}
	}
	x := then.Args[0]
	if x != other.Args[0] || then.Args[1].Const() == nil || other.Args[1].Const() != nil || !c.exclusive(v, cond, other.Args[1]) {
		return nil, nil
	}
	left, err := c.Make(&ir.Value{Name: v.Name + ".choice", Op: ir.OpWhere, Args: []*ir.Value{cond, then, x}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.As(v, other.Op, nil, left, other.Args[1])
}

// signTimes: the sign of x times whether its magnitude is above k is whether x is above k less
// whether it is below −k.
func signTimes(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpMul {
		return nil, nil
	}
	for i, sign := range v.Args {
		fires := Compared(v.Args[1-i])
		if !IsFn(sign, ir.FnSign) || fires == nil || fires.Type.Shape != v.Type.Shape || !IsFn(fires.Args[0], ir.FnAbs) {
			continue
		}
		x, k := sign.Args[0], fires.Args[1]
		if fires.Args[0].Args[0] != x || k.Const() == nil || !k.Type.IsReal() || !rewrite.Everywhere(k.Const(), func(f float64) bool { return f > 0 }) {
			continue
		}
		below, err := c.opposite(k, k.Origin)
		if err != nil {
			return nil, err
		}
		var parts [2]*ir.Value
		for j, args := range [][]*ir.Value{{x, k}, {below, x}} {
			spike, err := c.As(fires, ir.OpCompare, fires.Attrs, args...)
			if err == nil {
				parts[j], err = c.numberOf(v, spike)
			}
			if err != nil {
				return nil, err
			}
		}
		return c.As(v, ir.OpSub, nil, parts[0], parts[1])
	}
	return nil, nil
}

// sized makes a part of s that has a factor, nil for none.
func (c *Rewriter) sized(s, part, factor *ir.Value) (*ir.Value, error) {
	if factor == nil {
		return part, nil
	}
	return c.Make(&ir.Value{Name: s.Name + ".part", Op: ir.OpMul, Args: []*ir.Value{part, factor}, Origin: s.Origin})
}

// signed returns the sum or difference of two spikes of one membrane, of any size, that a value
// is, if they never come together, and the constant factor it has; nil when it is none.
func (c *Rewriter) signed(s *ir.Value) (sum, factor *ir.Value) {
	if s.Op == ir.OpMul && s.Args[1].Const() != nil && s.Args[0].Type == s.Type {
		s, factor = s.Args[0], s.Args[1]
	}
	if s.Op != ir.OpSub && s.Op != ir.OpAdd || firesBy(s.Args[0]) == nil || firesBy(s.Args[1]) == nil {
		return nil, nil
	}
	if !c.exclusive(s, s.Args[0], s.Args[1]) {
		return nil, nil
	}
	return s, factor
}

// firesBy returns the comparison that a value is a number of, of any size; nil when it is none.
func firesBy(v *ir.Value) *ir.Value {
	return Compared(ScaledFrom(v))
}

// exclusive reports whether one value decides both operands of v, and never lets both be
// other than 0.
func (c *Rewriter) exclusive(v, a, b *ir.Value) bool {
	d := c.decide(&ir.Value{Op: ir.OpAdd, Type: v.Type, Args: []*ir.Value{a, b}})
	if d == nil || d.u == nil || d.isBit() || a.Type.Shape != v.Type.Shape || b.Type.Shape != v.Type.Shape {
		return false
	}
	_, as := c.outcomes(a, d)
	_, bs := c.outcomes(b, d)
	for i := range as {
		if !All(Combine(as[i], bs[i], Product), 0) {
			return false
		}
	}
	return true
}

// heaviside: a step function that says apart where two numbers are equal, as an exporter writes
// heaviside(a − b, k).
func heaviside(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || Comparison(v.Args[0]) != ir.EQ || v.Args[2].Op != ir.OpSub || !Every(v.Args[2].Args[0], 1) {
		return nil, nil
	}
	equal, below := v.Args[0], v.Args[2].Args[1]
	if below.Op != ir.OpCast || Comparison(below.Args[0]) != ir.GT {
		return nil, nil
	}
	below = below.Args[0]
	b, a := below.Args[0], below.Args[1]
	same := slices.Equal(equal.Args, []*ir.Value{a, b}) || slices.Equal(equal.Args, []*ir.Value{b, a})
	for _, is := range []struct {
		at float64
		by ir.Compare
	}{{0, ir.GT}, {1, ir.GE}} {
		if same && Every(v.Args[1], is.at) && below.Type.Shape == v.Type.Shape {
			return c.comparisonFor(v, a, b, is.by)
		}
	}
	return nil, nil
}
