package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// quantizeLinear is saturate(round(x / scale) + zero point), halves to even.
func quantizeLinear(n *node) (*tensor, error) {
	x, scale, zero := n.in[0], n.in[1], n.arg(2)
	to := elem(min(max(n.intAttr("output_dtype", 0), 0), 1<<20))
	switch {
	case zero != nil && to != 0 && to != zero.elem:
		return nil, n.errorf(diag.BadAttribute, "attribute \"output_dtype\" is %v, but the zero point %v", to, zero.elem)
	case zero != nil:
		to = zero.elem
	case to == 0:
		to = elemUint8
	}
	if err := n.quantised(to); err != nil {
		return nil, err
	}
	if p := n.intAttr("precision", 0); p != 0 && p != int64(elemFloat) {
		return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"precision\" is %v, wanted float", elem(p))
	}
	scale, zero, err := n.perChannel(x, scale, zero)
	if err != nil {
		return nil, err
	}
	if x.elem.isInt() {
		if x, err = n.emit("real", scale.elem, ir.OpCast, nil, x); err != nil {
			return nil, err
		}
	}
	if err := n.floats(x, scale); err != nil {
		return nil, err
	}
	c := n.chain(x).then("scaled", x.elem, ir.OpDiv, nil, scale)
	return n.saturated(c, "", zero, to)
}

// quantised demands a type of 8 or 16 bits.
func (n *node) quantised(types ...elem) error {
	for _, e := range types {
		if !e.isInt() || e.row().typ.Bits > 16 {
			return n.errorf(diag.UnsupportedType, "quantises to %v, wanted integers of 8 or 16 bits", e)
		}
	}
	if n.err == nil && n.intAttr("block_size", 0) != 0 {
		return n.errorf(diag.UnsupportedAttribute, "attribute \"block_size\" is %d, which is not supported", n.intAttr("block_size", 0))
	}
	return n.err
}

// saturated rounds a real, adds the zero point, cuts it to an integer type and casts it.
func (n *node) saturated(c *chain, suffix string, zero *tensor, to elem) (*tensor, error) {
	at := func(s string) string { return suffix + suffixIf(suffix != "", ".") + s }
	if c.err != nil {
		return nil, c.err
	}
	real := c.y.elem
	c.then(at("rounded"), real, ir.OpMap, ir.MapAttrs{Fn: ir.FnRound})
	if zero != nil && c.err == nil {
		shift, err := n.emit(at("zero"), real, ir.OpCast, nil, zero)
		if err != nil {
			return nil, err
		}
		c.then(at("shifted"), real, ir.OpAdd, nil, shift)
	}
	full := to.row().typ.Full()
	c.then(at("above"), real, ir.OpMax, nil, n.number(at("least"), real, float64(full.Lo)))
	c.then(at("below"), real, ir.OpMin, nil, n.number(at("most"), real, float64(full.Hi)))
	return c.then(suffix, to, ir.OpCast, nil).end()
}

// perChannel shapes a scale and a zero point of one axis so that they stretch to x.
func (n *node) perChannel(x, scale, zero *tensor) (s, z *tensor, err error) {
	if scale.elem.isInt() {
		return nil, nil, n.errorf(diag.TypeMismatch, "scale %q is %v, wanted float", scale.name, scale.elem)
	}
	if zero != nil && zero.shape.Size() != scale.shape.Size() {
		return nil, nil, n.errorf(diag.ShapeMismatch, "scale is %v, but the zero point %v", scale.shape, zero.shape)
	}
	axis := 0
	if scale.shape.Size() > 1 {
		axis = n.axis(n.intAttr("axis", 1), x.shape.Rank())
	}
	if n.err != nil {
		return nil, nil, n.err
	}
	if s, err = n.alongAxis("scale", x.shape, scale, axis); err != nil || zero == nil {
		return s, nil, err
	}
	z, err = n.alongAxis("zero.point", x.shape, zero, axis)
	return s, z, err
}

// alongAxis makes a list of numbers one that stretches to a shape, its entries along an axis.
func (n *node) alongAxis(suffix string, to ir.Shape, list *tensor, axis int) (*tensor, error) {
	var dims []int
	switch {
	case list.shape.Rank() == 0:
		return list, nil
	case list.shape.Rank() > 1 || list.shape.Size() > 1 && list.shape.Size() != to.Dim(axis):
		return nil, n.errorf(diag.ShapeMismatch, "%q is %v, wanted one number, or one for each entry of axis %d of %v", list.name, list.shape, axis, to)
	case list.shape.Size() > 1:
		for range to.Rank() - axis {
			dims = append(dims, 1)
		}
		dims[0] = list.shape.Size()
	}
	return n.reshaped(suffix, list, dims)
}

