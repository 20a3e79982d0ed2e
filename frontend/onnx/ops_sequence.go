package onnx

import (
	"slices"
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// A sequence is a list of tensors. Its length is known, so it needs no value: the
// tensor that stands for it holds its parts, and operators pass them on.

// sequence makes a result of parts.
func (n *node) sequence(parts []*tensor) (*tensor, error) {
	if len(parts) > n.imp.room {
		return nil, n.errorf(diag.UnsupportedAttribute, "comes to longer sequences than can be written out")
	}
	n.imp.room -= len(parts)
	return &tensor{name: n.name(""), isSequence: true, parts: parts, origin: n.at}, nil
}

// partsOf are those of input i, which must be a sequence.
func (n *node) partsOf(i int) ([]*tensor, error) {
	if t := n.in[i]; !t.isSequence {
		return nil, n.errorf(diag.TypeMismatch, "reads %q, one tensor, wanted a sequence of them", t.name)
	}
	return n.in[i].parts, nil
}

// plain demands that input i is a tensor.
func (n *node) plain(i int) error {
	if t := n.in[i]; t != nil && t.isSequence {
		return n.errorf(diag.TypeMismatch, "reads %q, a sequence of tensors, wanted one", t.name)
	}
	return nil
}

// position is the known number in input i, or the last one when it is absent,
// counted from 0; negative ones count from the end.
func (n *node) position(i, count int) (int, error) {
	if n.arg(i) == nil {
		return count - 1, nil
	}
	if err := n.plain(i); err != nil {
		return 0, err
	}
	list, err := n.list(i, "position")
	switch {
	case err != nil:
		return 0, err
	case len(list) != 1:
		return 0, n.errorf(diag.ShapeMismatch, "position %q has %d elements, wanted 1", n.in[i].name, len(list))
	case list[0] < int64(-count) || list[0] >= int64(count):
		return 0, n.errorf(diag.BadAttribute, "takes position %d of %d", list[0], count)
	case list[0] < 0:
		return int(list[0]) + count, nil
	}
	return int(list[0]), nil
}

func sequenceConstruct(n *node) (*tensor, error) { return n.sequence(n.in) }

func sequenceEmpty(n *node) (*tensor, error) {
	n.intAttr("dtype", 0)
	return n.sequence(nil)
}

func sequenceAt(n *node) (*tensor, error) {
	parts, err := n.partsOf(0)
	if err != nil {
		return nil, err
	}
	at, err := n.position(1, len(parts))
	if err != nil {
		return nil, err
	}
	return parts[at], nil
}

func sequenceLength(n *node) (*tensor, error) {
	parts, err := n.partsOf(0)
	if err != nil {
		return nil, err
	}
	return n.number("", elemInt64, float64(len(parts))), nil
}

// sequenceInsert puts a tensor before a position, of which there is one more than parts.
func sequenceInsert(n *node) (*tensor, error) {
	parts, err := n.partsOf(0)
	if err == nil {
		err = n.plain(1)
	}
	if err != nil {
		return nil, err
	}
	at, err := n.position(2, len(parts)+1)
	if err != nil {
		return nil, err
	}
	return n.sequence(slices.Insert(slices.Clone(parts), at, n.in[1]))
}

func sequenceErase(n *node) (*tensor, error) {
	parts, err := n.partsOf(0)
	if err != nil {
		return nil, err
	}
	at, err := n.position(1, len(parts))
	if err == nil && at < 0 {
		err = n.errorf(diag.BadAttribute, "takes a part out of a sequence that has none")
	}
	if err != nil {
		return nil, err
	}
	return n.sequence(slices.Delete(slices.Clone(parts), at, at+1))
}

// splitToSequence cuts along an axis. keepdims=0 drops the axis where the parts
// are of extent 1 because nothing or the number 1 says so.
func splitToSequence(n *node) (*tensor, error) {
	x := n.in[0]
	axis, keep := n.axis(n.intAttr("axis", 0), x.shape.Rank()), n.intAttr("keepdims", 1) != 0
	if n.err != nil {
		return nil, n.err
	}
	extents, single, err := n.partExtents(x.shape.Dim(axis))
	if err != nil {
		return nil, err
	}
	parts, start := make([]*tensor, len(extents)), 0
	for i, count := range extents {
		c := n.chain(x)
		name := strconv.Itoa(i)
		if single && !keep {
			dims := x.shape.Dims()
			c.then(name+".cut", x.elem, ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: count, Step: 1})
			c.then(name, x.elem, ir.OpReshape, ir.ShapeAttrs{Shape: slices.Delete(dims, axis, axis+1)})
		} else {
			c.then(name, x.elem, ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: count, Step: 1})
		}
		if parts[i], err = c.end(); err != nil {
			return nil, err
		}
		start += count
	}
	return n.sequence(parts)
}

