package onnx

import (
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// The operators below are onnxruntime's, on integers with their scales and zero points as inputs. Each is
// written as the operator on real numbers between DequantizeLinear and QuantizeLinear.

// real is (x − zero)·scale, with one scale for all.
func (n *node) real(suffix string, x, scale, zero *tensor) (*tensor, error) {
	if err := n.eachInt(x); err != nil {
		return nil, err
	}
	if err := n.floats(scale); err != nil {
		return nil, err
	}
	if scale.shape.Size() != 1 || zero != nil && zero.shape.Size() != 1 {
		return nil, n.errorf(diag.ShapeMismatch, "scale %q is %v, wanted one number", scale.name, scale.shape)
	}
	var err error
	if scale, zero, err = n.perChannel(x, scale, zero); err != nil {
		return nil, err
	}
	if x, err = n.centred(suffix+".centred", x, zero); err != nil {
		return nil, err
	}
	return n.chain(x).then(suffix+".whole", scale.elem, ir.OpCast, nil).then(suffix, scale.elem, ir.OpMul, nil, scale).end()
}

// steps is saturate(round(x/scale) + zero), of type uint8 where there is no zero point.
func (n *node) steps(x, scale, zero *tensor) (*tensor, error) {
	to := elemUint8
	if zero != nil {
		to = zero.elem
	}
	if err := n.quantised(to); err != nil {
		return nil, err
	}
	scale, zero, err := n.perChannel(x, scale, zero)
	if err != nil {
		return nil, err
	}
	return n.saturated(n.chain(x).then("scaled", x.elem, ir.OpDiv, nil, scale), "", zero, to)
}

func qLinearAdd(n *node) (*tensor, error) { return n.betweenSteps(ir.OpAdd) }

func qLinearMul(n *node) (*tensor, error) { return n.betweenSteps(ir.OpMul) }

// betweenSteps is an op of A and B.
func (n *node) betweenSteps(op ir.Op) (*tensor, error) {
	a, err := n.real("a", n.in[0], n.in[1], n.in[2])
	if err != nil {
		return nil, err
	}
	b, err := n.real("b", n.in[3], n.in[4], n.in[5])
	if err != nil {
		return nil, err
	}
	y, err := n.emit(op.String(), a.elem, op, nil, a, b)
	if err != nil {
		return nil, err
	}
	return n.steps(y, n.in[6], n.arg(7))
}

// qLinearFunction is a function of each number, with an alpha or none.
func qLinearFunction(fn ir.Fn, absent float32) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		x, err := n.real("x", n.in[0], n.in[1], n.in[2])
		if err != nil {
			return nil, err
		}
		y, err := n.emit("real", x.elem, ir.OpMap, ir.MapAttrs{Fn: fn, Alpha: n.floatAttr("alpha", absent)}, x)
		if err != nil {
			return nil, err
		}
		return n.steps(y, n.in[3], n.arg(4))
	}
}

// qLinearSoftmax is a softmax along one axis, as of operator set 13; before, it was one of all axes from there on.
func qLinearSoftmax(n *node) (*tensor, error) {
	x, err := n.real("x", n.in[0], n.in[1], n.in[2])
	if err != nil {
		return nil, err
	}
	axis := n.axis(n.intAttr("axis", -1), x.shape.Rank())
	if n.intAttr("opset", 13) < 13 && axis != x.shape.Rank()-1 {
		return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"opset\" is %d: a softmax of several axes at once", n.intAttr("opset", 13))
	}
	y, err := n.emit("real", x.elem, ir.OpSoftmax, ir.AxisAttrs{Axis: axis}, x)
	if err != nil {
		return nil, err
	}
	return n.steps(y, n.in[3], n.arg(4))
}

// qLinearConcat joins tensors of unlike scales.
func qLinearConcat(n *node) (*tensor, error) {
	if len(n.in)%3 != 2 {
		return nil, n.errorf(diag.BadNet, "has %d inputs, wanted a scale, a zero point, and three for each tensor", len(n.in))
	}
	var parts []*tensor
	for i := 2; i < len(n.in); i += 3 {
		x, err := n.real("part"+strconv.Itoa(i/3), n.in[i], n.in[i+1], n.in[i+2])
		if err != nil {
			return nil, err
		}
		parts = append(parts, x)
	}
	axis := n.axis(n.intAttr("axis", 0), parts[0].shape.Rank())
	y, err := n.emit("joined", parts[0].elem, ir.OpConcat, ir.AxisAttrs{Axis: axis}, parts...)
	if err != nil {
		return nil, err
	}
	return n.steps(y, n.in[0], n.in[1])
}

// pooledSteps is a pool between a real input and its steps.
func (n *node) pooledSteps(pool func(x *tensor) (*tensor, error)) (*tensor, error) {
	if n.intAttr("channels_last", 0) != 0 {
		return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"channels_last\" is 1, which is not supported")
	}
	x, err := n.real("x", n.in[0], n.in[1], n.in[2])
	if err != nil {
		return nil, err
	}
	y, err := pool(x)
	if err != nil {
		return nil, err
	}
	return n.steps(y, n.in[3], n.arg(4))
}

func qLinearGlobalAveragePool(n *node) (*tensor, error) {
	return n.pooledSteps(func(x *tensor) (*tensor, error) { return n.overSpatial("mean", ir.OpReduceMean, x) })
}

func qLinearAveragePool(n *node) (*tensor, error) {
	return n.pooledSteps(func(x *tensor) (*tensor, error) { return n.averaged("mean", x) })
}

// qGemm is alpha·A'·B' + C of integers, C of int32 in the scale of the product; without a scale of the
// result it is real.
func qGemm(n *node) (*tensor, error) {
	if alpha := n.floatAttr("alpha", 1); alpha != 1 || n.intAttr("transA", 0) != 0 {
		return nil, n.errorf(diag.UnsupportedAttribute, "has an alpha other than 1, or transA, which is not supported")
	}
	b, bScale, bZero := n.in[3], n.in[4], n.in[5]
	if n.intAttr("transB", 0) != 0 {
		var err error
		if b, err = n.transposedIf(b, true, "b.T"); err != nil {
			return nil, err
		}
	}
	sum, err := n.integerProduct("product", elemInt64, n.in[0], n.in[2], b, bZero)
	if err != nil {
		return nil, err
	}
	if c := n.arg(6); c != nil {
		if c, err = n.centred("c", c, nil); err != nil {
			return nil, err
		}
		if sum, err = n.emit("sum", elemInt64, ir.OpAdd, nil, sum, c); err != nil {
			return nil, err
		}
	}
	if bScale, err = n.alongAxis("b.scale", sum.shape, bScale, sum.shape.Rank()-1); err != nil {
		return nil, err
	}
	aScale := n.in[1]
	if err := n.floats(aScale, bScale); err != nil {
		return nil, err
	}
	c := n.chain(sum).then("whole", aScale.elem, ir.OpCast, nil).then("by.a", aScale.elem, ir.OpMul, nil, aScale)
	if n.arg(7) == nil {
		return c.then("", aScale.elem, ir.OpMul, nil, bScale).end()
	}
	y, err := c.then("real", aScale.elem, ir.OpMul, nil, bScale).end()
	if err != nil {
		return nil, err
	}
	return n.steps(y, n.in[7], n.arg(8))
}
