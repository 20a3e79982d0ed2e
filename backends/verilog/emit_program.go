package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// Kept are the state variables that memories hold.
func (n *program) Kept() []stateVar {
	return slices.DeleteFunc(slices.Clone(n.States), func(s stateVar) bool { return !s.Kept })
}

// Stored are the state variables that a lane gives: those that are kept, and those that the
// bench reads.
func (n *program) Stored() []stateVar {
	return slices.DeleteFunc(slices.Clone(n.States), func(s stateVar) bool { return !s.Kept && !slices.Contains(ir.InTraceOrder(n.Program), s.Name) })
}

// Traced are the state variables that a bench compares.
func (n *program) Traced() []stateVar {
	var out []stateVar
	for _, name := range ir.InTraceOrder(n.Program) {
		out = append(out, n.States[n.Var(name)])
	}
	return out
}

// Fires reports whether the result is a spike.
func (n *program) Fires() bool { return n.IsBit(n.Result()) }

// Remembers reports whether something is carried from step to step.
func (n *program) Remembers() bool { return len(n.Kept()) > 0 }

// Numbers reports whether the number of the step is asked for.
func (n *program) Numbers() bool { return n.Program != nil && n.Program.Steps() }

// ChargedBits is the bits of a lane between charge and lane; of none, one that nothing reads.
func (n *program) ChargedBits() int {
	bits := 0
	for _, s := range n.Charged {
		bits += s.Bits
	}
	return max(bits, 1)
}

// function is a Verilog function of one element.
type function struct {
	Name       string
	Bits, Work int
	Inputs     []input
	Tables     []table
	Statements []statement
	Returned   string
}

// input is an argument of a function, and the signal in which the lanes have theirs.
type input struct {
	Name string
	Bits int
	lane func(lane int) string
}

// table is a memory with a number for each word.
type table struct {
	Unit    *unit
	Name    string
	Bits    int
	Entries []int64
}

// tables are those that a program looks up.
func (u *unit) tables() []table {
	if u.Program == nil {
		return nil
	}
	var out []table
	for at, i := range u.Code {
		if i.Kind == update.Lookup {
			out = append(out, table{u, fmt.Sprint("table", at), u.Work, i.Table})
		}
	}
	return out
}

// statement is one value of a program in Verilog.
type statement struct {
	Name, Expr string
	Bit        bool
}

// Function is a program, or the first stage of a neuron.
func (u *unit) Function() function {
	f := function{Name: "element", Bits: u.Bits, Work: u.Work, Inputs: u.inputs()}
	if u.Program == nil {
		f.Returned = u.sideBySide()
		return f
	}
	f.Statements, f.Tables = u.Statements(false), u.tables()
	if u.Kind == kindNeuron {
		f.Name, f.Bits, f.Returned = "charge", u.ChargedBits(), u.crossing()
	} else {
		f.Returned = u.given(u.Result(), u.Bits, false)
	}
	return f
}

func (u *unit) inputs() []input {
	var out []input
	add := func(name, signal string, bits int) {
		out = append(out, input{name, bits, func(lane int) string { return part(signal, lane, bits) }})
	}
	for _, o := range u.Operands {
		signal, o := fmt.Sprintf("x%d_q", o.Port), o
		out = append(out, input{fmt.Sprint("x", o.Slot), o.Bits, func(lane int) string {
			from := lane*o.of + o.at
			return fmt.Sprintf("%s[%d:%d]", signal, from+o.Bits-1, from)
		}})
	}
	for _, s := range u.Kept() {
		signal := map[string]string{kindSum: "r_q", kindMap: "x0_q"}[u.Kind]
		if signal == "" {
			signal = s.Name + "_q"
		}
		add("last_"+s.Name, signal, s.Bits)
	}
	for _, p := range u.Charging {
		out = append(out, input{p.Name, p.Bits, p.Lane})
	}
	if out == nil { // a function has an input, a layer that comes to one number has none
		out = append(out, input{"none", 1, func(int) string { return "1'd0" }})
	}
	return out
}

// calls are the functions of all lanes; 0 behind the last element, where a scan must find nothing.
func (u *unit) calls() string {
	f := u.Function()
	return u.lanes(func(lane int) string {
		var args []string
		for _, i := range f.Inputs {
			args = append(args, i.lane(lane))
		}
		call := f.Name + "(" + strings.Join(args, ", ") + ")"
		zero := decimal(f.Bits, 0)
		switch {
		case lane < u.Tail() || u.Kind == kindNeuron:
			return call
		case u.Tiles == 1:
			return zero
		}
		return fmt.Sprintf("wr_tile == %s ? %s : %s", decimal(u.Addr(), u.Last()), zero, call)
	})
}

