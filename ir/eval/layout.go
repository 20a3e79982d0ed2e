package eval

import "nomul/ir"

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

// scatter copies x, then writes the updates in their order.
func scatter(v *ir.Value) Kernel {
	n, index := run(v.Type.Shape, 1), v.Args[1].Const().I
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { replace(dst.F, args[0].F, args[2].F, index, n) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { replace(dst.I, args[0].I, args[2].I, index, n) }
}

func replace[T number](dst, x, updates []T, index []int64, n int) {
	copy(dst, x)
	for i, at := range index {
		copy(dst[int(at)*n:][:n], updates[i*n:])
	}
}

// stretch shows x in the shape of the result.
func stretch(v *ir.Value) Kernel {
	x := NewView(v.Args[0], v.Type.Shape)
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		if v.Type.IsReal() {
			copy(dst.F, x.Reals(args[0]))
		} else {
			copy(dst.I, x.Ints(args[0]))
		}
	}
}

// pad fills, then copies x into the middle.
func pad(v *ir.Value) Kernel {
	before, axes, start := v.Attrs.(ir.PadAttrs).Before, axesOf(v.Type.Shape), 0
	for i := range axes {
		start += before[i] * axes[i].stride
		axes[i].extent = v.Args[0].Type.Shape.Dim(i)
	}
	middle := offsets(start, axes)
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { surround(dst.F, args, reals, middle) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { surround(dst.I, args, ints, middle) }
}

func surround[T number](dst []T, args []*ir.Tensor, data func(*ir.Tensor) []T, middle []int) {
	var fill T
	if args[1] != nil {
		fill = data(args[1])[0]
	}
	for i := range dst {
		dst[i] = fill
	}
	for i, x := range data(args[0]) {
		dst[middle[i]] = x
	}
}
