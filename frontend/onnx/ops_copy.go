package onnx

import (
	"math"
	"slices"
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// split cuts x along an axis. The extents are listed in an attribute, since opset
// 13 in an input; else the parts are equal, and since opset 18 the last may be smaller.
func split(n *node) ([]*tensor, error) {
	x := n.in[0]
	axis := n.axis(n.intAttr("axis", 0), x.shape.Rank())
	if n.err != nil {
		return nil, n.err
	}
	if len(n.pb.Output) > 1 {
		if err := n.alongOpen(x, axis); err != nil {
			return nil, err
		}
	}
	parts, err := n.parts(int64(x.shape.Dim(axis)))
	if err != nil {
		return nil, err
	}
	var out []*tensor
	start := 0
	for i, count := range parts {
		if count < 1 {
			return nil, n.errorf(diag.ShapeMismatch, "has a result without elements")
		}
		if i >= len(n.pb.Output) || n.pb.Output[i] == "" {
			out = append(out, nil)
		} else {
			y, err := n.emitAs(n.nameOf(i, ""), x.elem, ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: int(count), Step: 1}, x)
			if err != nil {
				return nil, err
			}
			out = append(out, y)
		}
		start += int(count)
	}
	return out, nil
}

// parts are the extents of a Split's results.
func (n *node) parts(extent int64) ([]int64, error) {
	list, given := n.intsAttr("split")
	if n.arg(1) != nil {
		var err error
		if list, err = n.list(1, "list of extents"); err != nil {
			return nil, err
		}
		given = true
	}
	count := int64(len(n.pb.Output))
	if n.has("num_outputs") {
		count = n.intAttr("num_outputs", 0)
	}
	if !given {
		if count < 1 || count > extent {
			return nil, n.errorf(diag.BadAttribute, "cuts %d elements into %d parts", extent, count)
		}
		size := (extent + count - 1) / count
		for left := extent; left > 0; left -= size {
			list = append(list, min(size, left))
		}
		if len(list) > 0 && list[len(list)-1] != size && n.opset < 18 {
			return nil, n.errorf(diag.ShapeMismatch, "cuts %d elements into %d parts that are not equal", extent, count)
		}
	}
	left := extent
	for _, part := range list {
		if part < 0 || part > left {
			return nil, n.errorf(diag.BadAttribute, "cuts %d elements into %v", extent, list)
		}
		left -= part
	}
	if left != 0 || int64(len(list)) < int64(len(n.pb.Output)) {
		return nil, n.errorf(diag.BadAttribute, "cuts %d elements into %v for %d outputs", extent, list, len(n.pb.Output))
	}
	return list, nil
}

// expand stretches x and the shape to each other.
func expand(n *node) (*tensor, error) {
	x := n.in[0]
	list, err := n.list(1, "shape")
	if err != nil {
		return nil, err
	}
	want, d := shapeOf(list)
	if d != nil {
		d.Origin = n.at
		return nil, d
	}
	s, ok := ir.Broadcast(x.shape, want)
	if !ok || x.empty {
		return nil, n.errorf(diag.ShapeMismatch, "cannot stretch %v to %v", x.shape, want)
	}
	return n.stretched("", x, s)
}

func (n *node) stretched(suffix string, x *tensor, s ir.Shape) (*tensor, error) {
	if s == x.shape {
		return x, nil
	}
	if s, err := ir.NewShape(s.Dims()); err != nil {
		return nil, n.errorf(diag.ShapeMismatch, "stretches to %v: %v", s, err)
	}
	return n.emit(suffix, x.elem, ir.OpBroadcast, ir.ShapeAttrs{Shape: s.Dims()}, x)
}

