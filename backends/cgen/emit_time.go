package cgen

import (
	"fmt"

	"nomul/ir"
)

// accumulate prints the function of a readout, which takes x into the value at
// the end of each step. Packed spikes need no case of their own but where said:
// writing a spike is an or.
func (b *printer) accumulate(v *ir.Value, fresh bool, body func(x, y operand)) {
	b.function(v)
	w := newWalk(v.Type.Shape.Dims())
	x := b.operand(w, "x", v.Arg(0))
	y := b.writes(b.p.place[v], w.ordered())
	b.indices(w)
	b.WriteByte('\n')
	if fresh {
		b.cleared(y)
	}
	b.loops(w, func() { body(x, y) })
	b.line("}")
}

// sum of one step of spikes is packed, and then equal to them.
func (b *printer) sum(v *ir.Value) {
	b.accumulate(v, false, func(x, y operand) {
		if y.at.elem.packed {
			b.write(y, x.read())
			return
		}
		b.write(y, "(uint32_t)"+y.read()+" + (uint32_t)"+x.read())
	})
}

func (b *printer) last(v *ir.Value) {
	b.accumulate(v, true, func(x, y operand) { b.write(y, x.read()) })
}

// maxTime begins below everything.
func (b *printer) maxTime(v *ir.Value) {
	b.accumulate(v, false, func(x, y operand) {
		if y.at.elem.packed {
			b.write(y, x.read())
			return
		}
		b.line("\tconst int32_t one = %s;", b.p.fill(x.read()))
		b.line("\tif (one > %s) {", y.read())
		b.write(y, "one")
		b.line("\t}")
	})
}

// first begins with the number of steps; of a single step the result is one bit.
func (b *printer) first(v *ir.Value) {
	b.accumulate(v, true, func(x, y operand) {
		if y.at.elem.packed {
			b.write(y, x.read()+" == 0")
			return
		}
		b.line("\tif (%s != 0 && %s == %d) {", b.p.fill(x.read()), y.read(), b.p.net.Steps)
		b.write(y, "st->step[0]")
		b.line("\t}")
	})
}

// beginning is what a readout is before the first step.
func beginning(v *ir.Value) param {
	switch v.Op {
	case ir.OpMaxTime:
		return param{value: v.Arg(0).Range.Lo}
	case ir.OpFirst:
		return param{value: v.Range.Hi}
	}
	return param{}
}

// takes prints a function of a value that copies elements of its shape.
func (b *printer) takes(name string, x *ir.Value, y place) {
	b.line("static void %s(@_state *st)\n{", name)
	w := newWalk(x.Type.Shape.Dims())
	from := b.operand(w, "x", x)
	b.copy(w, from, b.writes(y, w.ordered()))
	b.line("}")
}

// initial is the name of the function that sets a delay to its first value.
func (p *plan) initial(v *ir.Value) string { return p.global(v, "init") }

// delay prints what sets it at the start, and, when what it shows next is held
// apart, the function that shows it.
func (b *printer) delay(v *ir.Value) {
	held, apart := b.p.held[v]
	to := b.p.place[v]
	if apart {
		to = held
	}
	b.WriteByte('\n')
	b.comment(v.String())
	b.takes(b.p.initial(v), v.Arg(0), to)
	if apart {
		b.line("\nstatic void %s(@_state *st)\n{", b.p.functionOf(v))
		w := newWalk(v.Type.Shape.Dims())
		b.copy(w, b.reads("x", held, w.ordered()), b.writes(b.p.place[v], w.ordered()))
		b.line("}")
	}
}

// latch prints the function that keeps x for its delay.
func (b *printer) latch(v *ir.Value) {
	to, apart := b.p.held[v.Arg(0)]
	if !apart {
		to = b.p.place[v.Arg(0)]
	}
	b.WriteByte('\n')
	b.comment(fmt.Sprintf("latch %%%s, %%%s", v.Arg(0).Name, v.Arg(1).Name))
	b.takes(b.p.functionOf(v), v.Arg(1), to)
}
