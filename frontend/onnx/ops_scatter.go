package onnx

import (
	"slices"
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// reductions are the ops that a scatter may combine old and new entries with.
var reductions = map[string]ir.Op{"add": ir.OpAdd, "mul": ir.OpMul, "max": ir.OpMax, "min": ir.OpMin}

// scatterND replaces the entries of x that a constant index lists by their first
// axes.
func scatterND(n *node) (*tensor, error) {
	return n.scattered((*node).places, func(x, index ir.Shape, axes int) []int {
		return append(index.Dims()[:index.Rank()-1], x.Dims()[axes:]...)
	})
}

// scatterElements replaces the elements of x that a constant index lists: each of
// its numbers is a place along an axis, where it stands itself tells the others.
func scatterElements(n *node) (*tensor, error) {
	return n.scattered((*node).elementPlaces, func(_, index ir.Shape, _ int) []int { return index.Dims() })
}

// scattered replaces the entries of x at places, counted through its first axes,
// or combines them with the updates. These axes become one, the others another.
func (n *node) scattered(listed func(n *node, x, index *tensor) ([]int64, int, error), wanted func(x, index ir.Shape, axes int) []int) (*tensor, error) {
	x, index, updates := n.in[0], n.in[1], n.in[2]
	if err := n.sameElem(x, updates); err != nil {
		return nil, err
	}
	mode := n.stringAttr("reduction", "none")
	op, combines := reductions[mode]
	if mode != "none" && !combines {
		return nil, n.errorf(diag.BadAttribute, "attribute \"reduction\" is %q", mode)
	}
	if isLargest(index.value) {
		return nil, n.strongestOnly()
	}
	places, axes, err := listed(n, x, index)
	if err != nil {
		return nil, err
	}
	if want := wanted(x.shape, index.shape, axes); !slices.Equal(want, updates.shape.Dims()) {
		return nil, n.errorf(diag.ShapeMismatch, "updates are %v, wanted %v", updates.shape, want)
	}
	places, axes = wholeRows(x.shape, places, axes)
	if !combines && behindBatch(x.shape, places, axes) {
		return n.written(x, updates, axes-1, int(places[0]), len(places))
	}
	rows := matrix(x.shape, axes)
	if axes == 1 { // as they are: an axis of them may be the batch
		rows = x.shape.Dims()
	}
	s := &scatter{n: n, op: op, combines: combines}
	if s.x, err = n.reshaped("rows", x, rows); err != nil {
		return nil, err
	}
	if s.updates, err = n.reshaped("updates", updates, append([]int{len(places)}, rows[1:]...)); err != nil {
		return nil, err
	}
	y, err := s.apply(places)
	if err != nil {
		return nil, err
	}
	return n.reshaped("", y, x.shape.Dims())
}

// isLargest reports whether an index is, at most moved, where a value is largest.
func isLargest(index *ir.Value) bool {
	seen := map[*ir.Value]bool{nil: true}
	for queue := []*ir.Value{index}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		switch {
		case seen[v]:
		case v.Op == ir.OpArgmax:
			return true
		case v.Op.Class() == ir.Element || v.Op.Class() == ir.Move:
			queue = append(queue, v.Args...)
		}
		seen[v] = true
	}
	return false
}

// strongestOnly is the error of a node that sets the largest element, as snnTorch's
// inhibition does in every step.
func (n *node) strongestOnly() error {
	return n.errorf(diag.UnsupportedAttribute, "sets the neuron whose membrane is largest (ArgMax), so that only the strongest fires (snnTorch's inhibition=True); such layers are not known")
}

// places are the numbers of the entries that the index lists, and the count of
// axes that it goes through.
func (n *node) places(x, index *tensor) (places []int64, axes int, err error) {
	list, err := n.list(1, "index")
	if err != nil {
		return nil, 0, err
	}
	rank := index.shape.Rank()
	if index.empty || x.empty || rank == 0 || index.shape.Dim(rank-1) > x.shape.Rank() {
		return nil, 0, n.errorf(diag.ShapeMismatch, "index is %v for %v", index.shape, x.shape)
	}
	axes = index.shape.Dim(rank - 1)
	if err := n.imp.charge(n.at, len(list)/axes); err != nil {
		return nil, 0, err
	}
	for ; len(list) > 0; list = list[axes:] {
		place := int64(0)
		for i, at := range list[:axes] {
			at, err := n.fromStart(at, i, x.shape)
			if err != nil {
				return nil, 0, err
			}
			place = place*int64(x.shape.Dim(i)) + at
		}
		places = append(places, place)
	}
	return places, axes, nil
}

// elementPlaces are the numbers of the elements that the index lists along an axis.
func (n *node) elementPlaces(x, index *tensor) (places []int64, axes int, err error) {
	list, err := n.list(1, "index")
	if err != nil {
		return nil, 0, err
	}
	rank := x.shape.Rank()
	if index.empty || x.empty || rank == 0 || index.shape.Rank() != rank {
		return nil, 0, n.errorf(diag.ShapeMismatch, "index is %v for %v", index.shape, x.shape)
	}
	along := n.axis(n.intAttr("axis", 0), rank)
	if n.err != nil {
		return nil, 0, n.err
	}
	for axis := range rank {
		if axis != along && index.shape.Dim(axis) > x.shape.Dim(axis) {
			return nil, 0, n.errorf(diag.ShapeMismatch, "index is %v for %v", index.shape, x.shape)
		}
	}
	if err := n.imp.charge(n.at, len(list)); err != nil {
		return nil, 0, err
	}
	for i, at := range list {
		at, err := n.fromStart(at, along, x.shape)
		if err != nil {
			return nil, 0, err
		}
		places = append(places, elementPlace(x.shape, index.shape, i, along, at))
	}
	return places, rank, nil
}

