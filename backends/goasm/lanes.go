package goasm

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// loop is a function that runs a program for each element: in lanes of 16 or 32 bits, or, where
// all values are bits, in words of 64.
type loop struct {
	form form   // of the lanes: narrow, full or packed
	of   string // the buffer
	// title is the array's name in the network.
	title string
	size  int // elements
	// program has no leaks, and Above for comparisons with limits, unless it is wide.
	program  *update.Program
	spikes   map[int64]bool // operands that are bits
	less     bool           // a limit of its is one less than the network's
	wide     bool           // its exact values leave the lanes: plain Go runs it in 64 bits
	args     []argument
	at       []int  // by value: the argument that it is loaded from or stored to, or −1
	function string // in plain Go
	results  []*buffer
	kinds    []lower.Elem // of the state
	first    *loop        // the one that is printed for this one too
	block    int          // how many elements the constants are for; they repeat
}

// argument is a slice that a function takes: an element for each of the result, or spikes, 64
// to a word.
type argument struct {
	name          string // in the function
	field         string // of the model
	spikes        bool
	read, written bool
	constant      bool
}

// lanes plans a program in lanes.
func (p *plan) lanes(w *written) *loop {
	l := p.loop(w, p.bitOperands(w), full)
	if x := w.computed(); x != nil && p.home(x.Array).form == narrow {
		if half := p.halved(w); half != nil {
			l = half
		}
	}
	for _, i := range l.program.Code {
		if i.Kind == update.Result {
			f := full
			if l.fires(i.A) {
				f = packed
			}
			l.results = append(l.results, p.result(w.to(i), f, w.order))
		}
	}
	t := p.stage(l.results[len(l.results)-1], w.text())
	l.of = t.dst.name
	l.layState(p, w, t)
	l.layOperands(p, w)
	l.layConstants(p, w)
	l.layResults(w)
	p.share(l)
	l.call(t)
	for i, v := range w.body.Vars {
		p.laid.States[v.Stage][v.At] = l.kinds[i]
	}
	for _, s := range w.body.Stages {
		if s.Neurons() {
			p.show(w, s, l)
		}
	}
	p.add(t)
	for _, s := range w.body.Stages {
		if s.Neurons() {
			p.watch(s.To)
		}
	}
	return l
}

// show traces a layer of neurons.
func (p *plan) show(w *written, s *lower.Stage, l *loop) {
	n := neuron{name: s.To.Name, dst: p.homes[s.To].buffer, bits: l.form.bits(), silent: !s.To.Type.IsSpike()}
	for _, name := range ir.InTraceOrder(s.Each.Program) {
		i := slices.Index(w.body.Vars, lower.Variable{Stage: s, At: s.Each.Program.Var(name)})
		n.states, n.names = append(n.states, l.args[i].field), append(n.names, name)
	}
	if w.order != nil {
		n.places = p.table(n.dst.name+"Places", w.order.places(l.size))
	}
	p.traced[n.name] = n
}

// loop begins a program, some of whose operands are bits, in words if all of it is bits, or
// else in lanes of a form.
func (p *plan) loop(w *written, spikes map[int64]bool, f form) *loop {
	l := &loop{form: packed, title: w.last().Name, size: w.size(), spikes: spikes, program: w.Program}
	if !logical(w.Program, w.spikes) {
		e := separated(w.Program, spikes)
		e, r := e.Expand(e.Ranges(p.program.Steps, w.ranges))
		l.form, l.program, l.wide = f, e, !e.Fits(r, f.lane())
	}
	l.program = &update.Program{Vars: l.program.Vars, Code: slices.Clone(l.program.Code)}
	l.at = slices.Repeat([]int{-1}, len(l.program.Code))
	if !l.wide {
		l.cutShifts()
	}
	return l
}

// fires reports whether a value is bits.
func (l *loop) fires(v update.Value) bool { return l.form == packed || isBit(l.program, l.spikes, v) }

// bitOperands are the operands that are taken as spikes: those that are packed, as long as some
// slice of numbers tells how many there are.
func (p *plan) bitOperands(w *written) map[int64]bool {
	bitwise := logical(w.Program, w.spikes)
	out, lanes := map[int64]bool{}, bitwise || slices.ContainsFunc(w.Vars, func(v update.Var) bool { return !v.Bit })
	for _, i := range w.Code {
		if i.Kind != update.Operand {
			continue
		}
		if bitwise || w.spikes(i.At) && p.home(w.body.Views[i.At].Array).form == packed {
			out[i.At] = true
		} else {
			lanes = true
		}
	}
	for _, i := range w.Code {
		lanes = lanes || i.Kind == update.Result && !isBit(w.Program, out, i.A)
	}
	if !lanes {
		return nil
	}
	return out
}

// halved is a program in lanes of 16 bits, or nil: those of one operand run there that make
// bits of it.
func (p *plan) halved(w *written) *loop {
	l, operands, bits := p.loop(w, nil, narrow), 0, true
	for _, i := range l.program.Code {
		switch i.Kind {
		case update.Operand:
			operands++
		case update.Result:
			bits = bits && l.fires(i.A)
		}
	}
	if operands != 1 || l.wide || l.form == packed || !bits {
		return nil
	}
	return l
}

