package onnx

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// mostPlaces bounds the depth of a OneHot, and the extent of a CumSum, whose triangle has its square.
const mostPlaces = 4096

// oneHot compares each index with all places of a new axis, also counted from the end, and chooses the second of two
// values where it is that place.
func oneHot(n *node) (*tensor, error) {
	x := n.in[0]
	axis := n.axis(n.intAttr("axis", -1), x.shape.Rank()+1)
	depth, err := n.depth()
	if err != nil || n.err != nil {
		return nil, firstError(err, n.err)
	}
	if n.in[2].shape.Size() != 2 {
		return nil, n.errorf(diag.ShapeMismatch, "values are %v, wanted two", n.in[2].shape)
	}
	at, err := n.isPlace(x, axis, depth)
	if err != nil {
		return nil, err
	}
	var values [2]*tensor
	for i := range values {
		if values[i], err = n.entryOf(n.in[2], i); err != nil {
			return nil, err
		}
	}
	return n.emit("", n.in[2].elem, ir.OpWhere, nil, at, values[1], values[0])
}

// depth is the number of places of a OneHot, of any type.
func (n *node) depth() (int, error) {
	data, err := n.known(n.in[1])
	if err != nil || data == nil {
		return 0, n.notKnown("depth", n.in[1], err)
	}
	if data.Type.Shape.Size() != 1 || data.At(0) != math.Trunc(data.At(0)) || data.At(0) < 1 || data.At(0) > mostPlaces {
		return 0, n.errorf(diag.UnsupportedAttribute, "depth %q is no whole number from 1 to %d", n.in[1].name, mostPlaces)
	}
	return int(data.At(0)), nil
}

// entryOf is entry i of a list.
func (n *node) entryOf(list *tensor, i int) (*tensor, error) {
	suffix := [...]string{"off", "on"}[i]
	return n.emit(suffix, list.elem, ir.OpSlice, ir.SliceAttrs{Axis: 0, Start: i, Count: 1, Step: 1}, list)
}

// isPlace tells along a new axis at which of so many places each index is.
func (n *node) isPlace(x *tensor, axis, depth int) (*tensor, error) {
	if x.shape.Rank() == ir.MaxRank {
		return nil, n.errorf(diag.ShapeMismatch, "has a result of %d axes, at most %d are supported", ir.MaxRank+1, ir.MaxRank)
	}
	apart, err := n.reshaped("apart", x, slices.Insert(slices.Clone(x.shape.Dims()), axis, 1))
	if err != nil {
		return nil, err
	}
	open := x.openAt
	if open >= axis {
		open++
	}
	opened(apart, x, open)
	places := slices.Repeat([]int{1}, x.shape.Rank()+1-axis)
	places[0] = depth
	is := func(suffix string, first int) (*tensor, error) {
		data := ir.NewTensor(x.elem.of(ir.ShapeOf(places...)))
		for i := range depth {
			if data.F != nil {
				data.F[i] = float64(first + i)
			} else {
				data.I[i] = int64(first + i)
			}
		}
		if !x.elem.isReal() && !x.elem.holds(data.I) {
			return nil, nil
		}
		return n.emit(suffix, elemBool, ir.OpCompare, ir.CompareAttrs{Is: ir.EQ}, apart, known(n.name(suffix+".places"), x.elem, n.at, data))
	}
	at, err := is("at", 0)
	if err != nil || at == nil {
		return nil, firstError(err, n.errorf(diag.UnsupportedAttribute, "depth is %d, which indices of %v do not reach", depth, x.elem))
	}
	behind, err := is("from-end", -depth)
	if err != nil || behind == nil {
		return at, err
	}
	return n.emit("either", elemBool, ir.OpOr, nil, at, behind)
}

// firstError is the first of some errors that there are.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// cumSum is a product with a triangle of ones: each entry is the sum of those before it along an axis, of itself too unless it
// is exclusive, or of those behind it in reverse.
func cumSum(n *node) (*tensor, error) {
	x, rank := n.in[0], n.in[0].shape.Rank()
	list, err := n.list(1, "axis")
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, n.errorf(diag.BadNet, "axis is %v, wanted one", list)
	}
	axis := n.axis(list[0], rank)
	if n.err != nil {
		return nil, n.err
	}
	if x.shape.Dim(axis) > mostPlaces {
		return nil, n.errorf(diag.UnsupportedAttribute, "sums along %d entries, at most %d are supported", x.shape.Dim(axis), mostPlaces)
	}
	if err := firstError(n.floats(x), n.alongOpen(x, axis)); err != nil {
		return nil, err
	}
	perm := axesFrom(0, rank)
	perm[axis], perm[rank-1] = rank-1, axis
	c := n.chain(x)
	if axis != rank-1 {
		c.then("turned", x.elem, ir.OpTranspose, ir.PermAttrs{Perm: perm})
	}
	if extent := x.shape.Dim(axis); c.err == nil {
		ones := n.triangle(x.elem, extent, n.intAttr("exclusive", 0) != 0, n.intAttr("reverse", 0) != 0)
		c.then(suffixIf(axis != rank-1, "sums"), x.elem, ir.OpLinear, ir.LinearAttrs{}, ones, nil)
	}
	if axis != rank-1 {
		c.then("", x.elem, ir.OpTranspose, ir.PermAttrs{Perm: perm})
	}
	return c.end()
}

// triangle has 1 where the column is before the row, or behind it in reverse; on the diagonal, too, unless it is exclusive.
func (n *node) triangle(e elem, extent int, exclusive, reverse bool) *tensor {
	data := ir.NewTensor(e.of(ir.ShapeOf(extent, extent)))
	for i := range extent {
		for j := range extent {
			if i == j && !exclusive || i != j && (j > i) == reverse {
				data.F[i*extent+j] = 1
			}
		}
	}
	return known(n.name("triangle"), e, n.at, data)
}
