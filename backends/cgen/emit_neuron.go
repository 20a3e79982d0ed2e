package cgen

import (
	"fmt"

	"nomul/ir"
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
		l.charge()
		l.fire()
		b.line("\tv[%s] = %s;", l.i, cast(n.membrane.elem, "h"))
		if n.spiking() {
			b.line("\tlane <<= 1;\n\tif (lane == 0u) {\n\t\t*s++ = bits;\n\t\tbits = 0u;\n\t\tlane = 1u;\n\t}")
		}
	})
	if n.spiking() && v.Type.Size()%32 != 0 {
		b.line("\t*s = bits;")
	}
	b.line("}")
}

// spiking reports whether spikes are kept, as a result or for a reset that waits.
func (n *neuron) spiking() bool {
	return !n.attrs.Silent || n.attrs.When == ir.WhenNext && (n.attrs.Masks || !n.forgets())
}

// cast is a number of 32 bits as an element.
func cast(e elem, number string) string {
	if e.c() == "int32_t" {
		return number
	}
	return "(" + e.c() + ")" + number
}

// layer prints one layer: its walk, and the names of its operands.
type layer struct {
	*printer
	*neuron
	w        *walk
	i        string // the index of a neuron
	from     operand
	at       map[string]string // parameters as C expressions
	wrapping map[string]string // likewise, unsigned
}

// layer declares what the loop over a layer's neurons goes through.
func (b *printer) layer(n *neuron, shape ir.Shape) *layer {
	l := &layer{printer: b, neuron: n, w: newWalk(shape.Dims()), at: map[string]string{}, wrapping: map[string]string{}}
	l.i = l.w.ordered().name
	l.from = b.operand(l.w, "x", n.x)
	l.parameter("threshold", n.threshold)
	l.parameter("bias", n.bias)
	if !n.forgets() || n.attrs.When == ir.WhenFire {
		l.parameter("reset", n.reset)
	}
	b.line("\t%s *v = %s;", n.membrane.elem.c(), n.membrane.expr)
	if n.attrs.Current.Kind != 0 {
		b.line("\t%s *current = %s;", n.current.elem.c(), n.current.expr)
	}
	if n.spiking() {
		b.line("\tuint32_t *s = %s;", n.spikes.expr)
	}
	return l
}

