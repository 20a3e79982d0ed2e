package goasm

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir/update"
)

// twin prints a function in plain Go. Its variables are the lanes of the vectors,
// which wrap alike, or have 64 bits where those are too narrow.
type twin struct {
	*printer
	*loop
	lane  string   // the type of variables
	names []string // by value, of variables
	at    []string // by value, as an expression
	uses  []int
	// shifts are counts that are data: compilers might make a multiplication of a sum of
	// shifts that they know.
	shifts []string
}

func newTwin(out *printer, l *loop) *twin {
	t := &twin{printer: out, loop: l, lane: l.form.elem(), uses: l.program.Uses(), at: make([]string, len(l.program.Code))}
	if l.wide {
		t.lane = "int64"
	}
	t.names = t.variables()
	for _, i := range l.program.Code {
		if t.hidden(i) {
			t.shifts = append(t.shifts, fmt.Sprint(i.At))
		}
	}
	return t
}

// variables are the names of values, none that of an argument but its own element's.
func (t *twin) variables() []string {
	names := t.program.Names()
	for v, name := range names {
		for _, a := range t.args {
			if a.name == name && t.program.Code[v].Kind != update.Param {
				names[v] += "_"
			}
		}
	}
	return names
}

// hidden reports whether a shift is one of several of a number.
func (t *twin) hidden(i update.Instr) bool { return i.Kind == update.Shl && t.uses[i.A] > 1 }

func (t *twin) print() {
	if len(t.shifts) > 0 {
		t.f("\n// %sShifts are data, so that no compiler makes multiplications of sums of shifts.", t.function)
		t.f("var %sShifts = [...]uint8{%s}", t.function, strings.Join(t.shifts, ", "))
	}
	t.f("\n// %s computes %s, and all that is alike.", t.function, t.title)
	if t.less {
		t.f("// Thresholds are one less than the network's: neurons fire above them.")
	}
	t.f("func %s(%s) {", t.function, t.signature())
	for i := range t.shifts {
		t.f("shift%d := %sShifts[%d] & 63", i+1, t.function, i)
	}
	if t.form == packed {
		t.bitwise()
	} else {
		t.lanes()
	}
	t.f("}")
}

// lanes prints the loop over numbers.
func (t *twin) lanes() {
	t.f("for at := 0; at < len(%s); at += 64 {", t.args[t.lead()].name)
	t.slices()
	t.f("for i := range 64 {")
	t.neuron()
	t.f("}")
	for _, a := range t.written() {
		t.f("%s[at>>6] = new%s", a.name, upper(a.name))
	}
	t.f("}")
}

// words are the instructions of two bits, of 64 at once.
var words = map[update.Kind]string{
	update.And: "&", update.Or: "|", update.Xor: "^", update.AndNot: "&^", update.Min: "&", update.Max: "|",
}

// bitwise prints the loop over words of bits.
func (t *twin) bitwise() {
	t.f("for i := range %s {", t.args[t.lead()].name)
	for v, i := range t.program.Code {
		t.at[v] = t.names[v]
		a, b, c := t.at[i.A], t.at[i.B], t.at[i.C]
		switch i.Kind {
		case update.Const:
			t.at[v] = []string{"uint64(0)", "^uint64(0)"}[i.At]
		case update.Load, update.Operand, update.Param:
			t.f("%s := %s[i]", t.names[v], t.args[t.loop.at[v]].name)
		case update.Store, update.Result:
			if at := t.loop.at[v]; at >= 0 {
				t.f("%s[i] = %s", t.args[at].name, a)
			}
		case update.Select:
			t.f("%s := %s&%s | %s&^%s", t.names[v], a, c, b, c)
		default:
			t.f("%s := %s %s %s", t.names[v], a, words[i.Kind], b)
		}
	}
	t.f("}")
}

// slices takes 64 neurons of each argument.
func (t *twin) slices() {
	var names, parts []string
	for _, a := range t.args {
		if !a.spikes {
			names, parts = append(names, a.name), append(parts, fmt.Sprintf("(*[64]%s)(%s[at:])", t.form.elem(), a.name))
		}
	}
	t.f("%s := %s", strings.Join(names, ", "), strings.Join(parts, ", "))
	for _, a := range t.args {
		if a.spikes && a.read {
			t.f("last%s := %s[at>>6]", upper(a.name), a.name)
		}
	}
	for _, a := range t.written() {
		t.f("new%s := uint64(0)", upper(a.name))
	}
}

