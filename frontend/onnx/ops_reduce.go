package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
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

func reduceMax(n *node) (*tensor, error) { return n.reduce(ir.OpReduceMax, 18) }
func reduceMin(n *node) (*tensor, error) { return n.reduce(ir.OpReduceMin, 18) }

func reduceProd(n *node) (*tensor, error) {
	if err := n.numbers(n.in[0]); err != nil {
		return nil, err
	}
	return n.reduce(ir.OpReduceProd, 18)
}

// arg is the row of ArgMax or ArgMin.
func arg(op ir.Op) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		x := n.in[0]
		if err := n.numbers(x); err != nil {
			return nil, err
		}
		a := ir.ArgAttrs{
			Axis: n.axis(n.intAttr("axis", 0), x.shape.Rank()),
			Keep: n.intAttr("keepdims", 1) != 0, Last: n.intAttr("select_last_index", 0) != 0,
		}
		return n.emit("", elemInt64, op, a, x)
	}
}

// global is the row of a pool over all axes behind the channel.
func global(op ir.Op) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		if err := n.floats(n.in[0]); err != nil {
			return nil, err
		}
		return n.overSpatial("", op, n.in[0])
	}
}

// overSpatial reduces all axes behind the channels, which stay with extent 1.
func (n *node) overSpatial(suffix string, op ir.Op, x *tensor) (*tensor, error) {
	if x.shape.Rank() < 3 {
		return nil, n.errorf(diag.ShapeMismatch, "pools %v, wanted a batch, channels and more", x.shape)
	}
	a := ir.ReduceAttrs{Keep: true}
	for i := 2; i < x.shape.Rank(); i++ {
		a.Axes = append(a.Axes, i)
	}
	return n.emit(suffix, x.elem, op, a, x)
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