// dequantizeLinear is (x − zero point)·scale.
func dequantizeLinear(n *node) (*tensor, error) {
	x := n.in[0]
	if !x.elem.isInt() {
		return nil, n.errorf(diag.UnsupportedType, "input %q is %v, wanted integers", x.name, x.elem)
	}
	if err := n.quantised(); err != nil {
		return nil, err
	}
	scale, zero, err := n.perChannel(x, n.in[1], n.arg(2))
	if err != nil {
		return nil, err
	}
	if x, err = n.centred("centred", x, zero); err != nil {
		return nil, err
	}
	y, err := n.chain(x).then("real", scale.elem, ir.OpCast, nil).then("", scale.elem, ir.OpMul, nil, scale).end()
	to := n.intAttr("output_dtype", 0)
	if err != nil || to == 0 {
		return y, err
	}
	if !elem(min(max(to, 0), 1<<20)).isReal() {
		return nil, n.errorf(diag.BadAttribute, "attribute \"output_dtype\" is %v, wanted a floating-point type", elem(min(max(to, 0), 1<<20)))
	}
	return n.castTo(y, elem(to))
}

// centred is x − zero as int64; zero may be absent, and stretches to x.
func (n *node) centred(suffix string, x, zero *tensor) (*tensor, error) {
	var err error
	if x.elem != elemInt64 {
		if x, err = n.emit(suffix+".wide", elemInt64, ir.OpCast, nil, x); err != nil {
			return nil, err
		}
	}
	if zero == nil {
		return x, nil
	}
	if zero, err = n.emit(suffix+".zero", elemInt64, ir.OpCast, nil, zero); err != nil {
		return nil, err
	}
	return n.emit(suffix, elemInt64, ir.OpSub, nil, x, zero)
}

// convInteger convolves integers around their zero points to int32.
func convInteger(n *node) (*tensor, error) {
	return n.integerConv("", elemInt32, n.in[0], n.arg(2), n.in[1], n.arg(3), nil)
}

func (n *node) integerConv(suffix string, e elem, x, xZero, w, wZero, bias *tensor) (*tensor, error) {
	if err := n.eachInt(x, w); err != nil {
		return nil, err
	}
	var err error
	if wZero != nil {
		if wZero, err = n.alongAxis("w.zero.point", w.shape, wZero, 0); err != nil {
			return nil, err
		}
	}
	if xZero != nil {
		if xZero, err = n.alongAxis("x.zero.point", x.shape, xZero, 0); err != nil {
			return nil, err
		}
	}
	if x, err = n.centred("x", x, xZero); err != nil {
		return nil, err
	}
	if w, err = n.centred("w", w, wZero); err != nil {
		return nil, err
	}
	return n.convolve(suffix, e, x, w, bias)
}

func (n *node) eachInt(inputs ...*tensor) error {
	for _, t := range inputs {
		if !t.elem.isInt() {
			return n.errorf(diag.TypeMismatch, "input %q is %v, wanted integers", t.name, t.elem)
		}
	}
	return nil
}

// matMulInteger multiplies integers around their zero points to int32.
func matMulInteger(n *node) (*tensor, error) {
	return n.integerProduct("", elemInt32, n.in[0], n.arg(2), n.in[1], n.arg(3))
}

// integerProduct takes zero points for all of a matrix, or for each row of a and column of b.
func (n *node) integerProduct(suffix string, e elem, a, aZero, b, bZero *tensor) (*tensor, error) {
	if err := n.eachInt(a, b); err != nil {
		return nil, err
	}
	if a.shape.Rank() < 2 || b.shape.Rank() < 2 {
		return nil, n.errorf(diag.ShapeMismatch, "multiplies %v and %v, wanted matrices", a.shape, b.shape)
	}
	var err error
	if aZero != nil && aZero.shape.Rank() < 2 {
		if aZero, err = n.alongAxis("a.zero.point", a.shape, aZero, a.shape.Rank()-2); err != nil {
			return nil, err
		}
	}
	if bZero != nil && bZero.shape.Rank() < 2 {
		if bZero, err = n.alongAxis("b.zero.point", b.shape, bZero, b.shape.Rank()-1); err != nil {
			return nil, err
		}
	}
	if a, err = n.centred("a", a, aZero); err != nil {
		return nil, err
	}
	if b, err = n.centred("b", b, bZero); err != nil {
		return nil, err
	}
	return n.emit(suffix, e, ir.OpMatmul, nil, a, b)
}

