package cgen

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/update"
)

// readout prints the function of a readout, which takes x into the value at the end of each step.
func (b *printer) readout(v *ir.Value) {
	b.function(v)
	code, _ := v.Update(b.p.net.Steps)
	p := b.program(v, code)
	p.declare()
	y := b.writes(b.p.place[v], p.w.ordered())
	b.indices(p.w)
	b.WriteByte('\n')
	p.load = func(update.Var) string { return y.read() }
	p.store = func(_ update.Var, _ int, number string) { b.replace(y, number) }
	p.give = func(string) {}
	b.loops(p.w, p.print)
	b.line("}")
}

// beginning is what a readout is before the first step.
func (p *plan) beginning(v *ir.Value) param {
	code, _ := v.Update(p.net.Steps)
	return param{value: code.Vars[0].Start}
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
