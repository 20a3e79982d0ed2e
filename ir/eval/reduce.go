package eval

import (
	"slices"

	"nomul/ir"
)

func reduceSum(v *ir.Value) Kernel {
	index := reduced(v)
	if !v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { sumInto(dst.I, args[0].I, index) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { sumInto(dst.F, args[0].F, index) }
}

func reduceMean(v *ir.Value) Kernel {
	x, index := NewView(v.Args[0], v.Args[0].Type.Shape), reduced(v)
	count := float64(v.Args[0].Type.Size() / v.Type.Size())
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		sumInto(dst.F, x.Reals(args[0]), index)
		for i := range dst.F {
			dst.F[i] /= count
		}
	}
}

// reduced maps each element of the operand to the one of the result it is
// summed into.
func reduced(v *ir.Value) []int {
	s, dims := v.Args[0].Type.Shape, v.Args[0].Type.Shape.Dims()
	for _, a := range v.Attrs.(ir.ReduceAttrs).Axes {
		dims[a] = 1
	}
	if slices.Equal(dims, s.Dims()) {
		return offsets(0, axesOf(s))
	}
	return ir.Index(ir.ShapeOf(dims...), s)
}

// sumInto adds in C order of x.
func sumInto[T number](dst, x []T, index []int) {
	clear(dst)
	for i, to := range index {
		dst[to] += x[i]
	}
}

// fold combines the elements over the axes, in C order, with a function that
// does not mind the first one being taken as it is.
func fold(onReals func(a, b float64) float64, onInts func(a, b int64) int64) func(v *ir.Value) Kernel {
	return func(v *ir.Value) Kernel {
		index := reduced(v)
		met := make([]bool, v.Type.Size())
		if v.Type.IsReal() {
			return func(args []*ir.Tensor, dst *ir.Tensor) { foldInto(dst.F, args[0].F, index, met, onReals) }
		}
		return func(args []*ir.Tensor, dst *ir.Tensor) { foldInto(dst.I, args[0].I, index, met, onInts) }
	}
}

func foldInto[T number](dst, x []T, index []int, met []bool, f func(a, b T) T) {
	clear(met)
	for i, to := range index {
		if met[to] {
			dst[to] = f(dst[to], x[i])
		} else {
			dst[to], met[to] = x[i], true
		}
	}
}
