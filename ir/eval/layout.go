package eval

import (
	"slices"

	"nomul/ir"
)

// same copies: output, and reshape, which keeps the elements in C order.
func same(*ir.Value) Kernel {
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		copy(dst.F, args[0].F)
		copy(dst.I, args[0].I)
	}
}

// pick takes element index[i] of the operand as element i of the result.
func pick(v *ir.Value, index []int) Kernel {
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { spread(dst.F, args[0].F, index) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { spread(dst.I, args[0].I, index) }
}

// axis is one axis of a walk through memory.
type axis struct {
	stride int
	extent int
}

// axesOf gives the strides of a shape in C order.
func axesOf(s ir.Shape) []axis {
	out := make([]axis, s.Rank())
	stride := 1
	for i := s.Rank() - 1; i >= 0; i-- {
		out[i] = axis{stride, s.Dim(i)}
		stride *= s.Dim(i)
	}
	return out
}

// offsets lists the places that a walk over the axes visits, the last axis fastest.
func offsets(start int, axes []axis) []int {
	out := []int{start}
	for _, a := range axes {
		next := make([]int, 0, len(out)*a.extent)
		for _, base := range out {
			for i := range a.extent {
				next = append(next, base+i*a.stride)
			}
		}
		out = next
	}
	return out
}

func transpose(v *ir.Value) Kernel {
	from := axesOf(v.Args[0].Type.Shape)
	var axes []axis
	for _, p := range v.Attrs.(ir.PermAttrs).Perm {
		axes = append(axes, from[p])
	}
	return pick(v, offsets(0, axes))
}

func slice(v *ir.Value) Kernel {
	a := v.Attrs.(ir.SliceAttrs)
	axes := axesOf(v.Args[0].Type.Shape)
	start := a.Start * axes[a.Axis].stride
	axes[a.Axis] = axis{axes[a.Axis].stride * a.Step, a.Count}
	return pick(v, offsets(start, axes))
}

// gather replaces an axis of x by the axes of the index: the result's element
// [o…, i…, r…] is x[o…, index[i…], r…]. The index is a constant, by inference.
func gather(v *ir.Value) Kernel {
	axes, at := axesOf(v.Args[0].Type.Shape), v.Attrs.(ir.AxisAttrs).Axis
	rest := offsets(0, axes[at+1:])
	var index []int
	for _, outer := range offsets(0, axes[:at]) {
		for _, i := range v.Args[1].Const().I {
			for _, r := range rest {
				index = append(index, outer+int(i)*axes[at].stride+r)
			}
		}
	}
	return pick(v, index)
}

// concat copies, for each entry of the axes before the joined one, a run of
// each operand.
func concat(v *ir.Value) Kernel {
	at := v.Attrs.(ir.AxisAttrs).Axis
	runs := make([]int, len(v.Args))
	for i, a := range v.Args {
		runs[i] = run(a.Type.Shape, at)
	}
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { join(dst.F, args, reals, runs) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { join(dst.I, args, ints, runs) }
}

func reals(t *ir.Tensor) []float64 { return t.F }

func ints(t *ir.Tensor) []int64 { return t.I }

func join[T number](dst []T, parts []*ir.Tensor, data func(*ir.Tensor) []T, runs []int) {
	for at := 0; len(dst) > 0; at++ {
		for i, n := range runs {
			copy(dst[:n], data(parts[i])[at*n:])
			dst = dst[n:]
		}
	}
}

// run is the number of elements behind one another from an axis on.
func run(s ir.Shape, at int) int {
	n := 1
	for _, d := range s.Dims()[at:] {
		n *= d
	}
	return n
}

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