// tile repeats x along each axis: an axis of extent 1 is put before it, stretched,
// and joined with it.
func tile(n *node) (*tensor, error) {
	x := n.in[0]
	counts, err := n.list(1, "list of repeats")
	if err != nil {
		return nil, err
	}
	if len(counts) != x.shape.Rank() || x.empty {
		return nil, n.errorf(diag.ShapeMismatch, "repeats %v along %d axes", x.shape, len(counts))
	}
	for axis, count := range counts {
		if count == 1 {
			continue
		}
		if count < 1 || count > ir.MaxSize {
			return nil, n.errorf(diag.ShapeMismatch, "repeats axis %d %d times", axis, count)
		}
		last := !slices.ContainsFunc(counts[axis+1:], func(c int64) bool { return c != 1 })
		if x, err = n.copied(suffixIf(!last, strconv.Itoa(axis)), x, axis, axis, int(count)); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// padding is the elements that a Pad adds to one axis; negative counts take away.
type padding struct {
	axis          int
	before, after int64
}

// pad has its numbers in attributes before opset 11, and axes since 18.
func pad(n *node) (*tensor, error) {
	x := n.in[0]
	mode := n.stringAttr("mode", "constant")
	list, err := n.paddings()
	if err != nil {
		return nil, err
	}
	if x, list, err = n.cropped(x, list); err != nil {
		return nil, err
	}
	switch mode {
	case "constant":
		return n.padded(x, list)
	case "reflect", "edge", "wrap":
		return n.mirrored(x, list, mode)
	}
	return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"mode\" is %q, which is not supported", mode)
}

func (n *node) paddings() ([]padding, error) {
	rank := n.in[0].shape.Rank()
	var axes []int
	for i := range rank {
		axes = append(axes, i)
	}
	if n.arg(3) != nil {
		list, err := n.list(3, "list of axes")
		if err != nil {
			return nil, err
		}
		axes = n.axes(list, rank)
	}
	pads, _ := n.intsAttr("pads")
	if n.opset >= 11 {
		if n.arg(1) == nil {
			return nil, n.errorf(diag.BadNet, "input 2 is missing")
		}
		var err error
		if pads, err = n.list(1, "padding"); err != nil {
			return nil, err
		}
	}
	if n.err != nil { // an attribute read so far is wrong
		return nil, n.err
	}
	if len(pads) != 2*len(axes) {
		return nil, n.errorf(diag.BadAttribute, "pads %d axes with %d numbers, wanted %d", len(axes), len(pads), 2*len(axes))
	}
	var out []padding
	for i, axis := range axes {
		p := padding{axis, pads[i], pads[len(axes)+i]}
		if max(p.before, p.after) > ir.MaxSize || min(p.before, p.after) < -ir.MaxSize {
			return nil, n.errorf(diag.BadAttribute, "pads axis %d by %d and %d", axis, p.before, p.after)
		}
		out = append(out, p)
	}
	return out, nil
}

// cropped takes away the elements of negative padding, and returns the rest of the padding.
func (n *node) cropped(x *tensor, list []padding) (*tensor, []padding, error) {
	var rest []padding
	for _, p := range list {
		extent := int64(x.shape.Dim(p.axis))
		start, count := max(0, -p.before), extent+min(0, p.before)+min(0, p.after)
		if count < 1 {
			return nil, nil, n.errorf(diag.ShapeMismatch, "leaves no element of axis %d", p.axis)
		}
		if count < extent {
			var err error
			a := ir.SliceAttrs{Axis: p.axis, Start: int(start), Count: int(count), Step: 1}
			if x, err = n.emit("crop"+strconv.Itoa(p.axis), x.elem, ir.OpSlice, a, x); err != nil {
				return nil, nil, err
			}
		}
		if p.before > 0 || p.after > 0 {
			rest = append(rest, padding{p.axis, max(0, p.before), max(0, p.after)})
		}
	}
	return x, rest, nil
}

// padded adds a constant around x, 0 unless given.
func (n *node) padded(x *tensor, list []padding) (*tensor, error) {
	if len(list) == 0 {
		return x, nil
	}
	value, err := n.padValue(x)
	if err != nil {
		return nil, err
	}
	rank := x.shape.Rank()
	a := ir.PadAttrs{Before: make([]int, rank), After: make([]int, rank)}
	for _, p := range list {
		a.Before[p.axis], a.After[p.axis] = int(p.before), int(p.after)
	}
	if value == nil {
		return n.emit("", x.elem, ir.OpPad, a, x)
	}
	return n.emit("", x.elem, ir.OpPad, a, x, value)
}

// padValue is the constant to pad with, or nil for 0.
func (n *node) padValue(x *tensor) (*tensor, error) {
	v := n.arg(2)
	if n.opset < 11 {
		f := n.floatAttr("value", 0)
		if f == 0 {
			return nil, n.err
		}
		return n.number("value", x.elem, f), n.err
	}
	switch {
	case v == nil:
		return nil, nil
	case v.elem != x.elem:
		return nil, n.sameElem(x, v)
	case v.shape.Size() != 1 || v.empty:
		return nil, n.errorf(diag.ShapeMismatch, "pads with %v, wanted a scalar", v.shape)
	case v.data != nil && v.data.At(0) == 0:
		return nil, nil
	case v.shape.Rank() > 0:
		return n.reshaped("value", v, nil)
	}
	return v, nil
}

// mirrored pads with x's own entries: those beside the border (reflect), the
// border itself (edge) or those of the other end (wrap).
func (n *node) mirrored(x *tensor, list []padding, mode string) (*tensor, error) {
	for i, p := range list {
		extent := int64(x.shape.Dim(p.axis))
		count := p.before + extent + p.after
		if err := n.imp.charge(n.at, int(count)); err != nil {
			return nil, err
		}
		index := make([]int64, count)
		for k := range index {
			index[k] = borderEntry(int64(k)-p.before, extent, mode)
		}
		var err error
		if x, err = n.taken(suffixIf(i < len(list)-1, "axis"+strconv.Itoa(p.axis)), x, p.axis, index); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// borderEntry is the entry that stands at a place that may lie outside 0..extent−1.
func borderEntry(at, extent int64, mode string) int64 {
	if mode == "edge" {
		return min(max(at, 0), extent-1)
	}
	period := extent
	if mode == "reflect" {
		period = max(1, 2*(extent-1))
	}
	at = ((at % period) + period) % period
	if at >= extent {
		at = period - at
	}
	return at
}

// size is a known number: types are known at import.
func size(n *node) (*tensor, error) {
	count := int64(0)
	if !n.in[0].empty {
		count = int64(n.in[0].shape.Size())
	}
	return known(n.name(""), elemInt64, n.at, &ir.Tensor{Type: elemInt64.of(ir.Shape{}), I: []int64{count}}), nil
}

// rangeOf lists start, start+delta, … before limit, all of them known.
func rangeOf(n *node) (*tensor, error) {
	var args []float64
	for _, t := range n.in {
		if err := n.numbers(n.in[0], t); err != nil {
			return nil, err
		}
		data, err := n.known(t)
		if err != nil || data == nil || t.shape.Size() != 1 {
			return nil, n.notKnown("bound", t, err)
		}
		args = append(args, data.At(0))
	}
	e := n.in[0].elem
	count := math.Ceil((args[1] - args[0]) / args[2])
	if !(count >= 1) || count > ir.MaxSize {
		if count <= 0 && e.isInt() {
			return &tensor{name: n.name(""), elem: e, empty: true, origin: n.at}, nil
		}
		return nil, n.errorf(diag.ShapeMismatch, "counts from %v to %v by %v", args[0], args[1], args[2])
	}
	if err := n.imp.charge(n.at, int(count)); err != nil {
		return nil, err
	}
	out := ir.NewTensor(e.of(ir.ShapeOf(int(count))))
	for i := range int(count) {
		if e.isReal() {
			out.F[i] = float64(float32(args[0] + float64(float64(i)*args[2])))
		} else {
			out.I[i] = int64(args[0]) + int64(i)*int64(args[2])
		}
	}
	return known(n.name(""), e, n.at, out), nil
}