// fromStart is an index of an axis counted from its start; a negative one counts
// from its end.
func (n *node) fromStart(at int64, axis int, shape ir.Shape) (int64, error) {
	extent := int64(shape.Dim(axis))
	if at < -extent || at >= extent {
		return 0, n.errorf(diag.BadAttribute, "index %d leaves axis %d of extent %d", at, axis, extent)
	}
	return (at + extent) % extent, nil
}

// elementPlace is the number of an element of x that stands where element i of an
// index stands, but for its place along an axis.
func elementPlace(x, index ir.Shape, i, along int, at int64) int64 {
	place, step := int64(0), int64(1)
	for axis := x.Rank() - 1; axis >= 0; axis-- {
		coordinate := int64(i % index.Dim(axis))
		i /= index.Dim(axis)
		if axis == along {
			coordinate = at
		}
		place += coordinate * step
		step *= int64(x.Dim(axis))
	}
	return place
}

// wholeRows counts the index through fewer axes, where it lists all entries along
// the last ones in order, as that of x[t, :, :] = y does.
func wholeRows(shape ir.Shape, places []int64, axes int) ([]int64, int) {
	for axes > 1 {
		extent := shape.Dim(axes - 1)
		if len(places)%extent != 0 {
			break
		}
		var starts []int64
		for i, place := range places {
			switch {
			case i%extent > 0:
				if place != places[i-1]+1 {
					return places, axes
				}
			case place%int64(extent) != 0:
				return places, axes
			default:
				starts = append(starts, place/int64(extent))
			}
		}
		places, axes = starts, axes-1
	}
	return places, axes
}

// behindBatch reports whether the entries lie next to each other along the last of
// more axes than one, and the axes before it have an extent of 1, as in x[:, i] = y.
func behindBatch(shape ir.Shape, places []int64, axes int) bool {
	for axis := range axes - 1 {
		if shape.Dim(axis) != 1 {
			return false
		}
	}
	for i, place := range places {
		if place != places[0]+int64(i) {
			return false
		}
	}
	return axes > 1
}

// written puts count entries of updates in place of those of x from start on, along
// the axis: a concat, which leaves the axes before it alone.
func (n *node) written(x, updates *tensor, axis, start, count int) (*tensor, error) {
	dims := x.shape.Dims()
	end := dims[axis]
	dims[axis] = count
	middle, err := n.reshaped("updates", updates, dims)
	if err != nil {
		return nil, err
	}
	var parts []*tensor
	cut := func(suffix string, from, to int) error {
		if from == to {
			return nil
		}
		part, err := n.emit(suffix, x.elem, ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: from, Count: to - from, Step: 1}, x)
		parts = append(parts, part)
		return err
	}
	if err := cut("before", 0, start); err != nil {
		return nil, err
	}
	parts = append(parts, middle)
	if err := cut("behind", start+count, end); err != nil || len(parts) == 1 {
		return middle, err
	}
	return n.emit("", x.elem, ir.OpConcat, ir.AxisAttrs{Axis: axis}, parts...)
}

// scatter puts rows of updates in place of rows of x, or combines the two.
type scatter struct {
	n          *node
	x, updates *tensor
	op         ir.Op
	combines   bool
}

// apply goes through the places. Those that are combined with more than one row
// take one after another.
func (s *scatter) apply(places []int64) (*tensor, error) {
	n := s.n
	if !s.combines {
		at := knownInts(n.name("places"), n.at, places)
		return n.emit("scattered", s.x.elem, ir.OpScatter, ir.AxisAttrs{}, s.x, at, s.updates)
	}
	x := s.x
	for round, rows := range rounds(places) {
		var at []int64
		for _, row := range rows {
			at = append(at, places[row])
		}
		var err error
		if x, err = s.combine(x, at, rows, strconv.Itoa(round)); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// combine applies the op to rows of x, which are all different, and rows of updates.
func (s *scatter) combine(x *tensor, at, rows []int64, round string) (*tensor, error) {
	n := s.n
	to, from := knownInts(n.name("places."+round), n.at, at), knownInts(n.name("from."+round), n.at, rows)
	old, err := n.emit("old."+round, x.elem, ir.OpGather, ir.AxisAttrs{}, x, to)
	if err != nil {
		return nil, err
	}
	fresh, err := n.emit("new."+round, x.elem, ir.OpGather, ir.AxisAttrs{}, s.updates, from)
	if err != nil {
		return nil, err
	}
	sum, err := n.emit("combined."+round, x.elem, s.op, nil, old, fresh)
	if err != nil {
		return nil, err
	}
	return n.emit("scattered."+round, x.elem, ir.OpScatter, ir.AxisAttrs{}, x, to, sum)
}

// rounds groups the indices of a list so that within a group its entries differ.
func rounds(places []int64) [][]int64 {
	var out [][]int64
	met := map[int64]int{}
	for i, p := range places {
		if met[p] == len(out) {
			out = append(out, nil)
		}
		out[met[p]] = append(out[met[p]], int64(i))
		met[p]++
	}
	return out
}
