package dsl

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

func runMatmul(c *call) value {
	return c.add(ir.OpMatmul, c.label("matmul"), nil, c.sig("a"), c.sig("b"))
}

// runAttention is (q·kᵀ)·v · scale, by heads: the channels are cut into as many
// equal parts, which do not see one another.
func runAttention(c *call) value {
	heads := c.whole("heads", 1)
	for _, name := range []string{"q", "k", "v"} {
		x, a := c.sig(name).Type, c.args[name]
		switch {
		case x.Shape.Rank() != 2:
			c.fail(a.node, diag.ShapeMismatch, "attention takes [tokens, channels], %s is %v", name, x)
		case x.Shape.Dim(1)%heads != 0:
			c.fail(a.node, diag.BadAttribute, "%d channels cannot be cut into %d equal heads", x.Shape.Dim(1), heads)
		}
	}
	name := c.label("attention")
	q, k, v := c.head(name, "q", heads, 0, 1, 2), c.head(name, "k", heads, 0, 2, 1), c.head(name, "v", heads, 0, 1, 2)
	scores := c.then(ir.OpMatmul, name+".scores", nil, q, k)
	mixed := c.then(ir.OpMatmul, name+".mixed", nil, scores, v)
	if scale := c.args["scale"].num; scale != 1 && mixed != nil {
		mixed = c.then(ir.OpMul, name+".scaled", nil, mixed, c.e.scalar(c.f, c.at(), name+".scale", float32s(scale)))
	}
	mixed = c.then(ir.OpTranspose, name+".tokens", ir.PermAttrs{Perm: []int{1, 0, 2}}, mixed)
	if mixed == nil {
		return bad
	}
	s := mixed.Type.Shape
	return c.add(ir.OpReshape, name, ir.ShapeAttrs{Shape: []int{s.Dim(0), s.Dim(1) * s.Dim(2)}}, mixed)
}

// then is add for a value on the way; nil after an error.
func (c *call) then(op ir.Op, name string, attrs ir.Attrs, args ...*ir.Value) *ir.Value {
	if slices.Contains(args, nil) {
		c.bad = true
	}
	return c.add(op, name, attrs, args...).sig
}

// head is an argument [tokens, channels] as [heads, tokens, channels of a head],
// in an order of these axes.
func (c *call) head(name, slot string, heads int, order ...int) *ir.Value {
	x := c.sig(slot)
	if c.bad {
		return nil
	}
	s := x.Type.Shape
	x = c.then(ir.OpReshape, name+"."+slot+".parts", ir.ShapeAttrs{Shape: []int{s.Dim(0), heads, s.Dim(1) / heads}}, x)
	perm := []int{1, 0, 2}
	return c.then(ir.OpTranspose, name+"."+slot, ir.PermAttrs{Perm: []int{perm[order[0]], perm[order[1]], perm[order[2]]}}, x)
}
