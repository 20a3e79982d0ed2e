package onnx

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// batchNormalization in evaluation mode: axis 1 is the channel.
func batchNormalization(n *node) (*tensor, error) {
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	eps := n.floatAttr("epsilon", 1e-5)
	training := n.intAttr("training_mode", 0) != 0 || n.opset < 7 && n.intAttr("is_test", 0) == 0
	for i, name := range n.pb.Output {
		training = training || i > 0 && name != ""
	}
	switch {
	case n.err != nil:
		return nil, n.err
	case training:
		return nil, n.errorf(diag.UnsupportedAttribute, "normalises by the mean and variance of its batch, as in training, wanted a model in evaluation mode").
			WithHelp("call model.eval() before the export")
	case n.intAttr("spatial", 1) != 1:
		return nil, n.errorf(diag.UnsupportedAttribute, "normalises every position by itself (spatial=0), which is not supported")
	}
	if variance := n.in[4].data; variance != nil {
		for i, v := range variance.F {
			if v+eps <= 0 {
				return nil, n.errorf(diag.BadConstant, "variance %q is %v for channel %d", n.in[4].name, v, i)
			}
		}
	}
	return n.emit("", n.in[0].elem, ir.OpBatchNorm, ir.BatchNormAttrs{Axis: 1, Eps: eps}, n.in...)
}

// standardised is (x − mean)/√(variance + eps) over axes, with the mean and
// 1/√(variance + eps).
func (n *node) standardised(x *tensor, axes []int, eps float64) (y, mean, inverse *tensor, err error) {
	over, e := ir.ReduceAttrs{Axes: axes, Keep: true}, x.elem
	if mean, err = n.emit("mean", e, ir.OpReduceMean, over, x); err != nil {
		return nil, nil, nil, err
	}
	away, err := n.emit("centred", e, ir.OpSub, nil, x, mean)
	if err != nil {
		return nil, nil, nil, err
	}
	inverse, err = n.chain(away).then("squares", e, ir.OpMul, nil, away).then("variance", e, ir.OpReduceMean, over).
		then("floored", e, ir.OpAdd, nil, n.number("eps", e, eps)).
		then("deviation", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnSqrt}).
		then("inverse", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnReciprocal}).end()
	if err != nil {
		return nil, nil, nil, err
	}
	y, err = n.emit("standard", e, ir.OpMul, nil, away, inverse)
	return y, mean, inverse, err
}

// affine is y·scale + bias, the bias optional.
func (n *node) affine(suffix string, y, scale, bias *tensor) (*tensor, error) {
	c := n.chain(y).then(suffixOr(bias == nil, suffix, "scaled"), y.elem, ir.OpMul, nil, scale)
	if bias != nil {
		c.then(suffix, y.elem, ir.OpAdd, nil, bias)
	}
	return c.end()
}

// instanceNormalization normalises each channel over the axes behind it.
func instanceNormalization(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	if x.shape.Rank() < 3 {
		return nil, n.errorf(diag.ShapeMismatch, "normalises %v, wanted a batch, channels and more", x.shape)
	}
	y, _, _, err := n.standardised(x, axesFrom(2, x.shape.Rank()), n.floatAttr("epsilon", 1e-5))
	if err != nil {
		return nil, err
	}
	return n.perChannelAffine("", y, x.shape, n.in[1], n.in[2])
}

// perChannelAffine multiplies and adds one number for each entry of axis 1.
func (n *node) perChannelAffine(suffix string, y *tensor, shape ir.Shape, scale, bias *tensor) (*tensor, error) {
	scale, err := n.alongAxis("scale", shape, scale, 1)
	if err != nil {
		return nil, err
	}
	if bias, err = n.alongAxis("bias", shape, bias, 1); err != nil {
		return nil, err
	}
	return n.affine(suffix, y, scale, bias)
}

func axesFrom(first, rank int) []int {
	var out []int
	for i := first; i < rank; i++ {
		out = append(out, i)
	}
	return out
}

