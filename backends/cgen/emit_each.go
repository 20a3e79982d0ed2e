package cgen

import (
	"fmt"

	"nomul/backends/lower"
	"nomul/ir/update"
)

// bodyPrinter prints the programs of a sweep for one element, in the body of a walk: their
// values as C expressions, as numbers and modulo 2^32. Sums are unsigned: they may wrap on the
// way, a value that something but a sum takes fits by proof.
//
// Where elements come in C order, spikes gather in a word of their own, which is stored when it
// is full: the state of the last step can be read there until then. Else each is set where it is.
type bodyPrinter struct {
	*printer
	*lower.Body
	code     []update.Instr
	w        *walk
	order    bool                     // elements come in C order
	words    bool                     // 32 spikes at a time
	made     map[*lower.Array]operand // the element of the fold in front, if there is one
	results  []operand                // by stage; without a name where the element is kept or only passed on
	state    []operand
	packed   []spikes
	factors  map[update.Value]csd // of products and leaks
	operands map[int64]operand
	uses     []int
	names    []string
	number   []string // by value
	wrapping []string // by value, modulo 2^32
}

// spikes are those that are written one by one.
type spikes struct {
	to    operand
	bits  string       // the word in which they gather
	value update.Value // of the element
	old   string       // the spike that is there before; "": none is
}

// body declares the memory that the programs of a sweep go through; none without a program.
func (b *printer) body(s *lower.Sweep, w *walk, made map[*lower.Array]operand) *bodyPrinter {
	p := &bodyPrinter{printer: b, Body: b.p.laid.Body(s), w: w, order: w.inOrder(), words: b.p.inWords(s.Stages[0]),
		made: made, factors: map[update.Value]csd{}, operands: map[int64]operand{}}
	p.code = p.Program.Code
	p.uses, p.names = texts(p.Program), p.Program.Names()
	p.number, p.wrapping = make([]string, len(p.code)), make([]string, len(p.code))
	p.declare()
	p.memory()
	return p
}

// each prints the loop of programs over the elements of an array, or over words of 32 spikes.
func (b *printer) each(s *lower.Sweep) {
	w := over(s.Grid())
	if b.p.inWords(s.Stages[0]) {
		w = over([]int{packedSpikes.length(lower.Size(s.Grid()))})
	}
	p := b.body(s, w, nil)
	b.indices(w)
	b.loops(w, 0, p.element)
	p.end(lower.Size(s.Grid()))
}

// texts counts how often the text of each value is needed: twice of operands of min and max,
// and of the number of which a leak takes a part away.
func texts(p *update.Program) []int {
	uses := p.Uses()
	for _, i := range p.Code {
		switch {
		case i.Kind == update.Min || i.Kind == update.Max:
			uses[i.A]++
			uses[i.B]++
		case i.Kind == update.Leak && i.Decay.Rest:
			uses[i.A]++
		}
	}
	return uses
}

// inWords reports whether a stage is a program of spikes that can work on 32 at a time: all
// operands are packed as the result is.
func (p *plan) inWords(s *lower.Stage) bool {
	if s.Each == nil || !p.packs(s.To) {
		return false
	}
	for _, i := range s.Each.Program.Code {
		if _, bitwise := bitOperators[i.Kind]; !bitwise && i.Kind != update.Operand && i.Kind != update.Param && i.Kind != update.Result {
			return false
		}
	}
	for _, v := range s.Each.Views {
		if _, number := uniform(v.Array); number || !p.packs(v.Array) || !v.InPlace(s.To.Type.Shape.Dims()) {
			return false
		}
	}
	return true
}

// declare prints the pointers to operands, and lays out the digits of factors.
func (p *bodyPrinter) declare() {
	read := map[update.Value]bool{}
	for v, i := range p.code {
		for at, of := range i.Values() {
			read[of] = read[of] || i.Kind != update.Scale || at == 0
		}
		if i.Kind == update.Scale || i.Kind == update.Leak && (i.Decay.Factor() != 1 || rounding(i.Decay) == "") {
			p.factors[update.Value(v)] = p.factor(v, i)
		}
	}
	for v, i := range p.code {
		name := fmt.Sprint("x", i.At)
		if i.Kind == update.Param && i.Name != "" {
			name = p.names[v]
		}
		_, known := p.operands[i.At]
		if (i.Kind == update.Operand || i.Kind == update.Param) && read[update.Value(v)] && !known {
			p.operands[i.At] = p.read(name, p.Views[i.At])
		}
	}
}

// read declares a pointer to an operand, unless it is handed on.
func (p *bodyPrinter) read(name string, v lower.View) operand {
	if element, made := p.made[v.Array]; made {
		return element
	}
	if p.words {
		return p.pointer("const ", name, unpacked(p.p.at(v.Array)), p.w.elements())
	}
	return p.reads(p.w, name, v)
}

