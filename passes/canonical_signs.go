package passes

import (
	"slices"

	"nomul/ir"
)

// A spike that has a sign is p − q, where p and q are spikes of one membrane that never
// come together. A reset that takes it away takes p away and adds q, and each of them is
// the spike of a neuron of its own.

// chosenSign: where(c, k, y) is k times the cast of c, plus y, if y is 0 wherever c fires.
// It is exact: either is 0.
func chosenSign(c *rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[1].Const() == nil || v.Args[2].Const() != nil || v.Args[2].Type != v.Type {
		return nil, nil
	}
	if !c.exclusive(v, v.Args[0], v.Args[2]) {
		return nil, nil
	}
	zero, err := c.constant(v.Name+".zero", scalar(0), v)
	if err != nil {
		return nil, err
	}
	part, err := c.make(&ir.Value{Name: v.Name + ".part", Op: ir.OpWhere, Args: []*ir.Value{v.Args[0], v.Args[1], zero}, Origin: v.Origin})
	if err != nil || part.Type != v.Type {
		return nil, err
	}
	return c.as(v, ir.OpAdd, nil, part, v.Args[2])
}

// signApart: x − (p − q) is (x − p) + q, also with a factor and with x + (p − q), if x is made
// of the membrane that p and q are spikes of. It is exact: one of p and q is 0.
func signApart(c *rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSub && v.Op != ir.OpAdd || !v.Type.IsReal() {
		return nil, nil
	}
	for i, s := range slices.Backward(v.Args) {
		x := v.Args[1-i]
		signed, factor := c.signed(s)
		if signed == nil || i == 0 && v.Op == ir.OpSub || x.Type != v.Type || !coneOf(x)[c.decided(signed).u] {
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
		left, err := c.make(&ir.Value{Name: v.Name + ".part", Op: v.Op, Args: []*ir.Value{x, parts[0]}, Origin: v.Origin})
		if err != nil {
			return nil, err
		}
		return c.as(v, then, nil, left, parts[1])
	}
	return nil, nil
}

// sized makes a part of s that has a factor, nil for none.
func (c *rewriter) sized(s, part, factor *ir.Value) (*ir.Value, error) {
	if factor == nil {
		return part, nil
	}
	return c.make(&ir.Value{Name: s.Name + ".part", Op: ir.OpMul, Args: []*ir.Value{part, factor}, Origin: s.Origin})
}

// signed returns the sum or difference of two spikes of one membrane, of any size, that a value
// is, if they never come together, and the constant factor it has; nil when it is none.
func (c *rewriter) signed(s *ir.Value) (sum, factor *ir.Value) {
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
	return compared(scaledFrom(v))
}

// exclusive reports whether one value decides both operands of v, and never lets both be
// other than 0.
func (c *rewriter) exclusive(v, a, b *ir.Value) bool {
	d := c.decide(&ir.Value{Op: ir.OpAdd, Type: v.Type, Args: []*ir.Value{a, b}})
	if d == nil || d.u == nil || c.bits[d.u] || a.Type.Shape != v.Type.Shape || b.Type.Shape != v.Type.Shape {
		return false
	}
	_, as := c.outcomes(a, d)
	_, bs := c.outcomes(b, d)
	for i := range as {
		if !all(combine(as[i], bs[i], product), 0) {
			return false
		}
	}
	return true
}
