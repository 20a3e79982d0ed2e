package onnx

import (
	"errors"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// opening is an axis of inputs that the file leaves open. It is taken for the
// batch, and has an extent of 1, until a node tells its entries from one another:
// then they are time steps or data, and how many there are must be said.
type opening struct {
	input  string
	symbol string
	shape  string // of the input, as the file writes it
	axis   int
	told   bool
}

// errTold is the error of a node whose fault is reported already.
var errTold = errors.New("reported already")

// openAxes is the axis map of an op, where an operand has an open axis; else nil.
func openAxes(op ir.Op, attrs ir.Attrs, args []*tensor) ir.Axes {
	shapes, open := make([]ir.Shape, len(args)), false
	for i, x := range args {
		if x != nil {
			shapes[i], open = x.shape, open || x.open != nil
		}
	}
	if !open {
		return nil
	}
	return op.Axes(attrs, shapes)
}

// checkOpen reports a node that works along an axis which the file leaves open. A reduction over
// all axes is not counted, as its result is one number for all.
func (n *node) checkOpen(op ir.Op, attrs ir.Attrs, axes ir.Axes, args []*tensor) error {
	if c := op.Class(); axes == nil || c == ir.Element || c == ir.Move && op != ir.OpSlice || op == ir.OpScatter {
		return nil
	}
	for i, x := range args {
		if x == nil || x.open == nil || axes.To(i, x.openAt) >= 0 {
			continue
		}
		if a, ok := attrs.(ir.ReduceAttrs); !ok || len(a.Axes) < x.shape.Rank() {
			return n.apart(x.open)
		}
	}
	return nil
}

// follow notes which axis of a result is an open one; stretched, its entries are one.
func follow(y *tensor, axes ir.Axes, args []*tensor) {
	for i, x := range args {
		if axes == nil || x == nil || x.open == nil || y.open != nil {
			continue
		}
		if at := axes.To(i, x.openAt); at >= 0 && y.shape.Dim(at) == x.shape.Dim(x.openAt) {
			y.open, y.openAt = x.open, at
		}
	}
}

// apart reports, once, that the node works along an axis that the file leaves open.
func (n *node) apart(o *opening) error {
	if o.told {
		return errTold
	}
	o.told = true
	return n.errorf(diag.NoBatch, "works along axis %d of input %q, which the file leaves open (%s): it is not the batch, and its extent is not known", o.axis, o.input, o.shape).
		WithHelp("say the extents: --input-shape %s=%s with numbers for the open ones", o.input, o.shape[1:len(o.shape)-1])
}

// alongOpen reports a node that works along an axis of x which the file leaves open.
func (n *node) alongOpen(x *tensor, axis int) error {
	if x.open == nil || x.openAt != axis {
		return nil
	}
	return n.apart(x.open)
}

// opened says where the open axis of x is in a result, when the node knows it.
func opened(y, x *tensor, at int) {
	if y != nil && x.open != nil {
		y.open, y.openAt = x.open, at
	}
}

// counted says which elements of known integers are extents of an open axis, or
// computed from one: 1 where that is so.
type counted struct {
	of   *opening
	mask *tensor
}

// countsOf notes which of the extents that a Shape gives is that of an open axis.
func (n *node) countsOf(y, x *tensor, start int) {
	if x.open == nil || y.data == nil || x.openAt < start || x.openAt >= start+len(y.data.I) {
		return
	}
	mask := ir.NewTensor(y.data.Type)
	mask.I[x.openAt-start] = 1
	y.counts = &counted{x.open, known(y.name, y.elem, n.at, mask)}
}

// followCounts notes which elements of a result that is worked out here come from
// extents of an open axis: an op that moves elements moves the marks alike, others
// mark all.
func (n *node) followCounts(y *tensor, op ir.Op, attrs ir.Attrs, args []*tensor) error {
	if !slices.ContainsFunc(args, func(t *tensor) bool { return t.counts != nil }) {
		return nil
	}
	var of *opening
	marks := slices.Clone(args)
	for i, t := range args {
		switch {
		case t.counts != nil:
			of, marks[i] = t.counts.of, t.counts.mask
		case !n.row.moves || op != ir.OpGather || i == 0:
			marks[i] = known(t.name, t.elem, n.at, ir.NewTensor(t.data.Type))
		}
	}
	if n.row.moves {
		mask, err := n.fold(y.name, y.elem, op, attrs, marks)
		y.counts = &counted{of, mask}
		return err
	}
	all := ir.NewTensor(y.data.Type)
	for i := range all.I {
		all.I[i] = 1
	}
	y.counts = &counted{of, known(y.name, y.elem, n.at, all)}
	return nil
}

// notCounted reports a loop that makes as many turns as an open axis is long.
func (n *node) notCounted(t *tensor) error {
	if t.counts == nil || !slices.Contains(t.counts.mask.data.I, 1) {
		return nil
	}
	return n.apart(t.counts.of)
}
