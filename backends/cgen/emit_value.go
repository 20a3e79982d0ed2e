package cgen

import (
	"fmt"

	"nomul/ir/update"
)

// bitOperators are those of instructions that spikes take bit by bit.
var bitOperators = map[update.Kind]string{update.And: "&", update.Or: "|", update.Xor: "^"}

// expression is an instruction in C: as a number, and modulo 2^32.
func (p *bodyPrinter) expression(v int, i update.Instr) (text, wrapping string) {
	a, b := p.number[i.A], p.number[i.B]
	wa, wb := p.wrapping[i.A], p.wrapping[i.B]
	switch i.Kind {
	case update.Load:
		text = p.loaded(int(i.At))
	case update.Operand, update.Param:
		text = p.p.fill(p.operands[i.At].read())
	case update.Step:
		text = "(int32_t)st->step[0]"
	case update.Const:
		return number(i.At), unsigned(i.At)
	case update.Add:
		return sumOf(wa, "+", wb)
	case update.Sub:
		if c, amount, ok := p.reset(i.B); ok {
			wrapping = fmt.Sprintf("(%s ? %s - %s : %s)", c, wa, amount, wa)
			return "(int32_t)" + wrapping, wrapping
		}
		return sumOf(wa, "-", wb)
	case update.Shl:
		if wrapping = fmt.Sprintf("(%s << %d)", wa, i.At); i.At > 31 {
			wrapping = "0u" // nothing else fits the result
		}
		return "(int32_t)" + wrapping, wrapping
	case update.Shr:
		text = p.p.fill(fmt.Sprintf("@_asr_floor(%s, %d)", a, i.At))
	case update.Leak, update.Scale:
		text = p.p.fill(p.decayed(update.Value(v), i, a))
	case update.Lookup:
		text = fmt.Sprintf("%s[%s]", p.lookup(v, i), a)
	case update.AtLeast, update.Above:
		text = p.comparison(i)
	case update.Min, update.Max:
		text = p.bound(i)
	case update.Select:
		text = fmt.Sprintf("%s ? %s : %s", p.condition(i.C), a, b)
	default:
		text = p.logic(i)
	}
	return text, "(uint32_t)(" + text + ")"
}

// logic is a bit of two, or 32 at a time. Compilers warn of & between two comparisons, one of which may
// call a function, and of ~ on one.
func (p *bodyPrinter) logic(i update.Instr) string {
	a, sign, b := p.number[i.A], bitOperators[i.Kind], p.number[i.B]
	switch {
	case i.Kind != update.AndNot:
	case p.words:
		sign, b = "&", "~"+b
	default:
		sign, b = "&", "!"+b
	}
	if !p.words && p.code[i.A].Bit() && a[0] == '(' {
		a = "(int)" + a
	}
	return a + " " + sign + " " + b
}

// comparison is a bit. Compilers warn of one of two constants, or of a value with itself, which is
// there where an operand comes twice.
func (p *bodyPrinter) comparison(i update.Instr) string {
	a, b := p.code[i.A], p.code[i.B]
	sign := map[update.Kind]string{update.AtLeast: " >= ", update.Above: " > "}[i.Kind]
	constant, same := a.Kind == update.Const && b.Kind == update.Const, p.number[i.A] == p.number[i.B]
	switch {
	case !constant && !same:
		return p.number[i.A] + sign + p.number[i.B]
	case constant && a.At > b.At, same && i.Kind == update.AtLeast:
		return "1"
	}
	return "0"
}

// bound is the smaller or larger of two values; of one with itself that one.
func (p *bodyPrinter) bound(i update.Instr) string {
	a, b, sign := p.number[i.A], p.number[i.B], map[update.Kind]string{update.Min: "<", update.Max: ">"}[i.Kind]
	if a == b {
		return a
	}
	return fmt.Sprintf("%s %s %s ? %s : %s", a, sign, b, a, b)
}

// loaded is a state variable of the last step.
func (p *bodyPrinter) loaded(variable int) string {
	if o := p.state[variable]; !o.at.elem.packed || !p.order {
		return p.p.fill(o.read())
	}
	return "(*" + p.state[variable].name + " & lane) != 0u"
}

// condition is a bit that chooses. Of an operand's bit times a number gcc makes a product.
func (p *bodyPrinter) condition(v update.Value) string {
	if p.code[v].Kind == update.Operand {
		return p.p.fill("@_hide(" + p.wrapping[v] + ") != 0u")
	}
	return p.number[v]
}

// reset returns the bit and the amount, modulo 2^32, of a value that is the amount where
// the bit is 1 and else 0: a branch around the subtraction is shorter than a choice of
// the subtrahend.
func (p *bodyPrinter) reset(v update.Value) (bit, amount string, ok bool) {
	i := p.code[v]
	if i.Kind != update.Select || p.uses[v] != 1 || p.number[i.B] != "0" {
		return "", "", false
	}
	return p.number[i.C], p.wrapping[i.A], true
}

// number is a number in C.
func number(n int64) string {
	if n < 0 {
		return "(" + literal(n, false) + ")"
	}
	return literal(n, false)
}

// unsigned is a number in C for sums that may wrap.
func unsigned(n int64) string {
	if n < 0 {
		return "(uint32_t)" + number(n)
	}
	return literal(n, false) + "u"
}

// sumOf is a sum or difference modulo 2^32.
func sumOf(a, sign, b string) (text, wrapping string) {
	wrapping = "(" + a + " " + sign + " " + b + ")"
	return "(int32_t)" + wrapping, wrapping
}
