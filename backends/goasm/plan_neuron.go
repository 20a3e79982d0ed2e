package goasm

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// laneStage computes a layer of neurons, or an elementwise op, in lanes.
type laneStage struct {
	common
	form form // of the lanes: narrow or full
	// program has no leaks, and Above for comparisons with limits, unless it is wide.
	program  *update.Program
	less     bool       // a limit of its is one less than the network's
	wide     bool       // its exact values leave the lanes: plain Go runs it in 64 bits
	args     []argument // of its function
	at       []int      // by value: the argument that it is loaded from or stored to, or −1
	function string     // in plain Go
	first    *laneStage // of the layers that run the same function
	alike    int        // of the first, how many others there are
	membrane string
	block    int    // how many neurons the constants are for; they repeat
	places   string // the table of places, when they are not in C order
	table    section
}

// argument is a slice that a layer's function takes: an element for each neuron, or
// spikes, 64 to a word.
type argument struct {
	name     string // in the function
	field    string // of the model
	spikes   bool
	state    bool        // of the layer alone
	start    *vectorPlan // of state, unless it starts at 0
	constant *vectorPlan
}

// expanded is a neuron's program without leaks, with its ranges.
type expanded struct {
	*update.Program
	ranges update.Ranges
}

func (p *plan) update(v *ir.Value) expanded {
	u, ok := p.updates[v]
	if !ok {
		u.Program, u.ranges = v.Update(p.net.Steps)
		u.Program, u.ranges = u.Expand(u.ranges)
		p.updates[v] = u
	}
	return u
}

// operands are what a program takes: fields of values, and data of constants.
type operands struct {
	lanes func(slot int) string
	data  func(slot int) []int64
}

// neuron runs a layer in the width of its input.
func (p *plan) neuron(v *ir.Value) {
	u := p.update(v)
	x := p.vector(v.Args[u.input()])
	f := full
	if u.IsBit(u.Result()) {
		f = packed
	}
	s := p.layer(u, x.form, p.stage(v, p.result(v, f, x.order)), operands{
		lanes: func(int) string { return x.name },
		data:  func(slot int) []int64 { return x.order.pick(spread(v.Arg(slot), v.Type.Shape)) },
	})
	if x.order.at != nil {
		s.places, s.table = p.scope.claim(s.dst.name+"Places"), p.table(x.order.places(s.dst.size))
	}
	p.neurons = append(p.neurons, s)
	p.add(ir.Step, s)
}

// layer plans a program in lanes of a form.
func (p *plan) layer(u expanded, f form, c common, of operands) *laneStage {
	s := &laneStage{common: c, form: f, program: &update.Program{Vars: u.Vars, Code: slices.Clone(u.Code)},
		at: slices.Repeat([]int{-1}, len(u.Code))}
	if s.wide = !u.Fits(u.ranges, s.lane()); !s.wide {
		s.cutShifts()
	}
	s.layState(p, of)
	s.layConstants(p, of)
	s.layResult()
	p.share(s)
	return s
}

// share gives a layer its function: one that is printed for a layer before, if all of it is
// the same.
func (p *plan) share(s *laneStage) {
	key := fmt.Sprintln(s.form, s.wide, s.less, s.signature(), s.program)
	if s.first = p.functions[key]; s.first == nil {
		s.first, s.function = s, p.function(s.dst.name)
		p.functions[key], p.loops = s, append(p.loops, s)
		return
	}
	s.first.alike++
}

// function is the name of a layer's function in plain Go; in assembly it has an end.
func (p *plan) function(layer string) string {
	name := "update" + upper(layer)
	for p.scope[name] || p.scope[name+avx2.name] || p.scope[name+neon.name] {
		name += "_"
	}
	for _, end := range []string{"", "Shifts", avx2.name, neon.name} {
		p.scope.claim(name + end)
	}
	return name
}

// input is the operand that changes from step to step.
func (u expanded) input() int64 {
	return u.Code[slices.IndexFunc(u.Code, func(i update.Instr) bool { return i.Kind == update.Operand })].At
}

func (s *laneStage) lane() ir.Range {
	if s.form == narrow {
		return int16s
	}
	return int32s
}

// cutShifts has no shift by more than a lane holds.
func (s *laneStage) cutShifts() {
	bits := int64(s.form.bits())
	for v := range s.program.Code {
		switch i := &s.program.Code[v]; {
		case i.Kind == update.Shr:
			i.At = min(i.At, bits-1)
		case i.Kind == update.Shl && i.At >= bits:
			*i = update.Instr{Kind: update.Sub, Name: i.Name, A: i.A, B: i.A} // 0
		}
	}
}

func (s *laneStage) fires() bool { return s.dst.form == packed }

// add makes a slice an argument, which a value is loaded from or stored to.
func (s *laneStage) add(value int, a argument) {
	s.at[value] = len(s.args)
	s.args = append(s.args, a)
}

// layState plans state variables, and what comes in. What is the result too is kept there.
func (s *laneStage) layState(p *plan, of operands) {
	for i, variable := range s.program.Vars {
		a := argument{name: variable.Name, spikes: variable.Bit, state: true, field: s.dst.name}
		if i != s.kept() {
			a.field = p.scope.claim(s.dst.name + upper(variable.Name))
		}
		if variable.Init >= 0 {
			c := p.constant(s.dst.name+upper(variable.Name)+"Init", of.data(variable.Init), s.dst.size, s.form, 0)
			a.start = &c
		}
		if variable.Name == ir.MembraneVar {
			s.membrane = a.field
		}
		s.args = append(s.args, a)
	}
	for i, instr := range s.program.Code {
		switch instr.Kind {
		case update.Load, update.Store:
			s.at[i] = int(instr.At)
		case update.Operand:
			name := "x"
			if instr.At > 0 {
				name += fmt.Sprint(instr.At)
			}
			s.add(i, argument{name: name, field: of.lanes(int(instr.At))})
		}
	}
}

// kept is the state variable that is the result too, or −1.
func (s *laneStage) kept() int {
	for i := range s.program.Vars {
		if s.program.Stored(i) == s.program.Result() {
			return i
		}
	}
	return -1
}

// layResult plans where a result goes that is no state variable.
func (s *laneStage) layResult() {
	if s.kept() >= 0 {
		return
	}
	at := slices.IndexFunc(s.program.Code, func(i update.Instr) bool { return i.Kind == update.Result })
	name := "result"
	if s.fires() {
		name = "spikes"
	}
	s.add(at, argument{name: name, field: s.dst.name, spikes: s.fires()})
}
