package eval

import "nomul/ir"

// number is the arithmetic of a value: reals, or integers.
type number interface{ int64 | float64 }

// block is the number of elements that an op on elements treats at a time: few enough
// that operands shown in another shape or type stay in the cache, and take no memory of
// the operand's size.
const block = 2048

// inBlocks calls f for the ends of each block of n elements.
func inBlocks(n int, f func(from, to int)) {
	for from := 0; from < n; from += block {
		f(from, min(from+block, n))
	}
}

// A View presents an operand as a plain slice with one element per element of
// a shape it broadcasts to. The view of a constant is made only once, if it is whole.
type View struct {
	size     int
	axes     []axis     // of the walk through the operand; nil: the shapes are equal
	constant *ir.Tensor // the data of a constant operand
	shown    *ir.Tensor // the constant that f or i holds whole
	f        []float64
	i        []int64
}

// NewView prepares the view of operand a in shape to.
func NewView(a *ir.Value, to ir.Shape) *View {
	return &View{size: to.Size(), axes: broadcast(a.Type.Shape, to), constant: a.Const()}
}

// Reals shows a tensor of the operand's shape, integers as real numbers. The
// slice is valid until the next call and must not be written.
func (w *View) Reals(t *ir.Tensor) []float64 { return w.reals(t, 0, w.size) }

// Ints shows an integer tensor of the operand's shape. The slice is valid until
// the next call and must not be written.
func (w *View) Ints(t *ir.Tensor) []int64 { return w.ints(t, 0, w.size) }

// reals is Reals for the elements from one to before another.
func (w *View) reals(t *ir.Tensor, from, to int) []float64 {
	switch {
	case w.axes == nil && t.Type.IsReal():
		return t.F[from:to]
	case w.shown == t && w.f != nil && to-from == w.size:
		return w.f
	}
	w.f = sized(w.f, to-from)
	if t.Type.IsReal() {
		show(w.f, t.F, w.axes, from)
	} else {
		show(w.f, t.I, w.axes, from)
	}
	w.keep(t, to-from)
	return w.f
}

// ints is Ints for the elements from one to before another.
func (w *View) ints(t *ir.Tensor, from, to int) []int64 {
	switch {
	case w.axes == nil:
		return t.I[from:to]
	case w.shown == t && w.i != nil && to-from == w.size:
		return w.i
	}
	w.i = sized(w.i, to-from)
	show(w.i, t.I, w.axes, from)
	w.keep(t, to-from)
	return w.i
}

// keep notes that the buffer holds all n elements of the constant, whose data does not
// change; any other tensor may hold something else the next time.
func (w *View) keep(t *ir.Tensor, n int) {
	w.shown = nil
	if t == w.constant && n == w.size {
		w.shown = t
	}
}

func sized[T number](buffer []T, n int) []T {
	if cap(buffer) < n {
		return make([]T, n)
	}
	return buffer[:n]
}

// broadcast returns the walk through an operand's memory that visits it in C order of a
// shape it broadcasts to: the last axis repeats one element or visits neighbours. It is
// nil when the shapes are equal.
func broadcast(operand, to ir.Shape) []axis {
	if operand == to {
		return nil
	}
	axes := []axis{{0, 1}}
	from := axesOf(operand)
	for i := range to.Rank() {
		next := axis{0, to.Dim(i)}
		if k := i - to.Rank() + operand.Rank(); k >= 0 && from[k].extent > 1 {
			next.stride = from[k].stride
		}
		last := &axes[len(axes)-1]
		switch {
		case next.extent == 1:
		case last.extent == 1:
			*last = next
		case last.stride == next.stride*next.extent: // they visit as one axis does
			*last = axis{next.stride, last.extent * next.extent}
		default:
			axes = append(axes, next)
		}
	}
	return axes
}

// show fills dst with the elements of src that a broadcast visits from its at-th on.
func show[To, From number](dst []To, src []From, axes []axis, at int) {
	if axes == nil {
		convert(dst, src[at:])
		return
	}
	last, outer := axes[len(axes)-1], axes[:len(axes)-1]
	for len(dst) > 0 {
		line, i := at/last.extent, at%last.extent
		start := i * last.stride
		for k := len(outer) - 1; k >= 0; k-- {
			start += line % outer[k].extent * outer[k].stride
			line /= outer[k].extent
		}
		n := min(last.extent-i, len(dst))
		if last.stride == 0 {
			fill(dst[:n], To(src[start]))
		} else {
			convert(dst[:n], src[start:])
		}
		dst, at = dst[n:], at+n
	}
}

func convert[To, From number](dst []To, src []From) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = To(v)
	}
}

func fill[T number](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}

func spread[T number](dst, src []T, index []int) {
	for i, from := range index {
		dst[i] = src[from]
	}
}