// written are the arguments that spikes are stored to.
func (t *twin) written() []argument {
	var out []argument
	for _, a := range t.args {
		if a.spikes && a.written {
			out = append(out, a)
		}
	}
	return out
}

// neuron prints the program of one neuron.
func (t *twin) neuron() {
	shift := 0
	for v, i := range t.program.Code {
		t.at[v] = t.names[v]
		switch i.Kind {
		case update.Const:
			t.constant(v, i.At)
		case update.Load, update.Operand, update.Param:
			t.f("%s := %s", t.names[v], t.load(v))
		case update.Store, update.Result:
			t.store(v, i)
		case update.Select:
			t.choose(v, i)
		case update.Shl:
			by := fmt.Sprint(i.At)
			if t.hidden(i) {
				shift++
				by = fmt.Sprint("shift", shift)
			}
			t.f("%s := %s << %s", t.names[v], t.at[i.A], by)
		default:
			t.f("%s := %s", t.names[v], t.expression(i))
		}
	}
}

// constant is a literal, or a variable where an instruction takes constants only, so that Go
// computes it in lanes.
func (t *twin) constant(v int, n int64) {
	t.at[v] = t.number(n)
	if slices.ContainsFunc(t.program.Code, func(i update.Instr) bool { return t.constants(i, update.Value(v)) }) {
		t.f("var %s %s = %s", t.names[v], t.lane, t.at[v])
		t.at[v] = t.names[v]
	}
}

// constants reports whether an instruction takes a constant, and nothing but constants.
func (t *twin) constants(i update.Instr, v update.Value) bool {
	values := i.Values()
	return slices.Contains(values, v) && !slices.ContainsFunc(values, func(a update.Value) bool { return t.program.Code[a].Kind != update.Const })
}

// number is a constant, as a lane holds it.
func (t *twin) number(n int64) string {
	switch t.lane {
	case "int16":
		n = int64(int16(n))
	case "int32":
		n = int64(int32(n))
	}
	return fmt.Sprint(n)
}

// load is an element of an argument. All are loaded before choices, for machines to choose
// without a branch.
func (t *twin) load(v int) string {
	a := t.args[t.loop.at[v]]
	switch {
	case a.spikes:
		return "last" + upper(a.name) + ">>i&1 != 0"
	case t.wide:
		return "int64(" + a.name + "[i])"
	}
	return a.name + "[i]"
}

// store prints where a value goes; a result may have been stored as state.
func (t *twin) store(v int, i update.Instr) {
	if t.loop.at[v] < 0 {
		return
	}
	a := t.args[t.loop.at[v]]
	switch {
	case a.spikes:
		t.f("new%s |= bit(%s) << i", upper(a.name), t.at[i.A])
	case t.wide:
		t.f("%s[i] = %s(%s)", a.name, t.form.elem(), t.at[i.A])
	default:
		t.f("%s[i] = %s", a.name, t.at[i.A])
	}
}

// choose prints a choice, without an else.
func (t *twin) choose(v int, i update.Instr) {
	first := "%s := %s"
	if t.at[i.B] == t.number(t.program.Code[i.B].At) {
		first = "var %s " + t.lane + " = %s"
	}
	t.f(first, t.names[v], t.at[i.B])
	t.f("if %s {\n%s = %s\n}", t.at[i.C], t.names[v], t.at[i.A])
}

// operators are the instructions of two values in Go.
var operators = map[update.Kind]string{
	update.Add: "+", update.Sub: "-", update.AtLeast: ">=", update.Above: ">", update.And: "&&", update.Or: "||", update.Xor: "!=",
	update.AndNot: "&& !",
}

func (t *twin) expression(i update.Instr) string {
	a, b := t.at[i.A], t.at[i.B]
	switch i.Kind {
	case update.Shr:
		return fmt.Sprintf("%s >> %d", a, i.At)
	case update.Min:
		return fmt.Sprintf("min(%s, %s)", a, b)
	case update.Max:
		return fmt.Sprintf("max(%s, %s)", a, b)
	}
	return a + " " + operators[i.Kind] + " " + b
}
