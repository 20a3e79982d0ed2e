package onnx

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// reshaped is x in another shape.
func (n *node) reshaped(suffix string, x *tensor, dims []int) (*tensor, error) {
	return n.emit(suffix, x.elem, ir.OpReshape, ir.ShapeAttrs{Shape: dims}, x)
}

func flatten(n *node) (*tensor, error) {
	x := n.in[0]
	rank := x.shape.Rank()
	axis := n.intAttr("axis", 1)
	if axis != int64(rank) {
		axis = int64(n.axis(axis, rank))
	}
	outer, inner := 1, 1
	for i, d := range x.shape.Dims() {
		if int64(i) < axis {
			outer *= d
		} else {
			inner *= d
		}
	}
	y, err := n.reshaped("", x, []int{outer, inner})
	if x.openAt == 0 && axis == 1 {
		opened(y, x, 0)
	}
	return y, err
}

func reshape(n *node) (*tensor, error) {
	list, err := n.list(1, "shape")
	if err != nil {
		return nil, err
	}
	x, keepZero := n.in[0], n.intAttr("allowzero", 0) != 0
	dims := make([]int, len(list))
	open, size := -1, 1
	for i, d := range list {
		switch {
		case d == 0 && !keepZero && i < x.shape.Rank():
			d = int64(x.shape.Dim(i))
		case d == -1 && open < 0:
			open, d = i, 1
		case d < 1 || d > int64(x.shape.Size()):
			return nil, n.errorf(diag.ShapeMismatch, "cannot reshape %v to %v", x.shape, list)
		}
		dims[i] = int(d)
		size = min(size*dims[i], ir.MaxSize+1) // factors are at most MaxSize, so this does not overflow
	}
	if open >= 0 && x.shape.Size()%size == 0 {
		dims[open] = x.shape.Size() / size
	}
	y, err := n.reshaped("", x, dims)
	for i, d := range list {
		counts := n.in[1].counts
		if d == 0 && !keepZero && i == x.openAt || counts != nil && counts.of == x.open && counts.mask.data.I[i] != 0 {
			opened(y, x, i)
		}
	}
	return y, err
}

func squeeze(n *node) (*tensor, error) {
	x := n.in[0]
	list, given := n.axesList(13)
	drop := n.axes(list, x.shape.Rank())
	var dims []int
	at := -1
	for i, d := range x.shape.Dims() {
		if i == x.openAt {
			at = len(dims)
		}
		switch {
		case !given && d == 1:
		case !slices.Contains(drop, i):
			dims = append(dims, d)
		case d != 1:
			return nil, n.errorf(diag.ShapeMismatch, "cannot drop axis %d of %v, its extent is not 1", i, x.shape)
		}
	}
	y, err := n.reshaped("", x, dims)
	if given && !slices.Contains(drop, x.openAt) {
		opened(y, x, at)
	}
	return y, err
}

func unsqueeze(n *node) (*tensor, error) {
	x := n.in[0]
	list, _ := n.axesList(13)
	rank := x.shape.Rank() + len(list)
	if rank > ir.MaxRank {
		return nil, n.errorf(diag.ShapeMismatch, "has a result of %d axes, at most %d are supported", rank, ir.MaxRank)
	}
	fresh := n.axes(list, rank)
	old := x.shape.Dims()
	dims, from := make([]int, rank), 0
	at := 0
	for i := range dims {
		dims[i] = 1
		if !slices.Contains(fresh, i) && from < len(old) {
			if from == x.openAt {
				at = i
			}
			dims[i] = old[from]
			from++
		}
	}
	y, err := n.reshaped("", x, dims)
	opened(y, x, at)
	return y, err
}

func transpose(n *node) (*tensor, error) {
	x := n.in[0]
	list, given := n.intsAttr("perm")
	perm := n.axes(list, x.shape.Rank())
	if !given {
		for i := x.shape.Rank() - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	return n.emit("", x.elem, ir.OpTranspose, ir.PermAttrs{Perm: perm}, x)
}

// concat drops known empty lists, which exporters join to shapes.
func concat(n *node) (*tensor, error) {
	var parts []*tensor
	for _, t := range n.in {
		if !t.empty {
			parts = append(parts, t)
		}
	}
	if len(parts) == 0 {
		return n.in[0], nil
	}
	if err := n.sameElem(parts[0], n.in...); err != nil {
		return nil, err
	}
	if !n.has("axis") {
		return nil, n.errorf(diag.BadAttribute, "attribute \"axis\" is missing")
	}
	axis := n.axis(n.intAttr("axis", 0), parts[0].shape.Rank())
	return n.emit("", parts[0].elem, ir.OpConcat, ir.AxisAttrs{Axis: axis}, parts...)
}

// gather picks entries that a constant lists; negative ones count from the end.
func gather(n *node) (*tensor, error) {
	x, index := n.in[0], n.in[1]
	list, err := n.list(1, "index")
	if err != nil {
		return nil, err
	}
	if index.empty || x.empty {
		return nil, n.errorf(diag.ShapeMismatch, "has a result without elements")
	}
	axis := n.axis(n.intAttr("axis", 0), x.shape.Rank())
	if n.err != nil {
		return nil, n.err
	}
	if slices.Min(list) < 0 {
		if err := n.imp.charge(n.at, len(list)); err != nil {
			return nil, err
		}
		index = known(index.name, elemInt64, index.origin, countUp(list, int64(x.shape.Dim(axis)), index.shape))
	}
	return n.emit("", x.elem, ir.OpGather, ir.AxisAttrs{Axis: axis}, x, index)
}

// countUp counts indices from 0.
func countUp(list []int64, extent int64, s ir.Shape) *ir.Tensor {
	out := ir.NewTensor(elemInt64.of(s))
	for i, v := range list {
		if v < 0 {
			v += extent
		}
		out.I[i] = v
	}
	return out
}

// shape is a known list: types are known at import. start and end, counted like
// slices, came with opset 15.
func shape(n *node) (*tensor, error) {
	x := n.in[0]
	if x.empty {
		return knownInts(n.name(""), n.at, []int64{0}), nil
	}
	rank := int64(x.shape.Rank())
	start := clampIndex(n.intAttr("start", 0), rank, 0, rank)
	end := clampIndex(n.intAttr("end", rank), rank, 0, rank)
	var out []int64
	for i := start; i < end; i++ {
		out = append(out, int64(x.shape.Dim(int(i))))
	}
	y := knownInts(n.name(""), n.at, out)
	n.countsOf(y, x, int(start))
	return y, nil
}

// clampIndex counts a negative index from the end and cuts it to lo..hi.
func clampIndex(i, extent, lo, hi int64) int64 {
	if i < 0 {
		i += extent
	}
	return min(max(i, lo), hi)
}
