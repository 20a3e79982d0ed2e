package onnx

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// mapped is the row of an operator that is a function of one real number.
func mapped(fn ir.Fn) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		if err := n.floats(n.in[0]); err != nil {
			return nil, err
		}
		return n.emit("", n.in[0].elem, ir.OpMap, ir.MapAttrs{Fn: fn}, n.in[0])
	}
}

// sloped is mapped for a function with an alpha.
func sloped(fn ir.Fn, absent float32) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		if err := n.floats(n.in[0]); err != nil {
			return nil, err
		}
		return n.emit("", n.in[0].elem, ir.OpMap, ir.MapAttrs{Fn: fn, Alpha: n.floatAttr("alpha", absent)}, n.in[0])
	}
}

// positive is the row of a function that integers have too.
func positive(fn ir.Fn) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		if err := n.numbers(n.in[0]); err != nil {
			return nil, err
		}
		return n.emit("", n.in[0].elem, ir.OpMap, ir.MapAttrs{Fn: fn}, n.in[0])
	}
}

// sign of integers is the difference of two comparisons.
func sign(n *node) (*tensor, error) {
	x := n.in[0]
	if x.elem.isReal() {
		return mapped(ir.FnSign)(n)
	}
	if err := n.numbers(x); err != nil {
		return nil, err
	}
	zero := n.number("zero", x.elem, 0)
	above, err := n.chain(x).then("above", elemBool, ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, zero).
		then("plus", x.elem, ir.OpCast, nil).end()
	if err != nil {
		return nil, err
	}
	below, err := n.chain(x).then("below", elemBool, ir.OpCompare, ir.CompareAttrs{Is: ir.LT}, zero).
		then("minus", x.elem, ir.OpCast, nil).end()
	if err != nil {
		return nil, err
	}
	return n.emit("", x.elem, ir.OpSub, nil, above, below)
}

// clip has its bounds in attributes before opset 11, and cuts at the lower one first.
func clip(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.numbers(x); err != nil {
		return nil, err
	}
	lo, err := n.bound(1, "min", -math.MaxFloat32)
	if err != nil {
		return nil, err
	}
	hi, err := n.bound(2, "max", math.MaxFloat32)
	if err != nil {
		return nil, err
	}
	c := n.chain(x)
	if lo != nil {
		c.then(suffixIf(hi != nil, "above"), x.elem, ir.OpMax, nil, lo)
	}
	if hi != nil {
		c.then("", x.elem, ir.OpMin, nil, hi)
	}
	return c.end()
}

// bound is one bound of a Clip, or nil. An attribute that has its default bounds nothing.
func (n *node) bound(i int, attr string, absent float32) (*tensor, error) {
	x, b := n.in[0], n.arg(i)
	if n.opset < 11 {
		f := n.floatAttr(attr, absent)
		if f == float64(absent) {
			return nil, n.err
		}
		return n.number(attr, x.elem, f), n.err
	}
	switch {
	case n.has(attr):
		return nil, n.errorf(diag.BadAttribute, "has %q as an attribute, which opset %d does not know", attr, n.opset)
	case b == nil:
		return nil, nil
	case b.shape.Size() != 1 || b.empty:
		return nil, n.errorf(diag.ShapeMismatch, "bound %q has shape %v, wanted a scalar", b.name, b.shape)
	case b.elem != x.elem:
		return nil, n.sameElem(x, b)
	case b.shape.Rank() == 0:
		return b, nil
	}
	return n.reshaped(attr, b, nil)
}

// softmax works along one axis since opset 13; before, all axes from it on are one.
func softmax(n *node) (*tensor, error) {
	return n.normalised(func(suffix string, x *tensor, axis int) (*tensor, error) {
		return n.emit(suffix, x.elem, ir.OpSoftmax, ir.AxisAttrs{Axis: axis}, x)
	})
}

// logSoftmax is x − max − log Σ exp(x − max), which loses nothing to the logarithm of a small number.
func logSoftmax(n *node) (*tensor, error) {
	return n.normalised(func(suffix string, x *tensor, axis int) (*tensor, error) {
		over := ir.ReduceAttrs{Axes: []int{axis}, Keep: true}
		most, err := n.emit("max", x.elem, ir.OpReduceMax, over, x)
		if err != nil {
			return nil, err
		}
		below, err := n.emit("below", x.elem, ir.OpSub, nil, x, most)
		if err != nil {
			return nil, err
		}
		log, err := n.chain(below).then("exp", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnExp}).
			then("sum", x.elem, ir.OpReduceSum, over).
			then("log", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnLog}).end()
		if err != nil {
			return nil, err
		}
		return n.emit(suffix, x.elem, ir.OpSub, nil, below, log)
	})
}

// normalised applies f along the axis that the opset means.
func (n *node) normalised(f func(suffix string, x *tensor, axis int) (*tensor, error)) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	if n.opset >= 13 {
		axis := n.axis(n.intAttr("axis", -1), x.shape.Rank())
		if n.err != nil {
			return nil, n.err
		}
		return f("", x, axis)
	}
	axis := n.axis(n.intAttr("axis", 1), x.shape.Rank())
	if n.err != nil {
		return nil, n.err
	}
	if axis == x.shape.Rank()-1 {
		return f("", x, axis)
	}
	flat, err := n.reshaped("flat", x, matrix(x.shape, axis))
	if err != nil {
		return nil, err
	}
	y, err := f("rows", flat, 1)
	if err != nil {
		return nil, err
	}
	return n.reshaped("", y, x.shape.Dims())
}

// matrix is a shape with the axes before one joined, and those from it on.
func matrix(s ir.Shape, axis int) []int {
	outer, inner := 1, 1
	for i, d := range s.Dims() {
		if i < axis {
			outer *= d
		} else {
			inner *= d
		}
	}
	return []int{outer, inner}
}
