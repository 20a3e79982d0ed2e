package drawn

import (
	"slices"

	"nomul/ir"
)

func (d *drawing) any() *ir.Value { return d.operand(below(limit)) }

func (d *drawing) transpose() *ir.Value {
	x := d.any()
	return d.add(ir.OpTranspose, ir.PermAttrs{Perm: d.Perm(rank(x))}, x)
}

// reshape splits the elements into axes of 2, 3, 4 or 8, where they divide.
func (d *drawing) reshape() *ir.Value {
	x := d.any()
	n := x.Type.Size()
	shapes := [][]int{{n}, {1, n}, {n, 1}}
	for _, k := range []int{2, 3, 4, 8} {
		if n%k == 0 {
			shapes = append(shapes, []int{k, n / k}, []int{n / k, k}, []int{k, 1, n / k})
		}
		if n%(k*k) == 0 {
			shapes = append(shapes, []int{k, k, n / k / k}, []int{n / k / k, k, k})
		}
	}
	return d.add(ir.OpReshape, ir.ShapeAttrs{Shape: pick(d.Rand, shapes...)}, x)
}

// concat joins up to three values, and a constant at times.
func (d *drawing) concat() *ir.Value {
	x := d.operand(ranked(1, 4, limit))
	if x == nil {
		return nil
	}
	dims := x.Type.Shape.Dims()
	axis := d.IntN(len(dims))
	fits := func(v *ir.Value) bool {
		other := v.Type.Shape.Dims()
		if len(other) != len(dims) || spike(v) != spike(x) {
			return false
		}
		other[axis] = dims[axis]
		return slices.Equal(other, dims)
	}
	args := []*ir.Value{x}
	for range 1 + d.IntN(2) {
		args = append(args, d.operand(fits)) // x fits itself
	}
	if d.IntN(3) == 0 {
		args = append(args, d.constant(0, 1, dims...))
	}
	return d.add(ir.OpConcat, ir.AxisAttrs{Axis: axis}, args...)
}

func (d *drawing) slice() *ir.Value {
	x := d.operand(ranked(1, 4, limit))
	if x == nil {
		return nil
	}
	axis := d.IntN(rank(x))
	n := x.Type.Shape.Dim(axis)
	a := ir.SliceAttrs{Axis: axis, Start: d.IntN(n), Step: pick(d.Rand, 1, 1, 2, -1, -2)}
	room := n - 1 - a.Start
	if a.Step < 0 {
		room = a.Start
	}
	a.Count = 1 + d.IntN(room/max(a.Step, -a.Step)+1)
	return d.add(ir.OpSlice, a, x)
}

func (d *drawing) pad() *ir.Value {
	x := d.any()
	a := ir.PadAttrs{}
	for range rank(x) {
		a.Before, a.After = append(a.Before, d.IntN(3)), append(a.After, d.IntN(3))
	}
	if d.coin() {
		return d.add(ir.OpPad, a, x)
	}
	return d.add(ir.OpPad, a, x, d.constant(0, 1))
}

// broadcast stretches axes of one element, and adds one in front at times.
func (d *drawing) broadcast() *ir.Value {
	x := d.operand(ranked(0, 3, limit))
	if x == nil {
		return nil
	}
	dims := x.Type.Shape.Dims()
	for i := range dims {
		if dims[i] == 1 {
			dims[i] = 1 + d.IntN(5)
		}
	}
	if d.IntN(3) == 0 {
		dims = append([]int{1 + d.IntN(3)}, dims...)
	}
	return d.add(ir.OpBroadcast, ir.ShapeAttrs{Shape: dims}, x)
}