// Charges are the first stage of all lanes.
func (u *unit) Charges() string { return u.calls() }

// Tile is the result of all lanes of a neuron; 0 behind the last element.
func (u *unit) Tile() string {
	if u.Tail() == u.Lanes {
		return "result"
	}
	return fmt.Sprintf("result & (wr_tile == %s ? %s : {%d{1'b1}})",
		decimal(u.Addr(), u.Last()), hexadecimal(u.Word(), ones(u.Tail()*u.Bits)), u.Word())
}

// Statements are the values of one of the stages, in order.
func (u *unit) Statements(late bool) []statement {
	var out []statement
	for at, i := range u.Code {
		switch i.Kind {
		case update.Param, update.Const, update.Store, update.Result:
			continue
		}
		if u.late[at] == late {
			out = append(out, statement{u.names[at], u.expression(at, late), u.IsBit(update.Value(at))})
		}
	}
	return out
}

// symbols are the operators of instructions that take two values.
var symbols = map[update.Kind]string{
	update.Add: "+ ", update.Sub: "- ", update.AtLeast: ">= ", update.Above: "> ",
	update.And: "& ", update.Or: "| ", update.Xor: "^ ", update.AndNot: "& ~",
}

// expression is a value in Verilog, a signed number of Work bits; sums wrap.
func (u *unit) expression(at int, late bool) string {
	i := u.Code[at]
	word := func(v update.Value) string { return u.word(v, late) }
	bit := func(v update.Value) string { return u.bit(v, late) }
	switch i.Kind {
	case update.Load:
		return u.load(int(i.At))
	case update.Operand:
		o := u.Operands[slices.IndexFunc(u.Operands, func(o operand) bool { return int64(o.Slot) == i.At })]
		return fitted(fmt.Sprint("x", o.Slot), o.Bits, o.Signed, u.Work)
	case update.Step:
		return extend("step", indexBits(u.Steps), false, u.Work)
	case update.Leak:
		return u.leak(update.Value(at)).Name + "(" + word(i.A) + ")"
	case update.Scale:
		return u.scaled(word(i.A), u.constants[i.B], i.Decay)
	case update.Lookup:
		return fmt.Sprintf("table%d[%s]", at, u.given(i.A, indexBits(len(i.Table)), late))
	case update.Shl:
		return fmt.Sprintf("%s <<< %d", word(i.A), i.At)
	case update.Min:
		return fmt.Sprintf("%s < %s ? %s : %s", word(i.A), word(i.B), word(i.A), word(i.B))
	case update.Max:
		return fmt.Sprintf("%s > %s ? %s : %s", word(i.A), word(i.B), word(i.A), word(i.B))
	case update.Select:
		if u.IsBit(i.A) && u.IsBit(i.B) {
			word = bit
		}
		return fmt.Sprintf("%s ? %s : %s", bit(i.C), word(i.A), word(i.B))
	case update.And, update.Or, update.Xor, update.AndNot:
		return bit(i.A) + " " + symbols[i.Kind] + bit(i.B)
	}
	return word(i.A) + " " + symbols[i.Kind] + word(i.B)
}

// scaled is a product with a constant as a sum of shifted copies: one term for each bit that
// some element's canonical digits have, added where the digit is 1 and subtracted where it is
// −1; then one rounding shift.
func (n *program) scaled(x string, factor param, d update.Decay) string {
	masks := factor.digits()
	zero := number(n.Work, 0)
	var terms []string
	for at := range masks[0].Bits {
		some := func(m int64) bool { return m>>at&1 == 1 }
		if !slices.ContainsFunc(masks[0].Data, some) && !slices.ContainsFunc(masks[1].Data, some) {
			continue
		}
		terms = append(terms, fmt.Sprintf("(%s[%d] ? (%s <<< %d) : %s[%d] ? -(%s <<< %d) : %s)",
			masks[0].Name, at, x, at, masks[1].Name, at, x, at, zero))
	}
	sum := strings.Join(append(terms, zero), " + ")
	if d.Up != 0 {
		sum += " + " + number(n.Work, d.Up)
	}
	if d.UpNegative != 0 {
		sum = fmt.Sprintf("(%s) + ((%s) < %s ? %s : %s)", sum, sum, zero, number(n.Work, d.UpNegative), zero)
	}
	return fmt.Sprintf("(%s) >>> %d", sum, d.Shift)
}

