package cgen

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/update"
)

// programPrinter prints the program of one element in the body of a walk: its values as C
// expressions, as numbers and modulo 2^32. Sums are unsigned: they may wrap on the way, a
// value that something but a sum takes fits by proof.
type programPrinter struct {
	*printer
	v        *ir.Value
	program  *update.Program
	w        *walk
	params   map[int64]param
	leaks    map[update.Value]csd
	operands map[int64]operand
	uses     []int
	names    []string
	number   []string // by value
	wrapping []string // by value, modulo 2^32

	load  func(v update.Var) string                 // the expression of a state variable
	store func(v update.Var, at int, number string) // prints its new value
	give  func(number string)                       // prints the result
}

func (b *printer) program(v *ir.Value, p *update.Program) *programPrinter {
	return &programPrinter{printer: b, v: v, program: p, w: newWalk(v.Type.Shape.Dims()), operands: map[int64]operand{},
		uses: texts(p), names: p.Names(), number: make([]string, len(p.Code)), wrapping: make([]string, len(p.Code))}
}

// texts counts how often the text of each value is needed: of operands of min and max, twice.
func texts(p *update.Program) []int {
	uses := p.Uses()
	for _, i := range p.Code {
		if i.Kind == update.Min || i.Kind == update.Max {
			uses[i.A]++
			uses[i.B]++
		}
	}
	return uses
}

// words makes the walk one over words of 32 spikes.
func (p *programPrinter) words() {
	p.w = newWalk([]int{p.p.place[p.v].elem.length(p.v.Type.Size())})
	for at, x := range p.v.Args {
		words := p.p.place[x]
		words.elem.packed = false
		p.operands[int64(at)] = p.reads(p.v.Op.Operands()[at].Name, words, p.w.ordered())
	}
}

// declare prints the pointers to operands and parameters.
func (p *programPrinter) declare() {
	for v, i := range p.program.Code {
		if i.Kind != update.Operand && i.Kind != update.Param {
			continue
		}
		if is, ok := p.params[i.At]; ok {
			p.parameter(v, is)
			continue
		}
		if _, ok := p.operands[i.At]; ok {
			continue
		}
		p.operands[i.At] = p.operand(p.w, p.v.Op.Operands()[i.At].Name, p.v.Args[i.At])
	}
}

// parameter declares a parameter and how a sum reads it.
func (p *programPrinter) parameter(v int, is param) {
	if is.array == nil {
		p.number[v], p.wrapping[v] = is.plain(), is.unsigned()
		return
	}
	p.line("\tconst %s *%s = %s;", is.array.elem.c(), p.names[v], is.array.name)
	p.number[v] = p.names[v] + "[" + p.w.stretched(is.shape).name + "]"
	p.wrapping[v] = "(uint32_t)" + p.number[v]
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

// print prints the program of one element.
func (p *programPrinter) print() {
	for v, i := range p.program.Code {
		switch i.Kind {
		case update.Store:
			p.store(p.program.Vars[i.At], int(i.At), p.number[i.A])
		case update.Result:
			p.give(p.number[i.A])
		default:
			p.value(v, i)
		}
	}
}

// value makes a value an expression where one instruction takes it, and else a variable.
func (p *programPrinter) value(v int, i update.Instr) {
	if _, laid := p.params[i.At]; laid && i.Kind == update.Param {
		return
	}
	p.number[v], p.wrapping[v] = p.expression(i)
	if once := p.uses[v] == 1; i.Kind == update.Const || once && (i.Name == "" || i.Kind == update.Operand) {
		if i.Bit() || i.Kind == update.Select || i.Kind == update.Min || i.Kind == update.Max {
			p.number[v] = "(" + p.number[v] + ")"
		}
		return
	}
	kind := "int32_t"
	if p.program.IsBit(update.Value(v)) {
		kind = "int"
	}
	p.line("\tconst %s %s = %s;", kind, p.names[v], p.number[v])
	p.number[v], p.wrapping[v] = p.names[v], "(uint32_t)"+p.names[v]
}

// bitOperators are those of instructions whose value is a bit.
var bitOperators = map[update.Kind]string{
	update.AtLeast: ">= ", update.Above: "> ", update.And: "& ", update.Or: "| ", update.Xor: "^ ", update.AndNot: "& ~",
}

// expression is an instruction in C: as a number, and modulo 2^32.
func (p *programPrinter) expression(i update.Instr) (number, wrapping string) {
	a, b := p.number[i.A], p.number[i.B]
	wa, wb := p.wrapping[i.A], p.wrapping[i.B]
	switch i.Kind {
	case update.Load:
		number = p.load(p.program.Vars[i.At])
	case update.Operand, update.Param:
		number = p.p.fill(p.operands[i.At].read())
	case update.Step:
		number = "(int32_t)st->step[0]"
	case update.Const:
		is := param{value: i.At}
		return is.plain(), is.unsigned()
	case update.Add:
		return sum(wa, "+", wb)
	case update.Sub:
		if c, amount, ok := p.reset(i.B); ok {
			wrapping = fmt.Sprintf("(%s ? %s - %s : %s)", c, wa, amount, wa)
			return "(int32_t)" + wrapping, wrapping
		}
		return sum(wa, "-", wb)
	case update.Shl:
		if wrapping = fmt.Sprintf("(%s << %d)", wa, i.At); i.At > 31 {
			wrapping = "0u" // nothing else fits the result
		}
		return "(int32_t)" + wrapping, wrapping
	case update.Leak:
		number = p.leak(i, a)
	case update.Min:
		number = fmt.Sprintf("%s < %s ? %s : %s", a, b, a, b)
	case update.Max:
		number = fmt.Sprintf("%s > %s ? %s : %s", a, b, a, b)
	case update.Select:
		number = fmt.Sprintf("%s ? %s : %s", p.condition(i.C), a, b)
	default:
		number = a + " " + bitOperators[i.Kind] + b
	}
	return number, "(uint32_t)(" + number + ")"
}

// condition is a bit that chooses. Of an operand's bit times a number gcc makes a product.
func (p *programPrinter) condition(v update.Value) string {
	if p.program.Code[v].Kind == update.Operand {
		return p.p.fill("@_hide(" + p.wrapping[v] + ") != 0u")
	}
	return p.number[v]
}

// reset returns the bit and the amount, modulo 2^32, of a value that is the amount where
// the bit is 1 and else 0: a branch around the subtraction is shorter than a choice of
// the subtrahend.
func (p *programPrinter) reset(v update.Value) (bit, amount string, ok bool) {
	i := p.program.Code[v]
	if i.Kind != update.Select || p.uses[v] != 1 || p.number[i.B] != "0" {
		return "", "", false
	}
	return p.number[i.C], p.wrapping[i.A], true
}

// sum is a sum or difference modulo 2^32.
func sum(a, sign, b string) (number, wrapping string) {
	wrapping = "(" + a + " " + sign + " " + b + ")"
	return "(int32_t)" + wrapping, wrapping
}

// leak is the C expression of the part of a number that a leak leaves. The digits of a
// factor are data: compilers would make a multiplication of shifts that they see.
func (p *programPrinter) leak(i update.Instr, v string) string {
	d := i.Decay
	if d.Factor() != 1 {
		return p.p.fill(p.leaks[i.A].product(v, p.leaks[i.A].digits.name, d.Shift, rounding(d)))
	}
	shifted := p.p.fill(fmt.Sprintf("@_asr_%v(%s, %d)", rounding(d), v, d.Shift))
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
