package cgen

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
)

// fold prints the function of a fold, and of the programs behind it.
func (b *printer) fold(s *lower.Sweep) {
	switch first := s.Stages[0]; {
	case b.p.sums[first.To] != nil:
		b.sum(s)
	case first.Fold.Weight != nil:
		b.product(first)
	default:
		b.reduce(s)
	}
}

// reducing is a fold over all its taps, one by one.
type reducing struct {
	*printer
	*lower.Fold
	to   *lower.Array
	w    *walk
	x    operand
	taps []taps
}

// taps are an axis of the taps: how many, and, where windows look at padding, from which
// element on.
type taps struct{ count, first string }

// reduce prints the loops over the places of a fold and those over its taps.
func (b *printer) reduce(sweep *lower.Sweep) {
	s := sweep.Stages[0]
	r := &reducing{printer: b, Fold: s.Fold, to: s.To, w: over(s.Fold.Places)}
	x := s.Fold.X
	x.Strides = slices.Clone(x.Strides)
	for _, n := range r.Taps {
		r.taps = append(r.taps, taps{count: fmt.Sprintf("%du", n)})
	}
	windows := r.Windows()
	for i := range windows.In {
		r.cut(&x, windows, i)
	}
	r.x = b.side(r.w, "x", x)
	at, stored := b.p.place[s.To]
	y := operand{}
	if stored {
		y = b.pointer("", "y", at, r.w.elements())
	}
	body := b.body(sweep, r.w, map[*lower.Array]operand{s.To: {text: "(int32_t)all"}})
	b.indices(r.w)
	if stored && at.elem.packed {
		b.set(at, 0)
	}
	b.loops(r.w, 0, func() {
		b.line("\t%s;", r.start())
		r.tap(r.x.index.name, 0)
		if stored {
			b.write(y, "all")
		}
		body.element()
	})
	body.end(lower.Size(s.Fold.Places))
}

// side declares a pointer to an operand of a fold, and the index of a walk over its places.
func (b *printer) side(w *walk, name string, v lower.View) operand {
	return b.pointer("const ", name, b.p.at(v.Array), w.along(v.Start, v.Strides))
}

// cut lists where the windows of an axis begin and how many elements they see, if some of
// them look at padding.
func (r *reducing) cut(x *lower.View, w ir.Windows, axis int) {
	var first, count []int64
	unit, place := unit(r.Fold, w, axis), len(r.Places)-len(w.In)+axis
	for o := range w.Out[axis] {
		lo, hi := w.Span(axis, o)
		first = append(first, int64((o*w.Stride[axis]+lo*w.Dilation[axis]-w.Begin[axis])*unit))
		count = append(count, int64(hi-lo))
	}
	x.Start += w.Begin[axis] * unit
	if slices.Min(count) == int64(w.Kernel[axis]) {
		return
	}
	x.Strides[place] = 0
	table := make([]int, len(r.Places))
	table[place] = 1
	at, name := r.w.along(0, table).name, fmt.Sprint(axis)
	firsts := r.p.flash(r.to, "first"+name, unsignedFor(x.Array.Type.Size()), first, "where the windows of axis "+name+" begin")
	counts := r.p.flash(r.to, "count"+name, unsignedFor(w.Kernel[axis]+1), count, "how many elements they see on it")
	r.taps[len(r.Taps)-len(w.In)+axis] = taps{fmt.Sprintf("%s[%s]", counts.name, at), fmt.Sprintf("%s[%s]", firsts.name, at)}
}

// unit is the distance of neighbours on an axis that windows go along.
func unit(f *lower.Fold, w ir.Windows, axis int) int {
	if w.Kernel[axis] > 1 {
		return f.X.Strides[len(f.X.Strides)-len(w.In)+axis] / w.Dilation[axis]
	}
	return f.X.Strides[len(f.Places)-len(w.In)+axis] / w.Stride[axis]
}

// tap prints the loop over one axis of the taps, in those before it.
func (r *reducing) tap(x string, axis int) {
	if axis == len(r.taps) {
		one := r.x
		one.index = &path{name: x}
		r.line("\tconst int32_t one = %s;\n\t%s;", r.p.fill(one.read()), r.step())
		return
	}
	at, in := fmt.Sprintf("at%d", axis), r.taps[axis]
	if in.first != "" {
		x += " + " + in.first
	}
	r.line("\tuint32_t %s = %s;", at, x)
	r.line("\tfor (uint32_t m%d = %s; m%d != 0u; m%d--) {", axis, in.count, axis, axis)
	r.depth++
	r.tap(at, axis+1)
	r.advance(at, r.X.Strides[len(r.Places)+axis])
	r.depth--
	r.line("\t}")
}

// start declares the result of a place; the largest begins at the lower bound of the
// elements, the smallest at the upper.
func (r *reducing) start() string {
	switch r.Monoid {
	case lower.Max:
		return "int32_t all = " + literal(r.X.Array.Range.Lo, false)
	case lower.Min:
		return "int32_t all = " + literal(r.X.Array.Range.Hi, false)
	}
	return "uint32_t all = 0u"
}

// step takes an element into the result.
func (r *reducing) step() string {
	switch r.Monoid {
	case lower.Max:
		return "all = one > all ? one : all"
	case lower.Min:
		return "all = one < all ? one : all"
	}
	return "all += (uint32_t)one"
}