// qLinearConv is the integer convolution, times x_scale and w_scale over y_scale, and quantised again.
func qLinearConv(n *node) (*tensor, error) {
	var bias *tensor
	if b := n.arg(8); b != nil {
		if err := n.eachInt(b); err != nil {
			return nil, err
		}
		var err error
		if bias, err = n.centred("bias", b, nil); err != nil {
			return nil, err
		}
	}
	sum, err := n.integerConv("sum", elemInt64, n.in[0], n.in[2], n.in[3], n.in[5], bias)
	if err != nil {
		return nil, err
	}
	w, err := n.alongAxis("w.scale", sum.shape, n.in[4], 1)
	if err != nil {
		return nil, err
	}
	if n.in[6].shape.Size() != 1 {
		return nil, n.errorf(diag.ShapeMismatch, "scale %q is %v, wanted one number", n.in[6].name, n.in[6].shape)
	}
	return n.requantised(sum, n.in[1], w, 1)
}

// qLinearMatMul is the same for a product of matrices. To int8 it is refused:
// the operator's text saturates there, its tests wrap around.
func qLinearMatMul(n *node) (*tensor, error) {
	if n.in[7].elem == elemInt8 {
		return nil, n.errorf(diag.UnsupportedType, "quantises a product to int8, for which ONNX's text and tests differ; wanted uint8").
			WithHelp("quantise activations to uint8, or export QuantizeLinear and DequantizeLinear pairs")
	}
	sum, err := n.integerProduct("sum", elemInt64, n.in[0], n.in[2], n.in[3], n.in[5])
	if err != nil {
		return nil, err
	}
	a, err := n.alongAxis("a.scale", sum.shape, n.in[1], sum.shape.Rank()-2)
	if err != nil {
		return nil, err
	}
	b, err := n.alongAxis("b.scale", sum.shape, n.in[4], sum.shape.Rank()-1)
	if err != nil {
		return nil, err
	}
	return n.requantised(sum, a, b, sum.shape.Rank()-2)
}

// requantised is saturate(round(sum·a·b/y) + zero point), with the y and the zero point of inputs 7 and
// 8: one for all, or for each entry of an axis. The scales are not multiplied here, which would round
// them: passes compute with them exactly.
func (n *node) requantised(sum, a, b *tensor, axis int) (*tensor, error) {
	y, zero := n.in[6], n.in[7]
	if err := n.floats(a, b, y); err != nil {
		return nil, err
	}
	if err := n.quantised(zero.elem); err != nil {
		return nil, err
	}
	var err error
	if y, err = n.alongAxis("y.scale", sum.shape, y, axis); err != nil {
		return nil, err
	}
	if zero, err = n.alongAxis("y.zero.point", sum.shape, zero, axis); err != nil {
		return nil, err
	}
	c := n.chain(sum).then("whole", a.elem, ir.OpCast, nil).then("by.a", a.elem, ir.OpMul, nil, a).
		then("real", a.elem, ir.OpMul, nil, b).then("scaled", a.elem, ir.OpDiv, nil, y)
	return n.saturated(c, "", zero, zero.elem)
}

// dynamicQuantizeLinear takes scale and zero point from the range of x and 0.
func dynamicQuantizeLinear(n *node) ([]*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	var over ir.ReduceAttrs
	for i := range x.shape.Rank() {
		over.Axes = append(over.Axes, i)
	}
	e, nought := x.elem, n.number("nought", x.elem, 0)
	most, err := n.chain(x).then("largest", e, ir.OpReduceMax, over).then("most", e, ir.OpMax, nil, nought).end()
	if err != nil {
		return nil, err
	}
	least, err := n.chain(x).then("smallest", e, ir.OpReduceMin, over).then("least", e, ir.OpMin, nil, nought).end()
	if err != nil {
		return nil, err
	}
	scale, err := n.rangeScale(most, least)
	if err != nil {
		return nil, err
	}
	c := n.chain(nought).then("below.zero", e, ir.OpSub, nil, least).then("steps", e, ir.OpDiv, nil, scale)
	zero, err := n.saturated(c, "point", nil, elemUint8)
	if err != nil {
		return nil, err
	}
	y, err := n.saturated(n.chain(x).then("scaled", e, ir.OpDiv, nil, scale), "", zero, elemUint8)
	return []*tensor{y, scale, zero}, err
}

// rangeScale is (most − least)/255, or 1/255 when they are equal.
func (n *node) rangeScale(most, least *tensor) (*tensor, error) {
	e := most.elem
	same, err := n.emit("flat", elemBool, ir.OpCompare, ir.CompareAttrs{Is: ir.EQ}, most, least)
	if err != nil {
		return nil, err
	}
	width, err := n.emit("width", e, ir.OpSub, nil, most, least)
	if err != nil {
		return nil, err
	}
	return n.chain(same).then("span", e, ir.OpWhere, nil, n.number("one", e, 1), width).
		then("scale", e, ir.OpDiv, nil, n.number("levels", e, 255)).end()
}
