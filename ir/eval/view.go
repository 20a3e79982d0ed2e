package eval

import "nomul/ir"

// number is the arithmetic of a value: reals, or integers.
type number interface{ int64 | float64 }

// A View presents an operand as a plain slice with one element per element of
// a shape it broadcasts to. The view of a constant is made only once.
type View struct {
	size     int
	index    []int      // nil: the shapes are equal
	constant *ir.Tensor // the data of a constant operand
	shown    *ir.Tensor // the constant that f or i holds already
	f        []float64
	i        []int64
}

// NewView prepares the view of operand a in shape to.
func NewView(a *ir.Value, to ir.Shape) *View {
	return &View{size: to.Size(), index: ir.Index(a.Type.Shape, to), constant: a.Const()}
}

// Reals shows a tensor of the operand's shape, integers as real numbers. The
// slice is valid until the next call and must not be written.
func (w *View) Reals(t *ir.Tensor) []float64 {
	switch {
	case w.index == nil && t.Type.IsReal():
		return t.F
	case w.shown == t && w.f != nil:
		return w.f
	case w.f == nil:
		w.f = make([]float64, w.size)
	}
	if t.Type.IsReal() {
		spread(w.f, t.F, w.index)
	} else {
		spreadAsReals(w.f, t.I, w.index)
	}
	w.keep(t)
	return w.f
}

// Ints shows an integer tensor of the operand's shape. The slice is valid until
// the next call and must not be written.
func (w *View) Ints(t *ir.Tensor) []int64 {
	switch {
	case w.index == nil:
		return t.I
	case w.shown == t && w.i != nil:
		return w.i
	case w.i == nil:
		w.i = make([]int64, w.size)
	}
	spread(w.i, t.I, w.index)
	w.keep(t)
	return w.i
}

// keep notes that the buffer holds the constant, whose data does not change;
// any other tensor may hold something else the next time.
func (w *View) keep(t *ir.Tensor) {
	w.shown = nil
	if t == w.constant {
		w.shown = t
	}
}

func spread[T number](dst, src []T, index []int) {
	for i, from := range index {
		dst[i] = src[from]
	}
}

func spreadAsReals(dst []float64, src []int64, index []int) {
	if index == nil {
		for i, v := range src {
			dst[i] = float64(v)
		}
		return
	}
	for i, from := range index {
		dst[i] = float64(src[from])
	}
}