// groupNormalization normalises groups of channels together. Opset 18 has a scale
// for each group, later ones for each channel.
func groupNormalization(n *node) (*tensor, error) {
	x, groups := n.in[0], n.intAttr("num_groups", 0)
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	if n.err == nil && (x.shape.Rank() < 3 || groups < 1 || int64(x.shape.Dim(1))%groups != 0) {
		return nil, n.errorf(diag.ShapeMismatch, "normalises %v in %d groups of channels", x.shape, groups)
	}
	if n.err != nil {
		return nil, n.err
	}
	dims := x.shape.Dims()
	apart, err := n.reshaped("groups", x, []int{dims[0], int(groups), x.shape.Size() / dims[0] / int(groups)})
	if err != nil {
		return nil, err
	}
	y, _, _, err := n.standardised(apart, []int{2}, n.floatAttr("epsilon", 1e-5))
	if err != nil {
		return nil, err
	}
	if n.opset < 21 {
		if y, err = n.perChannelAffine("shifted", y, apart.shape, n.in[1], n.in[2]); err != nil {
			return nil, err
		}
		return n.reshaped("", y, dims)
	}
	if y, err = n.reshaped("joined", y, dims); err != nil {
		return nil, err
	}
	return n.perChannelAffine("", y, x.shape, n.in[1], n.in[2])
}

// layerNormalization normalises over the axes from one on, and may give the mean
// and the inverse deviation too.
func layerNormalization(n *node) ([]*tensor, error) {
	x := n.in[0]
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	axes := axesFrom(n.axis(n.intAttr("axis", -1), x.shape.Rank()), x.shape.Rank())
	eps := n.floatAttr("epsilon", 1e-5)
	if n.err != nil {
		return nil, n.err
	}
	y, mean, inverse, err := n.standardised(x, axes, eps)
	if err != nil {
		return nil, err
	}
	for _, t := range n.in[1:] {
		if t != nil && !t.shape.BroadcastsTo(x.shape) {
			return nil, n.errorf(diag.ShapeMismatch, "%q is %v, which does not stretch to %v", t.name, t.shape, x.shape)
		}
	}
	if y, err = n.affine("", y, n.in[1], n.arg(2)); err != nil {
		return nil, err
	}
	return []*tensor{y, mean, inverse}[:min(3, len(n.pb.Output))], nil
}

// reduced is the row of a reduction that is none of the IR's: a function of each
// element, a sum, and a function of that.
func reduced(before func(*node, *tensor) (*tensor, error), after ir.Fn) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		x := n.in[0]
		if err := n.numbers(x); err != nil {
			return nil, err
		}
		if x.elem.isInt() && after != 0 {
			return nil, n.errorf(diag.TypeMismatch, "input %q is %v, wanted float", x.name, x.elem)
		}
		y, err := before(n, x)
		if err != nil {
			return nil, err
		}
		list, _ := n.axesList(18)
		axes := n.axes(list, x.shape.Rank())
		if len(axes) == 0 && n.intAttr("noop_with_empty_axes", 0) == 0 {
			axes = axesFrom(0, x.shape.Rank())
		}
		c := n.chain(y).then(suffixIf(after != 0, "sum"), x.elem, ir.OpReduceSum, ir.ReduceAttrs{Axes: axes, Keep: n.intAttr("keepdims", 1) != 0})
		if after != 0 {
			c.then("", x.elem, ir.OpMap, ir.MapAttrs{Fn: after})
		}
		return c.end()
	}
}

func itself(_ *node, x *tensor) (*tensor, error) { return x, nil }

func magnitude(n *node, x *tensor) (*tensor, error) {
	return n.emit("abs", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnAbs}, x)
}

func squared(n *node, x *tensor) (*tensor, error) {
	return n.emit("square", x.elem, ir.OpMul, nil, x, x)
}

// logSumExp is max + log Σ exp(x − max), which no exponential leaves.
func logSumExp(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	list, _ := n.axesList(18)
	axes, e := n.axes(list, x.shape.Rank()), x.elem
	if len(axes) == 0 && n.intAttr("noop_with_empty_axes", 0) == 0 {
		axes = axesFrom(0, x.shape.Rank())
	}
	over := ir.ReduceAttrs{Axes: axes, Keep: true}
	most, err := n.emit("max", e, ir.OpReduceMax, over, x)
	if err != nil {
		return nil, err
	}
	y, err := n.chain(x).then("below", e, ir.OpSub, nil, most).then("exp", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnExp}).
		then("sum", e, ir.OpReduceSum, over).then("log", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnLog}).
		then("kept", e, ir.OpAdd, nil, most).end()
	if err != nil {
		return nil, err
	}
	var dims []int
	for i, d := range y.shape.Dims() {
		if n.intAttr("keepdims", 1) != 0 || !slices.Contains(axes, i) {
			dims = append(dims, d)
		}
	}
	return n.reshaped("", y, dims)
}