// partExtents are the extents of the parts: a list, or one for all but the last.
// single tells that it is 1 for all, and not as a list.
func (n *node) partExtents(extent int) (out []int, single bool, err error) {
	size := int64(1)
	if n.arg(1) != nil {
		list, err := n.list(1, "list of extents")
		switch {
		case err != nil:
			return nil, false, err
		case n.in[1].shape.Rank() > 0 || n.in[1].empty:
			out, err := n.listedExtents(list, extent)
			return out, false, err
		}
		size = list[0]
	}
	if size < 1 || (int64(extent)-1)/size >= int64(n.imp.values) {
		return nil, false, n.errorf(diag.BadAttribute, "cuts %d elements into parts of %d", extent, size)
	}
	for left := int64(extent); left > 0; left -= size {
		out = append(out, int(min(size, left)))
	}
	return out, size == 1, nil
}

func (n *node) listedExtents(list []int64, extent int) ([]int, error) {
	var out []int
	left := int64(extent)
	for _, part := range list {
		if part < 1 || part > left {
			break
		}
		left -= part
		out = append(out, int(part))
	}
	if left != 0 || len(out) != len(list) {
		return nil, n.errorf(diag.BadAttribute, "cuts %d elements into %v", extent, list)
	}
	return out, nil
}

// concatFromSequence joins the parts along an axis, or along a new one.
func concatFromSequence(n *node) (*tensor, error) {
	parts, err := n.partsOf(0)
	switch {
	case err != nil:
		return nil, err
	case len(parts) == 0:
		return nil, n.errorf(diag.ShapeMismatch, "joins a sequence that has no parts")
	case !n.has("axis"):
		return nil, n.errorf(diag.BadAttribute, "attribute \"axis\" is missing")
	}
	if err := n.sameElem(parts[0], parts...); err != nil {
		return nil, err
	}
	stacks := n.intAttr("new_axis", 0) != 0
	rank := parts[0].shape.Rank()
	if stacks {
		rank++
	}
	axis := n.axis(n.intAttr("axis", 0), rank)
	if n.err != nil {
		return nil, n.err
	}
	if stacks {
		if parts, err = n.withAxis(parts, axis); err != nil {
			return nil, err
		}
	}
	return n.emit("", parts[0].elem, ir.OpConcat, ir.AxisAttrs{Axis: axis}, parts...)
}

// withAxis gives each part a new axis of extent 1.
func (n *node) withAxis(parts []*tensor, axis int) ([]*tensor, error) {
	out := make([]*tensor, len(parts))
	for i, t := range parts {
		if t.empty || t.shape.Rank() < axis {
			return nil, n.errorf(diag.ShapeMismatch, "cannot stack %q", t.name)
		}
		var err error
		if out[i], err = n.emit(strconv.Itoa(i), t.elem, ir.OpReshape, ir.ShapeAttrs{Shape: slices.Insert(t.shape.Dims(), axis, 1)}, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}
