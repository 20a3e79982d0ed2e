package drawn

import (
	"slices"

	"nomul/ir"
)

func slots(x *ir.Value) ir.Slots {
	if spike(x) {
		return ir.SlotsNone
	}
	return ir.SlotsPlanes
}

// linear takes the last axis, or all elements.
func (d *drawing) linear() *ir.Value {
	x := d.operand(ranked(1, 4, 1000))
	if x != nil && d.coin() {
		x = d.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{x.Type.Size()}}, x)
	}
	if x == nil {
		return nil
	}
	dims := x.Type.Shape.Dims()
	most := pick[int64](d.Rand, 1, 7, 127, 127, 3000)
	if magnitude(x) > 10 {
		most = min(most, 127)
	}
	m := d.size()
	args := []*ir.Value{x, d.constant(-most, most, m, dims[len(dims)-1]), nil}
	if d.coin() {
		args[2] = d.constant(-most, most, m)
	}
	return d.add(ir.OpLinear, ir.LinearAttrs{Slots: slots(x)}, args...)
}

// conv is a convolution of one or two axes, with a bias of channels, of a map, or none.
func (d *drawing) conv() *ir.Value {
	x := d.operand(ranked(2, 3, 1000))
	if x == nil {
		return nil
	}
	dims := x.Type.Shape.Dims()
	a, kernel := d.convWindow(dims[1:])
	a.Slots = slots(x)
	c, m := dims[0], pick(d.Rand, 1, 2, 3, 4, 6, 8, 16, 17, 32, 33, 66)
	if d.coin() {
		if g := pick(d.Rand, 1, 2, 3, 4, c); c%g == 0 {
			a.Groups = g
		}
		m = a.Groups * pick(d.Rand, 1, 1, 2, 3, 16)
	}
	most := pick[int64](d.Rand, 1, 20, 127, 127)
	w := d.constant(-most-1, most, append([]int{m, c / a.Groups}, kernel...)...)
	v := d.add(ir.OpConv, a, x, w)
	if v == nil {
		return nil
	}
	switch d.IntN(3) {
	case 0:
		return d.add(ir.OpConv, a, x, w, d.constant(-200, 200, m))
	case 1:
		return d.add(ir.OpConv, a, x, w, d.constant(-200, 200, v.Type.Shape.Dims()...))
	}
	return v
}

// convWindow draws strides, dilations, pads and the extents of the kernel, at times of one element.
func (d *drawing) convWindow(extents []int) (a ir.ConvAttrs, kernel []int) {
	n, most := len(extents), pick(d.Rand, 1, 3, 3)
	a = ir.ConvAttrs{Groups: 1, Pads: make([]int, 2*n)}
	for i, room := range extents {
		k, dilation := 1+d.IntN(most), 1+d.IntN(2)
		reach := (k - 1) * dilation
		begin, end := d.IntN(reach+1), d.IntN(reach+1)
		if room+begin+end <= reach {
			begin, end = reach, reach
		}
		a.Strides, a.Dilations, kernel = append(a.Strides, 1+d.IntN(4)), append(a.Dilations, dilation), append(kernel, k)
		a.Pads[i], a.Pads[i+n] = begin, end
	}
	return a, kernel
}

func (d *drawing) pool() *ir.Value {
	x := d.operand(ranked(2, 4, 1<<16))
	if x == nil {
		return nil
	}
	dims := x.Type.Shape.Dims()
	n := 1 + d.IntN(2)
	a := ir.PoolAttrs{Pads: make([]int, 2*n)}
	for i := range n {
		room := dims[len(dims)-n+i]
		k, dilation := 1+d.IntN(min(3, room)), 1
		if (k-1)*2 < room && d.IntN(3) == 0 {
			dilation = 2
		}
		a.Kernel, a.Strides, a.Dilations = append(a.Kernel, k), append(a.Strides, 1+d.IntN(3)), append(a.Dilations, dilation)
		a.Pads[i], a.Pads[i+n] = d.IntN(k), d.IntN(k)
	}
	return d.add(pick(d.Rand, ir.OpMaxPool, ir.OpSumPool), a, x)
}

// matmul multiplies two values, of which one is spikes, or spikes by constants.
func (d *drawing) matmul() *ir.Value {
	x := d.operand(ranked(2, 3, 1000))
	if x == nil {
		return nil
	}
	if spike(x) && d.IntN(4) == 0 {
		return d.product(x)
	}
	inner := x.Type.Shape.Dim(rank(x) - 1)
	with := func(v *ir.Value) bool { return ranked(2, 3, 1000)(v) && (spike(v) || spike(x)) }
	y := d.operand(func(v *ir.Value) bool { return with(v) && v.Type.Shape.Dim(rank(v)-2) == inner })
	if y != nil {
		return d.add(ir.OpMatmul, nil, x, y)
	}
	y = d.operand(func(v *ir.Value) bool { return with(v) && rank(v) == 2 && v.Type.Shape.Dim(1) == inner })
	if y == nil {
		return nil
	}
	return d.add(ir.OpMatmul, nil, x, d.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 0}}, y))
}

// product multiplies spikes by constants from either side, of as many matrices or one.
func (d *drawing) product(x *ir.Value) *ir.Value {
	dims := x.Type.Shape.Dims()
	n := len(dims) - 2
	matrices, rows, inner := dims[:n:n], dims[n], dims[n+1]
	if d.coin() {
		matrices = nil
	}
	extent, most := 1+d.IntN(9), pick[int64](d.Rand, 1, 60)
	if d.coin() {
		return d.add(ir.OpMatmul, nil, d.constant(1-most, most, append(matrices, extent, rows)...), x)
	}
	return d.add(ir.OpMatmul, nil, x, d.constant(1-most, most, append(matrices, inner, extent)...))
}

func (d *drawing) reduce() *ir.Value {
	x := d.operand(ranked(1, 4, 1<<16))
	if x == nil {
		return nil
	}
	axes := d.Perm(rank(x))[:1+d.IntN(rank(x))]
	slices.Sort(axes)
	return d.add(pick(d.Rand, ir.OpReduceSum, ir.OpReduceMax, ir.OpReduceMin), ir.ReduceAttrs{Axes: axes, Keep: d.coin()}, x)
}
