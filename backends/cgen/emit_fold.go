package cgen

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
)

// inner is an axis of what is folded into one element: how many, how far apart,
// and, where windows look at padding, the tables that say where and how many.
type inner struct {
	count         string
	stride        int
	first, counts *array
	at            *path // in the tables
}

// reduce prints a reduction: for each element of the result, a walk over the axes.
func (b *printer) reduce(v *ir.Value) {
	x, axes := v.Arg(0).Type.Shape, v.Attrs.(ir.ReduceAttrs).Axes
	outer, strides := x.Dims(), lower.Strides(x.Dims())
	var over []inner
	for axis, d := range x.Dims() {
		if slices.Contains(axes, axis) {
			outer[axis] = 1
			over = append(over, inner{count: fmt.Sprintf("%du", d), stride: strides[axis]})
		}
	}
	w := newWalk(outer)
	b.fold(v, w, w.along(0, strides), over)
}

// pool prints a pool: for each place of the result, a walk over its window.
func (b *printer) pool(v *ir.Value) {
	x, windows := v.Arg(0).Type.Shape, ir.WindowsOf(v)
	dims, strides := v.Type.Shape.Dims(), lower.Strides(x.Dims())
	w := newWalk(dims)
	var over []inner
	for i, span := range b.p.windows[v] {
		axis := len(dims) - len(windows.In) + i
		in := inner{count: fmt.Sprintf("%du", windows.Kernel[i]), stride: windows.Dilation[i] * strides[axis]}
		strides[axis] *= windows.Stride[i]
		if span.first != nil {
			table := make([]int, len(dims))
			table[axis], strides[axis] = 1, 0
			in.first, in.counts, in.at = span.first, span.count, w.along(0, table)
			in.count = fmt.Sprintf("%s[%s]", span.count.name, in.at.name)
		}
		over = append(over, in)
	}
	b.fold(v, w, w.along(0, strides), over)
}

// fold prints the loops over the result and those over what is folded.
func (b *printer) fold(v *ir.Value, w *walk, from *path, over []inner) {
	b.function(v)
	x := b.reads("x", b.p.place[v.Arg(0)], &path{})
	y := b.writes(b.p.place[v], w.ordered())
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() {
		b.line("\t%s;", foldStart(v))
		b.folding(v, x, from.name, over, 0)
		b.write(y, "all")
	})
	b.line("}")
}

// folding prints the loop over one axis of what is folded, in those before it.
func (b *printer) folding(v *ir.Value, x operand, from string, over []inner, axis int) {
	if axis == len(over) {
		x.index = &path{name: from}
		b.line("\tconst int32_t one = %s;", b.p.fill(x.read()))
		b.line("\t%s;", foldStep(v))
		return
	}
	in, at := over[axis], fmt.Sprintf("at%d", axis)
	if in.first != nil {
		from += fmt.Sprintf(" + %s[%s]", in.first.name, in.at.name)
	}
	b.line("\tuint32_t %s = %s;", at, from)
	b.line("\tfor (uint32_t m%d = %s; m%d != 0u; m%d--) {", axis, in.count, axis, axis)
	b.depth++
	b.folding(v, x, at, over, axis+1)
	b.advance(at, in.stride)
	b.depth--
	b.line("\t}")
}

// foldStart declares what the elements are folded into; the largest begins at
// what none is below, the smallest at what none is above.
func foldStart(v *ir.Value) string {
	r := v.Arg(0).Range
	switch v.Op {
	case ir.OpReduceMax, ir.OpMaxPool:
		return "int32_t all = " + literal(r.Lo, false)
	case ir.OpReduceMin:
		return "int32_t all = " + literal(r.Hi, false)
	}
	return "uint32_t all = 0u"
}

func foldStep(v *ir.Value) string {
	switch v.Op {
	case ir.OpReduceMax, ir.OpMaxPool:
		return "all = one > all ? one : all"
	case ir.OpReduceMin:
		return "all = one < all ? one : all"
	}
	return "all += (uint32_t)one"
}
