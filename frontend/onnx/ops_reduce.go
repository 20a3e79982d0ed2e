package onnx

import (
	"nomul/ir"
)

// reduceSum takes its axes as an input from opset 13 on, reduceMean from 18 on.
func reduceSum(n *node) (*tensor, error) {
	if err := n.numbers(n.in[0]); err != nil {
		return nil, err
	}
	return n.reduce(ir.OpReduceSum, 13)
}

func reduceMean(n *node) (*tensor, error) {
	if err := n.floats(n.in[0]); err != nil {
		return nil, err
	}
	return n.reduce(ir.OpReduceMean, 18)
}

func (n *node) reduce(op ir.Op, inputSince int) (*tensor, error) {
	x := n.in[0]
	rank := x.shape.Rank()
	list, _ := n.axesList(inputSince)
	axes := n.axes(list, rank)
	if len(axes) == 0 {
		if n.intAttr("noop_with_empty_axes", 0) != 0 {
			return x, nil
		}
		for i := range rank {
			axes = append(axes, i)
		}
	}
	return n.emit("", x.elem, op, ir.ReduceAttrs{Axes: axes, Keep: n.intAttr("keepdims", 1) != 0}, x)
}
