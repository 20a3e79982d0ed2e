package passes

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/eval"
)

// compute evaluates an op on tensors, real or integer, as it would run at the
// spiking level.
func compute(op ir.Op, attrs ir.Attrs, args ...*ir.Tensor) (*ir.Tensor, error) {
	b := ir.NewBuilder("compute", ir.Spiking, 1)
	values := make([]*ir.Value, len(args))
	for i, a := range args {
		if a == nil {
			continue
		}
		var err error
		if values[i], err = b.Const(fmt.Sprint("a", i), a); err != nil {
			return nil, err
		}
	}
	v, err := b.Add(op, "result", attrs, values...)
	if err != nil {
		return nil, err
	}
	padded := make([]*ir.Tensor, len(v.Args))
	copy(padded, args)
	out := ir.NewTensor(v.Type)
	eval.Do(v, padded, out)
	return out, nil
}

// spreadTo is the real tensor's data broadcast to a shape, as a tensor.
func spreadTo(t *ir.Tensor, to ir.Shape) *ir.Tensor { return ir.Reals(to, stretched(t, to)) }

// constant is a real tensor of one number, with as many axes as a shape.
func constant(f float64, like ir.Shape) *ir.Tensor {
	return ir.Reals(ones(like.Rank()), []float64{f})
}

// ones is the shape of a rank with every extent 1.
func ones(rank int) ir.Shape {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	return ir.ShapeOf(dims...)
}

// compact is the real tensor with an extent of 1 along every axis on which
// nothing changes. It still broadcasts to the shape it came from.
func compact(t *ir.Tensor) *ir.Tensor {
	s, index := squeezeAxes(t.Type.Shape, func(a, b int) bool { return t.F[a] == t.F[b] })
	out := make([]float64, len(index))
	for i, j := range index {
		out[i] = t.F[j]
	}
	return ir.Reals(s, out)
}

// squeezeAxes finds the axes of a shape along which all elements are the same.
// It gives the shape with these axes of extent 1 and the elements that stay.
func squeezeAxes(s ir.Shape, same func(a, b int) bool) (ir.Shape, []int) {
	index := make([]int, s.Size())
	for i := range index {
		index[i] = i
	}
	dims := s.Dims()
	for axis := range dims {
		inner := 1
		for _, d := range dims[axis+1:] {
			inner *= d
		}
		if kept, ok := firstAlong(index, dims[axis], inner, same); ok {
			index, dims[axis] = kept, 1
		}
	}
	return ir.ShapeOf(dims...), index
}

// firstAlong keeps the first entry along an axis, when the others are the same.
func firstAlong(index []int, extent, inner int, same func(a, b int) bool) ([]int, bool) {
	var kept []int
	for start := 0; start < len(index); start += extent * inner {
		for i := range inner {
			first := index[start+i]
			for k := 1; k < extent; k++ {
				if !same(first, index[start+k*inner+i]) {
					return nil, false
				}
			}
			kept = append(kept, first)
		}
	}
	return kept, true
}

// zip applies f element by element to two tensors, broadcast.
func zip(a, b *ir.Tensor, f func(x, y float64) float64) *ir.Tensor {
	shape, ok := ir.Broadcast(a.Type.Shape, b.Type.Shape)
	if !ok {
		panic(fmt.Sprintf("%v and %v do not broadcast", a.Type, b.Type))
	}
	out := ir.NewTensor(ir.RealType(shape))
	switch {
	case len(b.F) == 1:
		y := b.F[0]
		for i, x := range stretched(a, shape) {
			out.F[i] = f(x, y)
		}
	case len(a.F) == 1:
		x := a.F[0]
		for i, y := range stretched(b, shape) {
			out.F[i] = f(x, y)
		}
	default:
		y := stretched(b, shape)
		for i, x := range stretched(a, shape) {
			out.F[i] = f(x, y[i])
		}
	}
	return out
}

func times(a, b *ir.Tensor) *ir.Tensor {
	return zip(a, b, func(x, y float64) float64 { return float64(x * y) })
}

func plus(a, b *ir.Tensor) *ir.Tensor {
	return zip(a, b, func(x, y float64) float64 { return x + y })
}

// divide is a/b, broadcast.
func divide(a, b *ir.Tensor) *ir.Tensor {
	return zip(a, b, func(x, y float64) float64 { return x / y })
}

// everywhere tells whether a condition holds of all elements.
func everywhere(t *ir.Tensor, ok func(f float64) bool) bool {
	for _, f := range t.F {
		if !ok(f) {
			return false
		}
	}
	return true
}

// flatOn tells whether a tensor that broadcasts to a shape is the same all along the axes.
func flatOn(t *ir.Tensor, full ir.Shape, axes []int) bool {
	shift := full.Rank() - t.Type.Shape.Rank()
	for _, a := range axes {
		if i := a - shift; i >= 0 && t.Type.Shape.Dim(i) > 1 {
			return false
		}
	}
	return true
}

// stretched is the real tensor's data broadcast to a shape.
func stretched(t *ir.Tensor, to ir.Shape) []float64 {
	if t.Type.Shape == to {
		return t.F
	}
	return ir.Stretch(t.F, t.Type.Shape, to)
}
