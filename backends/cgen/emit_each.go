package cgen

import (
	"fmt"

	"nomul/backends/lower"
	"nomul/ir/update"
)

// eachPrinter prints the program of one element in the body of a walk: its values as C
// expressions, as numbers and modulo 2^32. Sums are unsigned: they may wrap on the way, a
// value that something but a sum takes fits by proof.
//
// Elements are gone through in C order. Spikes gather in a word of their own, which is stored
// when it is full: the state of the last step can be read there until then.
type eachPrinter struct {
	*printer
	stage    *lower.Stage
	program  *update.Program
	ranges   update.Ranges
	w        *walk
	words    bool // 32 spikes at a time
	result   int  // the state variable that is the result, or -1
	y        operand
	gathered []gathering
	factors  map[update.Value]csd // of products and leaks
	reading  []operand            // by value: of those that read an operand
	uses     []int
	names    []string
	number   []string // by value
	wrapping []string // by value, modulo 2^32
}

// gathering is spikes that are made one by one.
type gathering struct {
	to, bits string // pointer, and word
	value    update.Value
}

// each prints the loop of a stage's program over the elements of its array, or over words of 32
// spikes.
func (b *printer) each(s *lower.Stage) {
	p := &eachPrinter{printer: b, stage: s, program: s.Each.Program, ranges: s.Ranges(b.p.program.Steps), words: b.inWords(s), result: -1}
	if at, kept := b.p.laid.Kept[s.To]; kept {
		p.result = at
	}
	p.w = newWalk(s.To.Type.Shape.Dims())
	if p.words {
		p.w = newWalk([]int{packedSpikes.length(s.To.Type.Size())})
	}
	n := len(p.program.Code)
	p.uses, p.names, p.factors = texts(p.program), p.program.Names(), map[update.Value]csd{}
	p.reading, p.number, p.wrapping = make([]operand, n), make([]string, n), make([]string, n)
	p.declare()
	p.memory()
	b.indices(p.w)
	b.loops(p.w, p.element)
	for _, g := range p.gathered {
		if s.To.Type.Size()%32 != 0 {
			b.line("\t*%s = %s;", g.to, g.bits)
		}
	}
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

// inWords reports whether a program of spikes can work on 32 at a time: all operands are packed
// as the result is.
func (b *printer) inWords(s *lower.Stage) bool {
	for _, i := range s.Each.Program.Code {
		if _, bitwise := bitOperators[i.Kind]; !bitwise && i.Kind != update.Operand && i.Kind != update.Param && i.Kind != update.Result {
			return false
		}
	}
	for _, v := range s.Each.Views {
		if _, number := uniform(v.Array); number || !b.p.at(v.Array).elem.packed || !v.InPlace(s.To.Type.Shape.Dims()) {
			return false
		}
	}
	return b.p.at(s.To).elem.packed
}

// declare prints the pointers to operands, and lays out the digits of factors.
func (p *eachPrinter) declare() {
	read := map[update.Value]bool{}
	for v, i := range p.program.Code {
		for at, of := range i.Values() {
			read[of] = read[of] || i.Kind != update.Scale || at == 0
		}
		if i.Kind == update.Scale || i.Kind == update.Leak && i.Decay.Factor() != 1 {
			p.factors[update.Value(v)] = p.factor(v, i)
		}
	}
	for v, i := range p.program.Code {
		name := fmt.Sprint("x", i.At)
		if i.Kind == update.Param && i.Name != "" {
			name = p.names[v]
		}
		if (i.Kind == update.Operand || i.Kind == update.Param) && read[update.Value(v)] {
			p.reading[v] = p.read(name, p.stage.Each.Views[int(i.At)])
		}
	}
}

// read declares a pointer to an operand.
func (p *eachPrinter) read(name string, v lower.View) operand {
	if !p.words {
		return p.reads(p.w, name, v)
	}
	at := p.p.at(v.Array)
	at.elem.packed = false
	p.line("\tconst %s *%s = %s;", at.elem.c(), name, at.expr)
	return operand{name: name, at: at, index: p.w.ordered()}
}

// memory declares the arrays that the loop writes.
func (p *eachPrinter) memory() {
	p.y = operand{at: p.p.at(p.stage.To)}
	packed := p.y.at.elem.packed && !p.words
	switch {
	case packed:
		p.y = p.writes(p.y.at, nil)
		p.gathered = append(p.gathered, gathering{"y", "bits", p.program.Result()})
	case p.result < 0:
		p.y.at.elem.packed = false
		p.y = p.writes(p.y.at, p.w.ordered())
	}
	for i, v := range p.program.Vars {
		at := p.p.states[p.stage][i]
		if packed && i == p.result {
			continue
		}
		p.line("\t%s *%s = %s;", at.elem.c(), arrayOf(v), at.expr)
		if at.elem.packed {
			p.gathered = append(p.gathered, gathering{arrayOf(v), fmt.Sprint("bits", i), p.program.Stored(i)})
		} else {
			p.w.ordered()
		}
	}
	for i, g := range p.gathered {
		p.line("\tuint32_t %s = 0u%s;", g.bits, map[bool]string{true: ", lane = 1u"}[i == 0])
	}
}

// arrayOf is the C name of a state variable's array.
func arrayOf(v update.Var) string { return v.Name + "s" }

// variable is a state variable as the loop sees it.
func (p *eachPrinter) variable(i int) operand {
	at := p.p.states[p.stage][i]
	if at.elem.packed && i == p.result {
		return p.y
	}
	return operand{name: arrayOf(p.program.Vars[i]), at: at, index: p.w.ordered()}
}

// element prints the program of one element.
func (p *eachPrinter) element() {
	for v, i := range p.program.Code {
		switch i.Kind {
		case update.Store:
			if to := p.variable(int(i.At)); !to.at.elem.packed {
				p.write(to, p.number[i.A])
			}
		case update.Result:
			if p.result < 0 && !p.y.at.elem.packed {
				p.write(p.y, p.number[i.A])
			}
		default:
			p.value(v, i)
		}
	}
	if len(p.gathered) == 0 {
		return
	}
	for _, g := range p.gathered {
		// Compilers warn of a shift as a condition.
		test := p.number[g.value]
		if !p.program.IsBit(g.value) {
			test = "(" + test + ") != 0"
		}
		p.line("\tif (%s) {\n\t\t%s |= lane;\n\t}", test, g.bits)
	}
	p.line("\tlane <<= 1;\n\tif (lane == 0u) {")
	for _, g := range p.gathered {
		p.line("\t\t*%s++ = %s;\n\t\t%[2]s = 0u;", g.to, g.bits)
	}
	p.line("\t\tlane = 1u;\n\t}")
}

// value makes a value an expression where one instruction takes it, and else a variable.
// The old state is read before the new one is stored.
func (p *eachPrinter) value(v int, i update.Instr) {
	if i.Kind == update.Operand || i.Kind == update.Param {
		if p.reading[v] == (operand{}) {
			return // a factor
		}
		if n := p.reading[v].number; n != nil {
			i = update.Instr{Kind: update.Const, At: *n}
		}
	}
	p.number[v], p.wrapping[v] = p.expression(v, i)
	once := p.uses[v] == 1 && (i.Name == "" || i.Kind == update.Operand) && i.Kind != update.Load
	if once || i.Kind == update.Const || i.Kind == update.Param {
		if i.Bit() || i.Kind == update.Select || i.Kind == update.Min || i.Kind == update.Max {
			p.number[v] = "(" + p.number[v] + ")"
		}
		return
	}
	kind := "int32_t"
	switch {
	case p.words:
		kind = "uint32_t"
	case p.program.IsBit(update.Value(v)):
		kind = "int"
	}
	p.line("\tconst %s %s = %s;", kind, p.names[v], p.number[v])
	p.number[v], p.wrapping[v] = p.names[v], "(uint32_t)"+p.names[v]
}

// bitOperators are those of instructions that spikes take bit by bit.
var bitOperators = map[update.Kind]string{update.And: "& ", update.Or: "| ", update.Xor: "^ ", update.AndNot: "& ~"}

// expression is an instruction in C: as a number, and modulo 2^32.
func (p *eachPrinter) expression(v int, i update.Instr) (text, wrapping string) {
	a, b := p.number[i.A], p.number[i.B]
	wa, wb := p.wrapping[i.A], p.wrapping[i.B]
	switch i.Kind {
	case update.Load:
		text = p.loaded(p.variable(int(i.At)))
	case update.Operand, update.Param:
		text = p.p.fill(p.reading[v].read())
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
	case update.AtLeast:
		text = a + " >= " + b
	case update.Above:
		text = a + " > " + b
	case update.Min:
		text = fmt.Sprintf("%s < %s ? %s : %s", a, b, a, b)
	case update.Max:
		text = fmt.Sprintf("%s > %s ? %s : %s", a, b, a, b)
	case update.Select:
		text = fmt.Sprintf("%s ? %s : %s", p.condition(i.C), a, b)
	default:
		text = a + " " + bitOperators[i.Kind] + b
	}
	return text, "(uint32_t)(" + text + ")"
}

// loaded is a state variable of the last step.
func (p *eachPrinter) loaded(o operand) string {
	if o.at.elem.packed {
		return "(*" + o.name + " & lane) != 0u"
	}
	return o.read()
}

// condition is a bit that chooses. Of an operand's bit times a number gcc makes a product.
func (p *eachPrinter) condition(v update.Value) string {
	if p.program.Code[v].Kind == update.Operand {
		return p.p.fill("@_hide(" + p.wrapping[v] + ") != 0u")
	}
	return p.number[v]
}

// reset returns the bit and the amount, modulo 2^32, of a value that is the amount where
// the bit is 1 and else 0: a branch around the subtraction is shorter than a choice of
// the subtrahend.
func (p *eachPrinter) reset(v update.Value) (bit, amount string, ok bool) {
	i := p.program.Code[v]
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
