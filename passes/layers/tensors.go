package layers

import (
	"math"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// Least returns the smallest number of a list.
func Least(list []float64) float64 {
	out := math.Inf(1)
	for _, f := range list {
		out = min(out, f)
	}
	return out
}

// Magnitude returns the absolute values of a tensor.
func Magnitude(t *ir.Tensor) *ir.Tensor {
	return rewrite.Zip(t, Constant(0, ir.Shape{}), func(f, _ float64) float64 { return math.Abs(f) })
}

// SpreadTo is the real tensor's data broadcast to a shape, as a tensor.
func SpreadTo(t *ir.Tensor, to ir.Shape) *ir.Tensor { return ir.Reals(to, rewrite.Stretched(t, to)) }

// Constant is a real tensor of one number, with as many axes as a shape.
func Constant(f float64, like ir.Shape) *ir.Tensor {
	return ir.Reals(Ones(like.Rank()), []float64{f})
}

// Ones is the shape of a rank with every extent 1.
func Ones(rank int) ir.Shape {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	return ir.ShapeOf(dims...)
}

// Compact is the real tensor with an extent of 1 along every axis on which
// nothing changes. It still broadcasts to the shape it came from.
func Compact(t *ir.Tensor) *ir.Tensor {
	s, index := SqueezeAxes(t.Type.Shape, func(a, b int) bool { return t.F[a] == t.F[b] })
	out := make([]float64, len(index))
	for i, j := range index {
		out[i] = t.F[j]
	}
	return ir.Reals(s, out)
}

// SqueezeAxes finds the axes of a shape along which all elements are the same.
// It gives the shape with these axes of extent 1 and the elements that stay.
func SqueezeAxes(s ir.Shape, same func(a, b int) bool) (ir.Shape, []int) {
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

// Times returns a·b, broadcast.
func Times(a, b *ir.Tensor) *ir.Tensor {
	return rewrite.Zip(a, b, func(x, y float64) float64 { return float64(x * y) })
}

// Plus is a + b, broadcast; nil is nothing.
func Plus(a, b *ir.Tensor) *ir.Tensor {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return rewrite.Zip(a, b, func(x, y float64) float64 { return x + y })
}

// Divide is a/b, broadcast.
func Divide(a, b *ir.Tensor) *ir.Tensor {
	return rewrite.Zip(a, b, func(x, y float64) float64 { return x / y })
}

// FlatOn reports whether a tensor that broadcasts to a shape is the same all along the axes.
func FlatOn(t *ir.Tensor, full ir.Shape, axes []int) bool {
	shift := full.Rank() - t.Type.Shape.Rank()
	for _, a := range axes {
		if i := a - shift; i >= 0 && t.Type.Shape.Dim(i) > 1 {
			return false
		}
	}
	return true
}
