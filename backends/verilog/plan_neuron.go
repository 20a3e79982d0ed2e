package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// neuron is the hardware of a layer's program, in two stages: charge computes the values that do
// not depend on the last comparison, and lane the others; a register is between them.
type neuron struct {
	*update.Program
	ranges   update.Ranges
	Work     int // bits of the update's arithmetic
	States   []stateVar
	Leaks    []leak
	Charging []param  // the constants that charge reads
	Firing   []param  // and lane
	Charged  []signal // the values between them, the first in the lowest bits
	late     []bool   // by value, whether lane computes it
	params   []param  // by value, of the stage that reads it
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

func planNeuron(v *ir.Value, y vector, steps int) neuron {
	n := neuron{}
	n.Program, n.ranges = v.Update(steps)
	n.late = n.lateValues()
	n.params = make([]param, len(n.Code))
	for at, variable := range n.Vars {
		s := stateVar{Name: variable.Name, Bits: 1, Bit: variable.Bit, Kept: n.Loaded(at) >= 0}
		if !variable.Bit {
			s.Bits, s.Signed = bitsOf(n.ranges.Vars[at]), n.ranges.Vars[at].Lo < 0
		}
		if s.Kept && variable.Init >= 0 {
			s.Init = sized(newParam("init", v.Args[variable.Init], v.Type.Shape, 0, y))
			n.Charging = append(n.Charging, s.Init)
		}
		n.States = append(n.States, s)
	}
	n.readParams(v, y)
	n.Work = n.workBits()
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
func (n neuron) lateValues() []bool {
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

// readParams plans the constants of both stages; one that both read is there twice.
func (n *neuron) readParams(v *ir.Value, y vector) {
	for at, i := range n.Code {
		if i.Kind != update.Param {
			continue
		}
		p := newParam(i.Name, v.Args[i.At], v.Type.Shape, 0, y)
		if r, c := n.compared(update.Value(at)); c != 0 {
			p = clip(p, r, c)
		} else {
			p = sized(p)
		}
		n.params[at] = p
		early, late := n.readers(update.Value(at))
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
}

// readers reports in which stages a value is read.
func (n neuron) readers(v update.Value) (early, late bool) {
	for at, i := range n.Code {
		if slices.Contains(i.Values(), v) {
			early, late = early || !n.late[at], late || n.late[at]
		}
	}
	return early, late
}

// compared returns the range of all values that a constant is compared with, and the
// comparison; 0 where it is read otherwise.
func (n neuron) compared(v update.Value) (ir.Range, ir.Compare) {
	var r ir.Range
	var c ir.Compare
	for _, i := range n.Code {
		switch {
		case !slices.Contains(i.Values(), v):
			continue
		case i.B != v || i.Kind != update.AtLeast && i.Kind != update.Above:
			return r, 0
		case c == 0:
			r = n.ranges.Values[i.A]
		}
		r, c = r.Union(n.ranges.Values[i.A]), ir.GT
		if i.Kind == update.AtLeast {
			c = ir.GE
		}
	}
	return r, c
}

// workBits holds every term and every result of the update. What is added up on
// the way may wrap: the sum fits.
func (n neuron) workBits() int {
	w := 0
	for at, v := range n.Vars {
		if !v.Bit {
			w = max(w, n.ranges.Vars[at].SignedBits(), n.States[at].Init.Bits)
		}
	}
	for at, i := range n.Code {
		switch i.Kind {
		case update.Operand, update.Shl:
			w = max(w, n.ranges.Values[at].SignedBits())
		case update.Param:
			w = max(w, n.params[at].Bits)
		}
	}
	return w
}

// cross lists the values between the stages.
func (n *neuron) cross() {
	at := 0
	for v, i := range n.Code {
		_, late := n.readers(update.Value(v))
		if n.late[v] || !late || i.Kind == update.Param || i.Kind == update.Const {
			continue
		}
		s := signal{value: update.Value(v), Name: n.Names()[v], Bits: 1, at: at}
		if !n.IsBit(s.value) {
			r := n.ranges.Values[v]
			s.Bits, s.signed = min(n.Work, bitsOf(r)), r.Lo < 0 || bitsOf(r) >= n.Work
		}
		at += s.Bits
		n.Charged = append(n.Charged, s)
	}
}

// leak is the hardware of a leak: one function, of shifts and sums.
type leak struct {
	Name string
	of   update.Value
	update.Decay
	Work int // bits of its argument and of its result
	Wide int // bits of the sum that is shifted
}

// newLeak plans the leak of a number that has a range. A shift is by no more than the
// number has bits.
func newLeak(name string, of update.Value, d update.Decay, r ir.Range, work int) leak {
	k := leak{Name: name, of: of, Decay: d, Work: work, Wide: work}
	if k.CSD() {
		k.Wide = max(work, r.SignedBits()+d.Shift+2) // the factor is at most 2^Shift
		return k
	}
	k.Shift = min(d.Shift, r.SignedBits())
	if most := int64(1)<<k.Shift - 1; d.Up|d.UpNegative != 0 {
		k.Up, k.UpNegative = min(d.Up, most), min(d.UpNegative, most)
		k.Wide = max(work, k.Shift+1, ir.Range{Lo: r.Lo, Hi: r.Hi + most}.SignedBits())
	}
	return k
}

// CSD reports whether the leak multiplies by a factor's digits.
func (k leak) CSD() bool { return k.Factor() != 1 }

// Begun is the number in the bits that are shifted.
func (k leak) Begun() string { return extend("x", k.Work, true, k.Wide) }

// Product is wide times the factor: its digits' shifted copies.
func (k leak) Product() string {
	var b strings.Builder
	for i := len(k.Digits) - 1; i >= 0; i-- {
		switch {
		case k.Digits[i].Sign < 0:
			b.WriteString(" - ")
		case i < len(k.Digits)-1:
			b.WriteString(" + ")
		}
		fmt.Fprintf(&b, "(wide <<< %d)", k.Digits[i].Shift)
	}
	return b.String()
}

// Addend is added so that the shift rounds up; empty when it rounds down.
func (k leak) Addend() string {
	switch {
	case k.Up != 0:
		return fmt.Sprintf("%d'sd%d", k.Wide, k.Up)
	case k.UpNegative != 0:
		return fmt.Sprintf("(x[%d] ? %d'sd%d : %d'sd0)", k.Work-1, k.Wide, k.UpNegative, k.Wide)
	}
	return ""
}

// Left is the part that the leak leaves.
func (k leak) Left() string {
	shifted := slice("wide", k.Work, k.Wide)
	if k.Rest {
		return "x - " + shifted
	}
	return shifted
}