// elem is the type of an argument's elements.
func (l *loop) elem(a argument) string {
	if a.spikes {
		return packed.elem()
	}
	return l.form.elem()
}

// lane is the range of a lane.
func (f form) lane() ir.Range {
	if f == narrow {
		return int16s
	}
	return lower.Int32s
}

// cutShifts has no shift by more than a lane holds.
func (l *loop) cutShifts() {
	bits := int64(l.form.bits())
	for v := range l.program.Code {
		switch i := &l.program.Code[v]; {
		case i.Kind == update.Shr:
			i.At = min(i.At, bits-1)
		case i.Kind == update.Shl && i.At >= bits:
			*i = update.Instr{Kind: update.Sub, Name: i.Name, A: i.A, B: i.A} // 0
		}
	}
}

// add makes a slice an argument, which a value is loaded from or stored to.
func (l *loop) add(value int, a argument) {
	l.at[value] = len(l.args)
	l.args = append(l.args, a)
}

// layState plans state variables; one that is the result too has no other memory.
func (l *loop) layState(p *plan, w *written, t *stage) {
	for i, v := range l.program.Vars {
		a := argument{name: v.Name, spikes: v.Bit, written: true, read: l.program.Loaded(i) >= 0}
		for slices.ContainsFunc(l.args, func(b argument) bool { return b.name == a.name }) {
			a.name += "2"
		}
		f := l.form
		if v.Bit {
			f = packed
		}
		b := p.kept(w, l, i)
		if b == nil {
			b = p.buffer(l.of+upper(a.name), f, l.size)
			b.text = v.Name
		}
		a.field, l.kinds = b.name, append(l.kinds, b.kind())
		init := slices.Repeat([]int64{v.Start}, l.size)
		if v.Init >= 0 {
			init = w.data(int64(v.Init))
		}
		if zero(init) {
			t.onReset("clear(m.%s)", a.field)
		} else {
			t.onReset("copy(m.%s, m.%s)", a.field, p.constant(a.field+"Init", f, init).name)
		}
		l.args = append(l.args, a)
	}
	for i, instr := range l.program.Code {
		if instr.Kind == update.Load || instr.Kind == update.Store {
			l.at[i] = int(instr.At)
		}
	}
}

// kept is the result that is a state variable too, or nil.
func (p *plan) kept(w *written, l *loop, variable int) *buffer {
	if variable >= len(w.body.Vars) { // the number of the step
		return nil
	}
	v := w.body.Vars[variable]
	at, ok := p.laid.Kept[v.Stage.To]
	if !ok || at != v.At || l.result(w, v.Stage.To) != l.program.Stored(variable) {
		return nil
	}
	return p.homes[v.Stage.To].buffer
}

// result is the value of the elements of an array.
func (l *loop) result(w *written, of *lower.Array) update.Value {
	return l.program.Code[slices.IndexFunc(l.program.Code, func(i update.Instr) bool {
		return i.Kind == update.Result && w.to(i) == of
	})].A
}

// layOperands plans the operands that are not constant.
func (l *loop) layOperands(p *plan, w *written) {
	for i, instr := range l.program.Code {
		if instr.Kind != update.Operand {
			continue
		}
		a := argument{name: "x", read: true, spikes: l.spikes[instr.At]}
		if instr.At > 0 {
			a.name += fmt.Sprint(instr.At)
		}
		f := l.form
		if a.spikes {
			f = packed
		}
		a.field = p.operand(w, instr.At, f).name
		l.add(i, a)
	}
}

// layResults plans where results go that are no state variables.
func (l *loop) layResults(w *written) {
	n := 0
	for v, i := range l.program.Code {
		if i.Kind != update.Result {
			continue
		}
		dst := l.results[n]
		n++
		if slices.ContainsFunc(l.args, func(a argument) bool { return a.written && a.field == dst.name }) {
			continue
		}
		a := argument{name: "result", field: dst.name, spikes: dst.form == packed, written: true}
		if a.spikes {
			a.name = "spikes"
		}
		if n > 1 {
			a.name += fmt.Sprint(n)
		}
		l.add(v, a)
	}
}

// lead is an argument that has all elements, as numbers if the loop is not over words.
func (l *loop) lead() int {
	return slices.IndexFunc(l.args, func(a argument) bool { return !a.constant && a.spikes == (l.form == packed) })
}

// share gives a loop its function: one that is printed for a loop before, if all of it is the
// same.
func (p *plan) share(l *loop) {
	key := fmt.Sprintln(l.form, l.wide, l.less, l.signature(), l.program)
	if l.first = p.functions[key]; l.first == nil {
		l.first, l.function = l, p.function(l.of)
		p.functions[key], p.loops = l, append(p.loops, l)
	}
}

// function is the name of a loop's function in plain Go; in assembly it has an end.
func (p *plan) function(of string) string {
	name := "update" + upper(of)
	for p.scope[name] || p.scope[name+avx2.name] || p.scope[name+neon.name] {
		name += "_"
	}
	for _, end := range []string{"", "Shifts", avx2.name, neon.name} {
		p.scope.claim(name + end)
	}
	return name
}
