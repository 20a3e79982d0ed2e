package cgen

import (
	"fmt"

	"nomul/ir"
)

// neuron prints a layer's function: all neurons in C order, 32 to a word of spikes.
func (b *printer) neuron(v *ir.Value) {
	n := b.p.neurons[v]
	b.function(v)
	b.line("\tconst %s *x = %s;", n.x.elem.c(), n.x.expr)
	b.parameter("threshold", n.threshold)
	b.parameter("bias", n.bias)
	b.parameter("reset", n.reset)
	b.line("\t%s *v = %s;\n\tuint32_t *s = %s;", n.membrane.elem.c(), n.membrane.expr, n.spikes.expr)
	b.line("\tuint32_t left = %du;\n", n.spikes.n)
	b.line("\tdo {\n\t\tuint32_t bits = 0u, lane = 1u;")
	b.line("\t\tdo {")
	b.charge(n)
	b.fire(n)
	for _, param := range []struct {
		name string
		param
	}{{"threshold", n.threshold}, {"bias", n.bias}, {"reset", n.reset}} {
		if param.array != nil {
			b.line("\t\t\t%s++;", param.name)
		}
	}
	if !n.x.elem.packed {
		b.line("\t\t\tx++;")
	}
	b.line("\t\t\tv++;\n\t\t\tlane <<= 1;\n\t\t\tleft--;\n\t\t} while (lane != 0u && left != 0u);\n\t\t*s++ = bits;")
	if n.x.elem.packed {
		b.line("\t\tx++;")
	}
	b.line("\t} while (left != 0u);\n}")
}

func (b *printer) parameter(name string, p param) {
	if p.array != nil {
		b.line("\tconst %s *%s = %s;", p.array.elem.c(), name, p.array.name)
	}
}

// charge prints the potential: h = leak(v) + (x << guard) + bias, with the
// delayed reset of the last step's spikes before or after the leak. Sums are
// unsigned: they may wrap on the way, h itself fits by proof.
func (b *printer) charge(n *neuron) {
	forgets := n.attrs.Leak.Kind == ir.LeakAll && n.attrs.Reset != ir.ResetSubtract
	if n.attrs.When == ir.WhenFire || n.attrs.Reset == ir.ResetNone || forgets {
		b.line("\t\t\tint32_t h = (int32_t)(%s);", b.drive(n, leak(n.attrs, "*v")))
		return
	}
	if n.attrs.Reset == ir.ResetSubtract {
		b.line("\t\t\tint32_t h = (int32_t)(%s);", b.drive(n, leak(n.attrs, "*v")))
		b.line("\t\t\tif ((*s & lane) != 0u) {\n\t\t\t\th = (int32_t)((uint32_t)h - %s);\n\t\t\t}", n.reset.wrapping("reset"))
		return
	}
	to := "0"
	if n.attrs.Reset == ir.ResetValue {
		to = n.reset.plain("reset")
	}
	b.line("\t\t\tint32_t kept = (*s & lane) != 0u ? %s : *v;", to)
	b.line("\t\t\tint32_t h = (int32_t)(%s);", b.drive(n, leak(n.attrs, "kept")))
}

// drive is the sum of what charges a membrane.
func (b *printer) drive(n *neuron, kept string) string {
	x := "(uint32_t)*x"
	if n.x.elem.packed {
		x = "((*x & lane) != 0u ? 1u : 0u)"
	}
	if n.attrs.Guard > 0 {
		x = fmt.Sprintf("(%s << %d)", x, n.attrs.Guard)
	}
	sum := x
	if kept != "" {
		sum = "(uint32_t)" + kept + " + " + x
	}
	if n.bias.given && (n.bias.array != nil || n.bias.value != 0) {
		sum += " + " + n.bias.wrapping("bias")
	}
	return b.p.fill(sum)
}

// leak is the C expression of what remains of a membrane; empty when nothing does.
func leak(a ir.NeuronAttrs, v string) string {
	shifted := fmt.Sprintf("@_asr_%v(%s, %d)", a.Round, v, a.Leak.K)
	switch a.Leak.Kind {
	case ir.LeakAll:
		return ""
	case ir.LeakShift:
		return shifted
	case ir.LeakDecay:
		return fmt.Sprintf("(%s - %s)", v, shifted)
	}
	return v
}

// fire prints the comparison, the spike, the reset and the membrane to keep.
func (b *printer) fire(n *neuron) {
	op := ">="
	if n.attrs.Compare == ir.GT {
		op = ">"
	}
	b.line("\t\t\tif (h %s %s) {\n\t\t\t\tbits |= lane;", op, n.threshold.plain("threshold"))
	if n.attrs.When == ir.WhenFire {
		switch n.attrs.Reset {
		case ir.ResetZero:
			b.line("\t\t\t\th = 0;")
		case ir.ResetValue:
			b.line("\t\t\t\th = %s;", n.reset.plain("reset"))
		case ir.ResetSubtract:
			b.line("\t\t\t\th = (int32_t)((uint32_t)h - %s);", n.reset.wrapping("reset"))
		}
	}
	b.line("\t\t\t}")
	if c := n.membrane.elem.c(); c != "int32_t" {
		b.line("\t\t\t*v = (%s)h;", c)
		return
	}
	b.line("\t\t\t*v = h;")
}

// plain is the parameter as a signed number in C.
func (p param) plain(name string) string {
	if p.array != nil {
		return "*" + name
	}
	if p.value < 0 {
		return "(" + literal(p.value, false) + ")"
	}
	return literal(p.value, false)
}

// wrapping is the parameter as an unsigned number in C, for sums that may wrap.
func (p param) wrapping(name string) string {
	if p.array != nil {
		return "(uint32_t)*" + name
	}
	if p.value < 0 {
		return "(uint32_t)" + p.plain(name)
	}
	return literal(p.value, false) + "u"
}
