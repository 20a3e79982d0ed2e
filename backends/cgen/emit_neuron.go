package cgen

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/update"
)

// neuron prints a layer's function: all neurons in C order, 32 to a word of
// spikes. A word is stored when it is full, so that the spikes of the last step
// can be read until then.
func (b *printer) neuron(v *ir.Value) {
	n := b.p.neurons[v]
	b.function(v)
	l := b.layer(n, v.Type.Shape)
	b.indices(l.w)
	if n.spiking() {
		b.line("\tuint32_t bits = 0u, lane = 1u;")
	}
	b.WriteByte('\n')
	b.loops(l.w, func() {
		l.update()
		if n.spiking() {
			b.line("\tlane <<= 1;\n\tif (lane == 0u) {\n\t\t*s++ = bits;\n\t\tbits = 0u;\n\t\tlane = 1u;\n\t}")
		}
	})
	if n.spiking() && v.Type.Size()%32 != 0 {
		b.line("\t*s = bits;")
	}
	b.line("}")
}

// cast is a number of 32 bits as an element.
func cast(e elem, number string) string {
	if e.c() == "int32_t" {
		return number
	}
	return "(" + e.c() + ")" + number
}

// layer prints one layer: its walk, and its values as C expressions, whole and unsigned.
// Sums are unsigned: they may wrap on the way, a value with a name fits by proof.
type layer struct {
	*printer
	*neuron
	w        *walk
	i        string // the index of a neuron
	from     operand
	uses     []int
	names    []string
	at       []string // by value, a number
	wrapping []string // by value, modulo 2^32
}

// layer declares the arrays that the loop over a layer's neurons goes through.
func (b *printer) layer(n *neuron, shape ir.Shape) *layer {
	code := n.program.Code
	l := &layer{printer: b, neuron: n, w: newWalk(shape.Dims()), uses: n.program.Uses(), names: n.program.Names(),
		at: make([]string, len(code)), wrapping: make([]string, len(code))}
	l.i = l.w.ordered().name
	l.from = b.operand(l.w, "x", n.x)
	for v, i := range code {
		if i.Kind == update.Param {
			l.parameter(v, n.params[i.At])
		}
	}
	for v, variable := range n.program.Vars {
		if !variable.Bit {
			b.line("\t%s *%s = %s;", n.vars[v].elem.c(), arrayOf(variable), n.vars[v].expr)
		}
	}
	if n.spiking() {
		b.line("\tuint32_t *s = %s;", n.spikes.expr)
	}
	return l
}

// arrayOf is the C name of a state variable's array.
func arrayOf(v update.Var) string { return v.Name + "s" }

// parameter declares a parameter and how a sum reads it.
func (l *layer) parameter(v int, p param) {
	if p.array == nil {
		l.at[v], l.wrapping[v] = p.plain(), p.unsigned()
		return
	}
	l.line("\tconst %s *%s = %s;", p.array.elem.c(), l.names[v], p.array.name)
	l.at[v] = l.names[v] + "[" + l.w.stretched(p.shape).name + "]"
	l.wrapping[v] = "(uint32_t)" + l.at[v]
}

// plain is the number in C.
func (p param) plain() string {
	if p.value < 0 {
		return "(" + literal(p.value, false) + ")"
	}
	return literal(p.value, false)
}

// unsigned is the number in C for sums that may wrap.
func (p param) unsigned() string {
	if p.value < 0 {
		return "(uint32_t)" + p.plain()
	}
	return literal(p.value, false) + "u"
}

// update prints the program of one neuron.
func (l *layer) update() {
	for v, i := range l.program.Code {
		switch i.Kind {
		case update.Param:
		case update.Store:
			l.store(i)
		case update.Result:
			if l.fires() {
				l.spike(i.A)
			}
		default:
			l.value(v, i)
		}
	}
}

// store prints the new value of a state variable. The spikes that a reset waits for are
// the result, if that is spikes.
func (l *layer) store(i update.Instr) {
	to := l.program.Vars[i.At]
	switch {
	case !to.Bit:
		l.line("\t%s[%s] = %s;", arrayOf(to), l.i, cast(l.vars[i.At].elem, l.at[i.A]))
	case !l.fires():
		l.spike(i.A)
	}
}