// unpacked is the place of words of spikes.
func unpacked(at place) place {
	at.elem.packed = false
	return at
}

// memory declares the arrays that the loop writes, and clears spikes that are set one by one.
func (p *bodyPrinter) memory() {
	for i, s := range p.Stages {
		at, stored := p.p.place[s.To]
		if _, kept := p.p.laid.Kept[s.To]; kept || !stored {
			p.results = append(p.results, operand{})
			continue
		}
		if p.words {
			at = unpacked(at)
		}
		to := p.pointer("", numbered("y", len(p.made)+i), at, p.w.elements())
		p.results = append(p.results, to)
		if at.elem.packed {
			p.packed = append(p.packed, spikes{to: to, value: p.result(i)})
		}
	}
	named := map[string]int{}
	for i, v := range p.Program.Vars {
		at := p.p.states[p.Vars[i].Stage][p.Vars[i].At]
		to := p.pointer("", numbered(v.Name+"s", named[v.Name]), at, p.w.elements())
		named[v.Name]++
		p.state = append(p.state, to)
		if at.elem.packed {
			p.packed = append(p.packed, spikes{to: to, value: p.Program.Stored(i), old: p.before(i, to)})
		}
	}
	for i := range p.packed {
		if p.order {
			p.packed[i].bits = fmt.Sprint("bits", i)
			p.line("\tuint32_t %s = 0u%s;", p.packed[i].bits, map[bool]string{true: ", lane = 1u"}[i == 0])
		}
	}
}

// clear prints the calls that leave no spike where each is set.
func (p *bodyPrinter) clear() {
	for _, s := range p.packed {
		if !p.order && s.old == "" {
			p.set(s.to.at, 0)
		}
	}
}

// before is the spike of a state variable that is there before the new one.
func (p *bodyPrinter) before(variable int, at operand) string {
	if v := p.Program.Loaded(variable); v >= 0 {
		return p.names[v]
	}
	return p.p.fill(at.read())
}

// numbered is a name, with a number behind it of all but the first.
func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprint(name, i+1)
}

// result is the value of the element of a stage.
func (p *bodyPrinter) result(stage int) update.Value {
	for _, i := range p.code {
		if i.Kind == update.Result && int(i.At) == stage {
			return i.A
		}
	}
	panic("a program without a result")
}

// element prints the programs of one element.
func (p *bodyPrinter) element() {
	for v, i := range p.code {
		var to operand
		switch i.Kind {
		case update.Store:
			to = p.state[i.At]
		case update.Result:
			to = p.results[i.At]
		default:
			p.value(v, i)
			continue
		}
		if to.name != "" && !to.at.elem.packed {
			p.write(to, p.number[i.A])
		}
	}
	for _, s := range p.packed {
		p.spike(s)
	}
	if len(p.packed) == 0 || !p.order {
		return
	}
	p.line("\tlane <<= 1;\n\tif (lane == 0u) {")
	for _, s := range p.packed {
		p.line("\t\t*%s++ = %s;\n\t\t%[2]s = 0u;", s.to.name, s.bits)
	}
	p.line("\t\tlane = 1u;\n\t}")
}

// spike prints the assignment of a spike. Compilers warn of a shift as a condition.
func (p *bodyPrinter) spike(s spikes) {
	test, at := p.number[s.value], s.to.index.name
	if !p.Program.IsBit(s.value) {
		test = "(" + test + ") != 0"
	}
	switch {
	case p.order:
		p.line("\tif (%s) {\n\t\t%s |= lane;\n\t}", test, s.bits)
	case s.old == "":
		p.line("\tif (%s) {\n\t\t@_flip(%s, %s);\n\t}", test, s.to.name, at)
	default:
		p.line("\tif ((%s) != (%s)) {\n\t\t@_flip(%s, %s);\n\t}", test, s.old, s.to.name, at)
	}
}

// end stores the last word of spikes that gather.
func (p *bodyPrinter) end(elements int) {
	for _, s := range p.packed {
		if p.order && elements%32 != 0 {
			p.line("\t*%s = %s;", s.to.name, s.bits)
		}
	}
}

// value makes a value an expression where one instruction takes it, and else a variable.
// The old state is read before the new one is stored.
func (p *bodyPrinter) value(v int, i update.Instr) {
	if i.Kind == update.Operand || i.Kind == update.Param {
		of, read := p.operands[i.At]
		if !read {
			return // a factor
		}
		if of.number != nil {
			i = update.Instr{Kind: update.Const, At: *of.number}
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
	case p.Program.IsBit(update.Value(v)):
		kind = "int"
	}
	p.line("\tconst %s %s = %s;", kind, p.names[v], p.number[v])
	p.number[v], p.wrapping[v] = p.names[v], "(uint32_t)"+p.names[v]
}