// LeaksOf returns the leaks of one of the stages, whose module has them.
func (n *program) LeaksOf(late bool) []leak {
	return slices.DeleteFunc(slices.Clone(n.Leaks), func(k leak) bool { return n.late[k.of] != late })
}

// leak returns the leak of a value.
func (n *program) leak(of update.Value) leak {
	return n.Leaks[slices.IndexFunc(n.Leaks, func(k leak) bool { return k.of == of })]
}

// load is a state variable at the beginning of the step.
func (n *program) load(at int) string {
	s := n.States[at]
	if s.Bit {
		return "last_" + s.Name + " & ~first"
	}
	initial := number(n.Work, n.Vars[at].Start)
	if !s.Init.Absent() {
		initial = extend(s.Init.Name, s.Init.Bits, true, n.Work)
	}
	return fmt.Sprintf("first ? %s : %s", initial, extend("last_"+s.Name, s.Bits, s.Signed, n.Work))
}

// word is a value where an instruction takes a number: a name, or a constant in Work bits.
func (n *program) word(v update.Value, late bool) string {
	switch i := n.Code[v]; {
	case i.Kind == update.Const:
		return number(n.Work, i.At)
	case i.Kind == update.Param:
		return "$signed(" + extend(n.paramName(v, late), n.constants[v].Bits, true, n.Work) + ")"
	case n.IsBit(v) && n.Work > 1:
		return fmt.Sprintf("$signed({%s, %s})", decimal(n.Work-1, 0), n.names[v])
	}
	return n.names[v]
}

// bit is a value where an instruction takes a bit; a number that is 0 or 1 has it lowest.
func (n *program) bit(v update.Value, late bool) string {
	switch i := n.Code[v]; {
	case i.Kind == update.Const:
		return decimal(1, int(i.At))
	case i.Kind == update.Param:
		return n.paramName(v, late) + "[0]"
	case n.IsBit(v):
		return n.names[v]
	}
	return n.names[v] + "[0]"
}

// paramName is the name of a constant in a stage.
func (n *program) paramName(v update.Value, late bool) string {
	if early, again := n.readers(v); early && again && !late {
		return "old_" + n.constants[v].Name
	}
	return n.constants[v].Name
}

// crossing joins the values that go to the second stage.
func (n *program) crossing() string {
	var parts []string
	for _, s := range slices.Backward(n.Charged) {
		parts = append(parts, n.given(s.value, s.Bits, false))
	}
	if parts == nil {
		return decimal(1, 0)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Arriving are the values that the second stage gets.
func (n *program) Arriving() []statement {
	var out []statement
	for _, s := range n.Charged {
		bits := fmt.Sprintf("charged[%d:%d]", s.at+s.Bits-1, s.at)
		switch more := n.Work - s.Bits; {
		case n.IsBit(s.value) || more == 0:
		case s.signed:
			bits = fmt.Sprintf("{{%d{charged[%d]}}, %s}", more, s.at+s.Bits-1, bits)
		default:
			bits = fmt.Sprintf("{%s, %s}", decimal(more, 0), bits)
		}
		out = append(out, statement{s.Name, bits, n.IsBit(s.value)})
	}
	return out
}

// Given is the new value of a state variable.
func (n *program) Given(s stateVar) string {
	return n.given(n.Program.Stored(n.Var(s.Name)), s.Bits, true)
}

// Resulting is the result of a neuron.
func (u *unit) Resulting() string { return u.given(u.Result(), u.Bits, true) }

// given is a value in a number of bits.
func (n *program) given(v update.Value, bits int, late bool) string {
	switch i := n.Code[v]; {
	case i.Kind == update.Const:
		return literal(bits, i.At)
	case i.Kind == update.Param:
		return fitted(n.paramName(v, late), n.constants[v].Bits, true, bits)
	case n.IsBit(v):
		return extend(n.names[v], 1, false, bits)
	}
	return slice(n.names[v], bits, n.Work)
}

// number is a signed literal.
func number(bits int, n int64) string {
	if n < 0 {
		return fmt.Sprintf("-%d'sd%d", bits, -n)
	}
	return fmt.Sprintf("%d'sd%d", bits, n)
}
