package cgen

import (
	"nomul/ir"
	"nomul/ir/update"
)

// neuron prints a layer's function: all neurons in C order, 32 to a word of
// spikes. A word is stored when it is full, so that the spikes of the last step
// can be read until then.
func (b *printer) neuron(v *ir.Value) {
	n := b.p.neurons[v]
	b.function(v)
	l := b.layer(v, n)
	b.indices(l.w)
	if n.spiking() {
		b.line("\tuint32_t bits = 0u, lane = 1u;")
	}
	b.WriteByte('\n')
	b.loops(l.w, func() {
		l.print()
		if n.spiking() {
			b.line("\tlane <<= 1;\n\tif (lane == 0u) {\n\t\t*s++ = bits;\n\t\tbits = 0u;\n\t\tlane = 1u;\n\t}")
		}
	})
	if n.spiking() && v.Type.Size()%32 != 0 {
		b.line("\t*s = bits;")
	}
	b.line("}")
}

// layer prints a neuron layer: how its program reads and writes the state.
type layer struct {
	*programPrinter
	*neuron
	i string // the index of a neuron
}

// layer declares the arrays that the loop over a layer's neurons goes through.
func (b *printer) layer(v *ir.Value, n *neuron) *layer {
	l := &layer{programPrinter: b.program(v, n.program), neuron: n}
	l.i = l.w.ordered().name
	l.programPrinter.params, l.programPrinter.leaks = n.params, n.leaks
	l.load, l.store, l.give = l.loads, l.stores, l.gives
	l.declare()
	for at, variable := range n.program.Vars {
		if !variable.Bit {
			b.line("\t%s *%s = %s;", n.vars[at].elem.c(), arrayOf(variable), n.vars[at].expr)
		}
	}
	if n.spiking() {
		b.line("\tuint32_t *s = %s;", n.spikes.expr)
	}
	return l
}

// arrayOf is the C name of a state variable's array.
func arrayOf(v update.Var) string { return v.Name + "s" }

func (l *layer) loads(v update.Var) string {
	if v.Bit {
		return "(*s & lane) != 0u"
	}
	return arrayOf(v) + "[" + l.i + "]"
}

// stores prints the new value of a state variable. The spikes that a reset waits for are
// the result, if that is spikes.
func (l *layer) stores(to update.Var, at int, number string) {
	switch {
	case !to.Bit:
		l.line("\t%s[%s] = %s;", arrayOf(to), l.i, cast(l.vars[at].elem, number))
	case !l.fires():
		l.spike(number)
	}
}

// gives prints the result, which of a silent neuron is the membrane.
func (l *layer) gives(number string) {
	if l.fires() {
		l.spike(number)
	}
}

func (l *layer) spike(bit string) { l.line("\tif (%s) {\n\t\tbits |= lane;\n\t}", bit) }

// cast is a number of 32 bits as an element.
func cast(e elem, number string) string {
	if e.c() == "int32_t" {
		return number
	}
	return "(" + e.c() + ")" + number
}
