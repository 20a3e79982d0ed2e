package verilog

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// program is the hardware of a program in the lanes. That of a neuron has two stages: charge
// computes the values that do not depend on the last comparison, and lane the others; a
// register is between them. Any other is computed by charge alone.
type program struct {
	*update.Program
	ranges    update.Ranges
	Work      int // bits of its arithmetic
	Operands  []operand
	States    []stateVar
	Leaks     []leak
	Charging  []param  // the constants that charge reads
	Firing    []param  // and lane
	Charged   []signal // the values between them, the first in the lowest bits
	late      []bool   // by value, whether lane computes it
	constants []param  // by value, of the stage that reads it
	names     []string // by value
}

// operand is an operand of a program, which comes through a port.
type operand struct {
	Slot   int
	Port   int // in Xs
	Bits   int
	Signed bool
	at, of int // its lowest bit in an element of the port, which has so many
}

// stateVar is a state variable in hardware.
type stateVar struct {
	Name   string
	Bits   int
	Signed bool
	Kept   bool // a step reads it, so that a memory holds it
	Bit    bool
	Init   param
}

// signal is a value between the stages.
type signal struct {
	value  update.Value
	Name   string
	Bits   int
	signed bool
	at     int // its lowest bit among the signals
}

// planProgram plans a program whose operands the unit reads, and whose other views are
// constants of a grid.
func planProgram(u *unit, e *lower.Each, dims []int, steps int) program {
	n := program{Program: e.Program, Operands: u.Operands, names: e.Program.Names(), constants: make([]param, len(e.Program.Code))}
	n.ranges = n.Ranges(steps, func(slot int) ir.Range { return e.Views[slot].Array.Range })
	n.late = make([]bool, len(n.Code))
	if u.Kind == kindNeuron {
		n.late = n.lateValues()
	}
	constant := func(name string, slot int) param { return newParam(name, e.Views[slot], dims, u.vector).sized() }
	for at, variable := range n.Vars {
		s := stateVar{Name: variable.Name, Bits: 1, Bit: variable.Bit, Kept: n.Loaded(at) >= 0}
		switch {
		case u.Kind != kindNeuron: // the unit's own memory
			s.Bits, s.Signed = u.Bits, u.Signed
		case !variable.Bit:
			s.Bits, s.Signed = bitsOf(n.ranges.Vars[at]), n.ranges.Vars[at].Lo < 0
		}
		if s.Kept && variable.Init >= 0 {
			s.Init = constant(variable.Name+"_init", variable.Init)
			n.Charging = append(n.Charging, s.Init)
		}
		n.States = append(n.States, s)
	}
	for at, i := range n.Code {
		if i.Kind == update.Param {
			n.readParam(update.Value(at), constant(n.names[at], int(i.At)))
		}
	}
	n.Work = max(n.workBits(), u.Array.Range.SignedBits())
	n.cross()
	for at, i := range n.Code {
		if i.Kind == update.Leak {
			name := fmt.Sprint("leak", len(n.Leaks)+1)
			n.Leaks = append(n.Leaks, newLeak(name, update.Value(at), i.Decay, n.ranges.Values[i.A], n.Work))
		}
	}
	return n
}

// lateValues reports for each value whether it depends on the last comparison of the step.
func (n *program) lateValues() []bool {
	late, last := make([]bool, len(n.Code)), -1
	for at, i := range n.Code {
		if i.Kind == update.AtLeast || i.Kind == update.Above {
			last = at
		}
	}
	for at, i := range n.Code {
		late[at] = at == last || i.Kind == update.Store || i.Kind == update.Result ||
			slices.ContainsFunc(i.Values(), func(v update.Value) bool { return late[v] })
	}
	return late
}

// readParam plans a constant of both stages; one that both read is there twice, and a factor
// by its digits.
func (n *program) readParam(at update.Value, p param) {
	if r, c := n.compared(at); c != 0 {
		p = clip(p, r, c)
	}
	n.constants[at] = p
	if n.scales(at) {
		n.Charging = append(n.Charging, p.digits()...)
	}
	early, late := n.readers(at)
	if late {
		n.Firing = append(n.Firing, p)
	}
	if early {
		if late {
			p.Name = "old_" + p.Name
		}
		n.Charging = append(n.Charging, p)
	}
}

// scales reports whether a value is the factor of a product.
func (n *program) scales(v update.Value) bool {
	return slices.ContainsFunc(n.Code, func(i update.Instr) bool { return i.Kind == update.Scale && i.B == v })
}

// readers reports in which stages a value is read, but as a factor.
func (n *program) readers(v update.Value) (early, late bool) {
	for at, i := range n.Code {
		if slices.Contains(i.Values(), v) && (i.Kind != update.Scale || i.A == v) {
			early, late = early || !n.late[at], late || n.late[at]
		}
	}
	return early, late
}

// compared returns the range of all values that a constant is compared with, and the
// comparison; 0 where it is read otherwise.
func (n *program) compared(v update.Value) (ir.Range, ir.Compare) {
	var r ir.Range
	var c ir.Compare
	if !n.Limits()[v] {
		return r, c
	}
	for _, i := range n.Code {
		if !slices.Contains(i.Values(), v) {
			continue
		}
		if c == 0 {
			r = n.ranges.Values[i.A]
		}
		r, c = r.Union(n.ranges.Values[i.A]), ir.GT
		if i.Kind == update.AtLeast {
			c = ir.GE
		}
	}
	return r, c
}

// workBits holds every term and every result of the program, and all that is compared or
// shifted. Partial sums may wrap: the whole sum fits.
func (n *program) workBits() int {
	w := 1
	for at, v := range n.Vars {
		if !v.Bit {
			w = max(w, n.ranges.Vars[at].SignedBits(), n.States[at].Init.Bits)
		}
	}
	for at, i := range n.Code {
		of := []update.Value{}
		switch i.Kind {
		case update.Operand, update.Shl, update.Const, update.Step:
			of = append(of, update.Value(at))
		case update.Param:
			w = max(w, n.constants[at].Bits)
		case update.Scale:
			x, y := n.ranges.Values[i.A].SignedBits(), n.ranges.Values[i.B].SignedBits()
			w = max(w, x+y+2, i.Decay.Shift+2) // its copies, and the addend that rounds up
			of = append(of, i.A)
		case update.Lookup:
			of = append(of, i.A)
			w = max(w, ir.Range{Lo: slices.Min(i.Table), Hi: slices.Max(i.Table)}.SignedBits())
		case update.AtLeast, update.Above, update.Min, update.Max, update.Leak, update.Result:
			of = i.Values()
		}
		for _, v := range of {
			if n.Code[v].Kind != update.Param && !n.IsBit(v) {
				w = max(w, n.ranges.Values[v].SignedBits())
			}
		}
	}
	return w
}

// cross lists the values between the stages.
func (n *program) cross() {
	at := 0
	for v, i := range n.Code {
		_, late := n.readers(update.Value(v))
		if n.late[v] || !late || i.Kind == update.Param || i.Kind == update.Const {
			continue
		}
		s := signal{value: update.Value(v), Name: n.names[v], Bits: 1, at: at}
		if !n.IsBit(s.value) {
			r := n.ranges.Values[v]
			s.Bits, s.signed = min(n.Work, bitsOf(r)), r.Lo < 0 || bitsOf(r) >= n.Work
		}
		at += s.Bits
		n.Charged = append(n.Charged, s)
	}
}
