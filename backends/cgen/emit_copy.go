package cgen

import (
	"nomul/ir"
)

// copy prints a loop that takes the elements of x, of some shape, to places of
// y: both go through paths of the walk.
func (b *printer) copy(w *walk, x, y operand) {
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() { b.write(y, x.read()) })
}

// moved prints a function that reads x along a path and writes the value in order.
func (b *printer) moved(v *ir.Value, start int, strides []int) {
	b.function(v)
	w := newWalk(v.Type.Shape.Dims())
	x := operand{}
	if number, ok := uniform(v.Arg(0)); ok {
		x.literal = literal(number, false)
	} else {
		x = b.reads("x", b.p.place[v.Arg(0)], w.along(start, strides))
	}
	b.copy(w, x, b.writes(b.p.place[v], w.ordered()))
	b.line("}")
}

func (b *printer) transpose(v *ir.Value) {
	from := stridesOf(v.Arg(0).Type.Shape.Dims())
	var strides []int
	for _, axis := range v.Attrs.(ir.PermAttrs).Perm {
		strides = append(strides, from[axis])
	}
	b.moved(v, 0, strides)
}

func (b *printer) slice(v *ir.Value) {
	a := v.Attrs.(ir.SliceAttrs)
	strides := stridesOf(v.Arg(0).Type.Shape.Dims())
	start := a.Start * strides[a.Axis]
	strides[a.Axis] *= a.Step
	b.moved(v, start, strides)
}

func (b *printer) stretch(v *ir.Value) {
	strides := newWalk(v.Type.Shape.Dims()).stretched(v.Arg(0).Type.Shape).strides
	b.moved(v, 0, strides)
}

// concat prints one loop per operand, each into its part of the result.
func (b *printer) concat(v *ir.Value) {
	b.function(v)
	at := b.p.place[v]
	b.line("\t%s *y = %s;\n", at.elem.c(), at.expr)
	y := operand{name: "y", at: at}
	b.cleared(y)
	axis, strides, start := v.Attrs.(ir.AxisAttrs).Axis, stridesOf(v.Type.Shape.Dims()), 0
	for _, a := range v.Args {
		b.part(a, y, start, strides)
		start += a.Type.Shape.Dim(axis) * strides[axis]
	}
	b.line("}")
}

// part copies an operand to its places in y; whole words of spikes where it can.
func (b *printer) part(a *ir.Value, y operand, start int, strides []int) {
	b.line("\t{")
	b.depth++
	w := newWalk(a.Type.Shape.Dims())
	x := b.operand(w, "x", a)
	y.index = w.along(start, strides)
	w.collapse()
	if run := len(w.dims) == 1 && (w.dims[0] == 1 || y.index.strides[0] == 1); run && x.literal == "" && x.at.elem.packed && y.at.elem.packed && start%32 == 0 {
		b.line("\n\t@_copy32(%s, x, %du);", offset("y", start/32), x.at.elem.length(x.at.n))
	} else {
		b.indices(w)
		b.WriteByte('\n')
		b.loops(w, func() { b.write(y, x.read()) })
	}
	b.depth--
	b.line("\t}")
}

// pad prints two loops: the number it pads with everywhere, then x into the middle.
func (b *printer) pad(v *ir.Value) {
	b.function(v)
	at, strides, start := b.p.place[v], stridesOf(v.Type.Shape.Dims()), 0
	for i, n := range v.Attrs.(ir.PadAttrs).Before {
		start += n * strides[i]
	}
	b.line("\t%s *y = %s;\n", at.elem.c(), at.expr)
	b.around(v)
	x := v.Arg(0)
	w := newWalk(x.Type.Shape.Dims())
	from := b.operand(w, "x", x)
	y := operand{name: "y", at: at, index: w.along(start, strides)}
	b.indices(w)
	b.WriteByte('\n')
	b.loops(w, func() {
		if at.elem.packed {
			b.line("\ty[%[1]s >> 5] &= ~(1u << (%[1]s & 31u));", y.index.name)
		}
		b.write(y, from.read())
	})
	b.line("}")
}

// around fills the result of a pad.
func (b *printer) around(v *ir.Value) {
	y := operand{name: "y", at: b.p.place[v]}
	w := newWalk(v.Type.Shape.Dims())
	y.index = w.ordered()
	fill := operand{literal: "0"}
	b.line("\t{")
	b.depth++
	if v.Arg(1) != nil {
		fill = b.operand(w, "value", v.Arg(1))
	}
	b.indices(w)
	b.WriteByte('\n')
	b.cleared(y)
	b.loops(w, func() { b.write(y, fill.read()) })
	b.depth--
	b.line("\t}")
}
