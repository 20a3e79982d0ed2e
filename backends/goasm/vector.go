package goasm

import (
	"slices"

	"nomul/ir/update"
)

// vop is a vector instruction: an entry of a machine's table, with registers before and
// after they are allocated. Its register d is its result, or for its own use.
type vop struct {
	name    string
	d       int
	a, b, c int   // −1 for none
	k       int64 // a shift, a number, or the place of bits
	arg     int   // an argument of the function
	next    bool  // nothing takes the argument's part after it
	comment string
}

func (o vop) takes() []int {
	return slices.DeleteFunc([]int{o.a, o.b, o.c}, func(r int) bool { return r < 0 })
}

// vectors are a layer's program for one round of a machine: the same instructions for one
// or several vectors, until a whole number of bytes of spikes is there. A bit is a lane
// of all ones or zeros.
type vectors struct {
	*loop
	machine   *machine
	ops       []vop
	registers int   // virtual ones so far
	constants []vop // that do not change from round to round
	fired     []int // by argument, the spikes of the vectors so far
	regs      []int // by value
	half      int   // the vector
	comment   string
}

func (m *machine) lower(s *loop) *vectors {
	l := &vectors{loop: s, machine: m, fired: slices.Repeat([]int{-1}, len(s.args)), regs: make([]int, len(s.program.Code))}
	lines := s.equations()
	for l.half = range m.vectors(s.form) {
		from := len(l.ops)
		for v, i := range s.program.Code {
			l.comment = lines[v]
			l.value(v, i)
		}
		l.advance(from)
	}
	l.constants = slices.DeleteFunc(l.constants, func(c vop) bool {
		return !slices.ContainsFunc(l.ops, func(o vop) bool { return slices.Contains(o.takes(), c.d) })
	})
	return l
}

// advance marks the instructions that take the last of each argument.
func (l *vectors) advance(from int) {
	seen := make([]bool, len(l.args))
	for n := len(l.ops) - 1; n >= from; n-- {
		if o := &l.ops[n]; o.name == "load" || o.name == "store" {
			o.next, seen[o.arg] = !seen[o.arg], true
		}
	}
}

// op appends an instruction with a result.
func (l *vectors) op(o vop) int {
	o.d, o.comment, l.comment = l.registers, l.comment, ""
	l.registers++
	l.ops = append(l.ops, o)
	return o.d
}

// constant is the register of something that does not change.
func (l *vectors) constant(name string, k int64) int {
	for _, c := range l.constants {
		if c.name == name && c.k == k {
			return c.d
		}
	}
	l.constants = append(l.constants, vop{name: name, d: l.registers, a: -1, b: -1, c: -1, k: k})
	l.registers++
	return l.constants[len(l.constants)-1].d
}

// number is the register of a constant in all lanes.
func (l *vectors) number(n int64) int {
	if l.form == narrow {
		n = int64(int16(n))
	}
	switch n = int64(int32(n)); n {
	case 0:
		return l.constant("zero", 0)
	case -1:
		return l.constant("ones", 0)
	}
	return l.constant("number", n)
}

// binary appends an instruction of two registers.
func (l *vectors) binary(name string, a, b int) int {
	return l.op(vop{name: name, a: a, b: b, c: -1})
}

// value appends the instructions of a value.
func (l *vectors) value(v int, i update.Instr) {
	a, b := l.regs[i.A], l.regs[i.B]
	switch i.Kind {
	case update.Const:
		l.regs[v] = l.number(i.At)
	case update.Load, update.Operand, update.Param:
		l.regs[v] = l.load(l.at[v])
	case update.Store, update.Result:
		if l.at[v] >= 0 {
			l.store(l.at[v], a)
		}
	case update.Shl, update.Shr:
		l.regs[v] = l.op(vop{name: i.Kind.String(), a: a, b: -1, c: -1, k: i.At})
	case update.AtLeast:
		l.regs[v] = l.binary("xor", l.binary("above", b, a), l.number(-1))
	case update.Select:
		l.regs[v] = l.choose(a, b, l.regs[i.C])
	default:
		l.regs[v] = l.binary(i.Kind.String(), a, b)
	}
}

// choose is a where the bits c are ones, else b.
func (l *vectors) choose(a, b, c int) int {
	switch {
	case l.zero(a):
		return l.binary("and-not", b, c)
	case l.zero(b):
		return l.binary("and", a, c)
	}
	return l.op(vop{name: "select", a: a, b: b, c: c})
}

func (l *vectors) zero(r int) bool {
	return slices.ContainsFunc(l.constants, func(c vop) bool { return c.d == r && c.name == "zero" })
}

func (l *vectors) load(arg int) int {
	if !l.args[arg].spikes {
		return l.op(vop{name: "load", a: -1, b: -1, c: -1, arg: arg})
	}
	bits := l.op(vop{name: "load-bits", a: -1, b: -1, c: -1, arg: arg})
	return l.binary("test", bits, l.places())
}

// places has the bit of each lane's neuron in its byte, or word, of spikes.
func (l *vectors) places() int { return l.constant("places", int64(l.half)) }

// store stores a value; spikes with those of the vectors before, after the last.
func (l *vectors) store(arg, a int) {
	if !l.args[arg].spikes {
		l.op(vop{name: "store", a: a, b: -1, c: -1, arg: arg})
		return
	}
	if l.machine.weighs {
		a = l.binary("and", a, l.places())
		if l.half > 0 {
			a = l.binary("add", l.fired[arg], a)
		}
		l.fired[arg] = a
	}
	if l.half == l.machine.vectors(l.form)-1 {
		l.op(vop{name: "store-bits", a: a, b: -1, c: -1, arg: arg})
	}
}
