package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// gatherND picks the entries that a constant index lists by their first axes, behind
// those of a batch; these axes become one.
func gatherND(n *node) (*tensor, error) {
	x, index := n.in[0], n.in[1]
	batch := n.intAttr("batch_dims", 0)
	if n.err != nil {
		return nil, n.err
	}
	rank := index.shape.Rank()
	if index.empty || x.empty || batch < 0 || batch >= int64(min(rank, x.shape.Rank())) {
		return nil, n.errorf(diag.ShapeMismatch, "index is %v for %v", index.shape, x.shape)
	}
	b := int(batch)
	for i := range b {
		if x.shape.Dim(i) != 1 || index.shape.Dim(i) != 1 {
			return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"batch_dims\" is %d for a batch of more than 1, which is not supported", batch)
		}
	}
	// The axes of the batch have an extent of 1: the index is as one without them.
	rest := *index
	rest.shape = ir.ShapeOf(index.shape.Dims()[b:]...)
	inner := *x
	inner.shape = ir.ShapeOf(x.shape.Dims()[b:]...)
	places, axes, err := n.places(&inner, &rest)
	if err != nil {
		return nil, err
	}
	joined := append(x.shape.Dims()[:b:b], ir.ShapeOf(inner.shape.Dims()[:axes]...).Size())
	rows, err := n.reshaped("rows", x, append(joined, inner.shape.Dims()[axes:]...))
	if err != nil {
		return nil, err
	}
	at := &ir.Tensor{Type: elemInt64.of(ir.ShapeOf(rest.shape.Dims()[:rest.shape.Rank()-1]...)), I: places}
	return n.emit("", x.elem, ir.OpGather, ir.AxisAttrs{Axis: b}, rows, known(n.name("places"), elemInt64, n.at, at))
}

// gatherElements picks, for each place of a constant index, the element of x that
// lies there but for its place along an axis, which the index says. Axes of extent
// 1 in front stay, for one may be the batch.
func gatherElements(n *node) (*tensor, error) {
	x, index := n.in[0], n.in[1]
	places, _, err := n.elementPlaces(x, index)
	if err != nil {
		return nil, err
	}
	front := 0
	for front < index.shape.Rank() && x.shape.Dim(front) == 1 && index.shape.Dim(front) == 1 {
		front++
	}
	ones := x.shape.Dims()[:front:front]
	flat, err := n.reshaped("flat", x, append(ones, x.shape.Size()))
	if err != nil {
		return nil, err
	}
	y, err := n.emit("picked", x.elem, ir.OpGather, ir.AxisAttrs{Axis: front}, flat, knownInts(n.name("places"), n.at, places))
	if err != nil {
		return nil, err
	}
	return n.reshaped("", y, index.shape.Dims())
}
