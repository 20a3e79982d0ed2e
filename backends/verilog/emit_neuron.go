package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// Kept are the state variables that memories hold.
func (n neuron) Kept() []stateVar {
	return slices.DeleteFunc(slices.Clone(n.States), func(s stateVar) bool { return !s.Kept })
}

// Stored are the state variables that a lane gives: those that are kept, and the
// membrane, which the bench reads.
func (n neuron) Stored() []stateVar {
	return slices.DeleteFunc(slices.Clone(n.States), func(s stateVar) bool { return !s.Kept && s.Name != ir.MembraneVar })
}

// Membrane is the state variable that a bench compares.
func (n neuron) Membrane() stateVar {
	if at := n.Var(ir.MembraneVar); at >= 0 {
		return n.States[at]
	}
	return stateVar{}
}

// Fires reports whether the result is a spike.
func (n neuron) Fires() bool { return n.IsBit(n.Result()) }

// ChargedBits is the bits of a lane between charge and lane.
func (n neuron) ChargedBits() int {
	bits := 0
	for _, s := range n.Charged {
		bits += s.Bits
	}
	return bits
}

// Charges are the charges of all lanes.
func (u *unit) Charges() string {
	return u.lanes(func(lane int) string {
		args := []string{part("x_q", lane, u.X.Bits)}
		for _, s := range u.Neuron.Kept() {
			args = append(args, part(s.Name+"_q", lane, s.Bits))
		}
		for _, p := range u.Neuron.Charging {
			args = append(args, p.Lane(lane))
		}
		return "charge(" + strings.Join(args, ", ") + ")"
	})
}

// Tile is the result of all lanes: spikes, or membranes of a silent neuron; 0
// behind the last element.
func (u *unit) Tile() string {
	result := "spikes"
	if !u.Neuron.Fires() {
		result = ir.MembraneVar
	}
	if u.Tail() == u.Lanes {
		return result
	}
	return fmt.Sprintf("%s & (wr_tile == %s ? %s : {%d{1'b1}})", result,
		decimal(u.Addr(), u.Last()), hexadecimal(u.Word(), ones(u.Tail()*u.Bits)), u.Word())
}

// statement is one value of a program in Verilog.
type statement struct {
	Name, Expr string
	Bit        bool
}

// Charge are the values of the first stage, in order.
func (u *unit) Charge() []statement { return u.statements(false) }

// Lane are those of the second.
func (u *unit) Lane() []statement { return u.statements(true) }

func (u *unit) statements(late bool) []statement {
	var out []statement
	for at, i := range u.Neuron.Code {
		switch i.Kind {
		case update.Param, update.Const, update.Store, update.Result:
			continue
		}
		if u.Neuron.late[at] == late {
			out = append(out, statement{u.Neuron.Names()[at], u.expression(at, late), u.Neuron.IsBit(update.Value(at))})
		}
	}
	return out
}

// expression is a value in Verilog, a signed number of Work bits.
func (u *unit) expression(at int, late bool) string {
	n := u.Neuron
	i := n.Code[at]
	switch i.Kind {
	case update.Load:
		return n.load(int(i.At))
	case update.Operand:
		return extend("x", u.X.Bits, u.X.Signed, n.Work)
	case update.Leak:
		return n.leak(update.Value(at)).Name + "(" + n.read(i.A, late) + ")"
	}
	return datapath{n.Program, n.Work, func(v update.Value) string { return n.read(v, late) }}.expression(i)
}

// leak returns the leak of a value.
func (n neuron) leak(of update.Value) leak {
	return n.Leaks[slices.IndexFunc(n.Leaks, func(k leak) bool { return k.of == of })]
}

// load is a state variable at the beginning of the step.
func (n neuron) load(at int) string {
	s := n.States[at]
	if s.Bit {
		return "last_" + s.Name + " & ~first"
	}
	initial := fmt.Sprintf("%d'sd0", n.Work)
	if !s.Init.Absent() {
		initial = extend("init", s.Init.Bits, true, n.Work)
	}
	return fmt.Sprintf("first ? %s : %s", initial, extend("last_"+s.Name, s.Bits, s.Signed, n.Work))
}

// read is a value where an instruction takes it: a name, or a constant in Work bits.
func (n neuron) read(v update.Value, late bool) string {
	switch i := n.Code[v]; i.Kind {
	case update.Const:
		return number(n.Work, i.At)
	case update.Param:
		return "$signed(" + extend(n.paramName(v, late), n.params[v].Bits, true, n.Work) + ")"
	}
	return n.Names()[v]
}

// paramName is the name of a constant in a stage.
func (n neuron) paramName(v update.Value, late bool) string {
	if early, again := n.readers(v); early && again && !late {
		return "old_" + n.params[v].Name
	}
	return n.params[v].Name
}

// Returned joins the values that go to the second stage.
func (n neuron) Returned() string {
	var parts []string
	for _, s := range slices.Backward(n.Charged) {
		name := s.Name
		if !n.IsBit(s.value) {
			name = slice(name, s.Bits, n.Work)
		}
		parts = append(parts, name)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Arriving are the values that the second stage gets.
func (n neuron) Arriving() []statement {
	var out []statement
	for _, s := range n.Charged {
		bits := fmt.Sprintf("charged[%d:%d]", s.at+s.Bits-1, s.at)
		if n.IsBit(s.value) {
			out = append(out, statement{s.Name, bits, true})
			continue
		}
		out = append(out, statement{s.Name, n.widened(s), false})
	}
	return out
}

// widened is a signal in Work bits.
func (n neuron) widened(s signal) string {
	bits := fmt.Sprintf("charged[%d:%d]", s.at+s.Bits-1, s.at)
	switch more := n.Work - s.Bits; {
	case more == 0:
		return bits
	case s.signed:
		return fmt.Sprintf("{{%d{charged[%d]}}, %s}", more, s.at+s.Bits-1, bits)
	default:
		return fmt.Sprintf("{%s, %s}", decimal(more, 0), bits)
	}
}

// Given is the new value of a state variable.
func (n neuron) Given(s stateVar) string {
	v := n.Program.Stored(n.Var(s.Name))
	value := n.read(v, true)
	switch i := n.Code[v]; {
	case s.Bit:
		return value
	case i.Kind == update.Const:
		return literal(s.Bits, i.At)
	case i.Kind == update.Param:
		return fit(n.paramName(v, true), n.params[v].Bits, s.Bits)
	}
	return slice(value, s.Bits, n.Work)
}

// Spike is the result of a neuron that fires.
func (n neuron) Spike() string { return n.read(n.Result(), true) }

// fit brings a signed signal to a number of bits.
func fit(name string, from, to int) string { return fitted(name, from, true, to) }