// parameter declares a parameter and how a sum reads it.
func (l *layer) parameter(name string, p param) {
	if p.array == nil {
		l.at[name], l.wrapping[name] = p.plain(), p.unsigned()
		return
	}
	at := name + "[" + l.w.stretched(p.shape).name + "]"
	l.at[name], l.wrapping[name] = at, "(uint32_t)"+at
	l.line("\tconst %s *%s = %s;", p.array.elem.c(), name, p.array.name)
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

// charge prints the potential h, with the resets of earlier spikes around the
// leak. Sums are unsigned: they may wrap on the way, h itself fits by proof.
func (l *layer) charge() {
	a, v := l.attrs, "v["+l.i+"]"
	late := a.When == ir.WhenNext && (a.Masks || !l.forgets())
	if late {
		l.line("\tconst int fired = (*s & lane) != 0u;")
	}
	if a.When == ir.WhenBoth {
		l.line("\tconst int high = %s %s %s;", v, comparison(a), l.at["threshold"])
	}
	if late && !a.Masks && a.Reset != ir.ResetSubtract {
		l.line("\tconst int32_t kept = fired ? %s : %s;", l.after(), v)
		v = "kept"
	}
	drive := l.drive()
	l.line("\tint32_t h = (int32_t)(%s);", l.p.fill(sum(l.left(a.Leak, l.leak, v), drive, l.wrapping["bias"])))
	switch {
	case a.Masks:
		l.line("\tif (fired) {\n\t\th = 0;\n\t}")
	case late && a.Reset == ir.ResetSubtract:
		l.line("\tif (fired) {\n\t\t%s\n\t}", l.lower("-"))
	case a.When == ir.WhenBoth:
		l.line("\tif (high) {\n\t\t%s\n\t}", l.lower("-"))
	}
}

// forgets tells whether a reset in the next step changes nothing: what it sets leaks away at once.
func (n *neuron) forgets() bool {
	return n.attrs.Reset == ir.ResetNone || n.attrs.Leak.Kind == ir.LeakAll && n.attrs.Reset != ir.ResetSubtract
}

// after is what a membrane is reset to.
func (l *layer) after() string {
	if l.attrs.Reset == ir.ResetValue {
		return l.at["reset"]
	}
	return "0"
}

// lower takes the reset's amount from h, or gives it back.
func (l *layer) lower(sign string) string {
	return fmt.Sprintf("h = (int32_t)((uint32_t)h %s %s);", sign, l.wrapping["reset"])
}

// sum adds terms, leaving out those that are 0.
func sum(terms ...string) string {
	out := ""
	for _, t := range terms {
		if t == "" || t == "0u" {
			continue
		}
		if out != "" {
			out += " + "
		}
		out += t
	}
	if out == "" {
		return "0u"
	}
	return out
}

// drive prints the current, if there is one, and is what charges the membrane.
func (l *layer) drive() string {
	x := "(uint32_t)" + l.from.read()
	if l.attrs.Guard > 0 {
		x = fmt.Sprintf("(%s << %d)", x, l.attrs.Guard)
	}
	a := l.attrs
	if a.Current.Kind == 0 {
		return x
	}
	c := "current[" + l.i + "]"
	before := "(uint32_t)" + c
	if a.Order == ir.OrderLate {
		l.line("\tconst int32_t arrived = %s;", c)
		c = "arrived"
	}
	if a.Order != ir.OrderAfter {
		before = l.left(a.Current, l.wane, c)
	}
	l.line("\tint32_t d = (int32_t)(%s);", l.p.fill(sum(before, x)))
	if a.MasksCurrent {
		l.line("\tif (fired) {\n\t\td = 0;\n\t}")
	}
	after := "d"
	if a.Order == ir.OrderAfter {
		after = "(int32_t)(" + sum(l.left(a.Current, l.wane, "d")) + ")"
	}
	l.line("\tcurrent[%s] = %s;", l.i, l.p.fill(cast(l.current.elem, after)))
	if a.Order == ir.OrderLate {
		return "(uint32_t)arrived"
	}
	return "(uint32_t)d"
}

// left is the C expression of what a leak leaves of a number, unsigned; empty when nothing.
func (l *layer) left(leak ir.Leak, digits csd, v string) string {
	shifted := fmt.Sprintf("@_asr_%v(%s, %d)", l.attrs.Round, v, leak.K)
	switch leak.Kind {
	case ir.LeakAll:
		return ""
	case ir.LeakShift:
		return "(uint32_t)" + shifted
	case ir.LeakDecay:
		return fmt.Sprintf("(uint32_t)(%s - %s)", v, shifted)
	case ir.LeakCSD:
		return "(uint32_t)" + digits.product(v, digits.digits.name, leak.K, l.attrs.Round)
	}
	return "(uint32_t)" + v
}

func comparison(a ir.NeuronAttrs) string {
	if a.Compare == ir.GT {
		return ">"
	}
	return ">="
}

// fire prints the comparison, the spike, and the reset that acts on it.
func (l *layer) fire() {
	a := l.attrs
	if !a.Fires() {
		return
	}
	l.line("\tif (h %s %s) {", comparison(a), l.at["threshold"])
	if l.spiking() {
		l.line("\t\tbits |= lane;")
	}
	switch {
	case a.When == ir.WhenBoth:
		l.line("\t\tif (!high) {\n\t\t\t%s\n\t\t}\n\t} else if (high) {\n\t\t%s", l.lower("-"), l.lower("+"))
	case a.When != ir.WhenFire:
	case a.Reset == ir.ResetZero:
		l.line("\t\th = 0;")
	case a.Reset == ir.ResetValue:
		l.line("\t\th = %s;", l.at["reset"])
	case a.Reset == ir.ResetSubtract:
		l.line("\t\t%s", l.lower("-"))
	}
	l.line("\t}")
}