func (l *layer) spike(v update.Value) {
	l.line("\tif (%s) {\n\t\tbits |= lane;\n\t}", l.at[v])
}

// value makes a value an expression where one instruction takes it, and else a variable.
func (l *layer) value(v int, i update.Instr) {
	l.at[v], l.wrapping[v] = l.expression(i)
	if i.Kind == update.Const || i.Kind == update.Operand || i.Name == "" && l.uses[v] == 1 {
		return
	}
	kind := "int32_t"
	if l.program.IsBit(update.Value(v)) {
		kind = "int"
	}
	l.line("\tconst %s %s = %s;", kind, l.names[v], l.at[v])
	l.at[v], l.wrapping[v] = l.names[v], "(uint32_t)"+l.names[v]
}

// expression is an instruction in C: as a number, and modulo 2^32.
func (l *layer) expression(i update.Instr) (number, wrapping string) {
	a, b := l.at[i.A], l.at[i.B]
	wa, wb := l.wrapping[i.A], l.wrapping[i.B]
	switch i.Kind {
	case update.Load:
		number = arrayOf(l.program.Vars[i.At]) + "[" + l.i + "]"
		if l.program.Vars[i.At].Bit {
			number = "(*s & lane) != 0u"
		}
	case update.Operand:
		number = l.p.fill(l.from.read())
	case update.Const:
		p := param{value: i.At}
		return p.plain(), p.unsigned()
	case update.Add:
		return sum(wa, "+", wb)
	case update.Sub:
		if c, amount, ok := l.reset(i.B); ok {
			wrapping = fmt.Sprintf("(%s ? %s - %s : %s)", c, wa, amount, wa)
			return "(int32_t)" + wrapping, wrapping
		}
		return sum(wa, "-", wb)
	case update.Shl:
		wrapping = fmt.Sprintf("(%s << %d)", wa, i.At)
		return "(int32_t)" + wrapping, wrapping
	case update.Leak:
		number = l.leak(i, a)
	case update.AtLeast:
		number = a + " >= " + b
	case update.Above:
		number = a + " > " + b
	case update.Xor:
		number = a + " != " + b
	case update.Select:
		number = fmt.Sprintf("%s ? %s : %s", l.at[i.C], a, b)
	}
	return number, "(uint32_t)(" + number + ")"
}

// reset returns the bit and the amount, modulo 2^32, of a value that is the amount where
// the bit is 1 and else 0: a branch around the subtraction is shorter than a choice of
// what is subtracted.
func (l *layer) reset(v update.Value) (bit, amount string, ok bool) {
	i := l.program.Code[v]
	if i.Kind != update.Select || l.uses[v] != 1 || l.at[i.B] != "0" {
		return "", "", false
	}
	return l.at[i.C], l.wrapping[i.A], true
}

// sum is a sum or difference modulo 2^32.
func sum(a, sign, b string) (number, wrapping string) {
	wrapping = "(" + a + " " + sign + " " + b + ")"
	return "(int32_t)" + wrapping, wrapping
}

// leak is the C expression of the part of a number that a leak leaves. The digits of a
// factor are data: compilers would make a multiplication of shifts that they see.
func (l *layer) leak(i update.Instr, v string) string {
	d := i.Decay
	if d.Factor() != 1 {
		return l.p.fill(l.leaks[i.A].product(v, l.leaks[i.A].digits.name, d.Shift, rounding(d)))
	}
	shifted := l.p.fill(fmt.Sprintf("@_asr_%v(%s, %d)", rounding(d), v, d.Shift))
	if d.Rest {
		return v + " - " + shifted
	}
	return shifted
}

// rounding is that of a leak's shift.
func rounding(d update.Decay) ir.Round {
	switch {
	case d.Up != 0:
		return ir.RoundCeil
	case d.UpNegative != 0:
		return ir.RoundZero
	}
	return ir.RoundFloor
}
