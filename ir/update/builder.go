package update

import "slices"

// Builder writes a program. Its methods return the value of a new instruction, or of an
// earlier one that is known to be equal.
type Builder struct{ p Program }

// Var adds a state variable.
func (b *Builder) Var(v Var) int {
	b.p.Vars = append(b.p.Vars, v)
	return len(b.p.Vars) - 1
}

// add appends an instruction, unless an earlier one without a leak gives the same value.
func (b *Builder) add(i Instr) Value {
	for v, old := range b.p.Code {
		if old.Kind == i.Kind && old.A == i.A && old.B == i.B && old.C == i.C && old.At == i.At && i.Kind != Leak && i.Kind != Scale && i.Kind != Lookup {
			return Value(v)
		}
	}
	b.p.Code = append(b.p.Code, i)
	return Value(len(b.p.Code) - 1)
}

// Named gives a value its name, unless it has one.
func (b *Builder) Named(v Value, name string) Value {
	if i := &b.p.Code[v]; i.Name == "" {
		i.Name = name
	}
	return v
}

// Version makes the integer of a state variable hold a value.
func (b *Builder) Version(variable int, v Value) Value {
	b.p.Vars[variable].Versions = append(b.p.Vars[variable].Versions, v)
	return v
}

// Load returns a state variable as the last step stored it.
func (b *Builder) Load(variable int) Value { return b.add(Instr{Kind: Load, At: int64(variable)}) }

// Operand returns an operand of this step.
func (b *Builder) Operand(slot int) Value { return b.add(Instr{Kind: Operand, At: int64(slot)}) }

// Param returns a constant operand.
func (b *Builder) Param(slot int) Value { return b.add(Instr{Kind: Param, At: int64(slot)}) }

// Const returns a number.
func (b *Builder) Const(n int64) Value { return b.add(Instr{Kind: Const, At: n}) }

// Step returns the number of the time step, from 0.
func (b *Builder) Step() Value { return b.add(Instr{Kind: Step}) }

// is reports whether a value is a given number.
func (b *Builder) is(v Value, n int64) bool { return b.p.Code[v].Kind == Const && b.p.Code[v].At == n }

// Add returns x + y.
func (b *Builder) Add(x, y Value) Value {
	switch {
	case b.is(x, 0):
		return y
	case b.is(y, 0):
		return x
	}
	return b.add(Instr{Kind: Add, A: x, B: y})
}

// Sub returns x − y.
func (b *Builder) Sub(x, y Value) Value {
	if b.is(y, 0) {
		return x
	}
	return b.add(Instr{Kind: Sub, A: x, B: y})
}

// Times returns x · y, of real numbers.
func (b *Builder) Times(x, y Value) Value { return b.add(Instr{Kind: Times, A: x, B: y}) }

// Over returns x / y, of real numbers.
func (b *Builder) Over(x, y Value) Value { return b.add(Instr{Kind: Over, A: x, B: y}) }

// Shl returns x · 2^k.
func (b *Builder) Shl(x Value, k int) Value {
	if k == 0 || b.is(x, 0) {
		return x
	}
	return b.add(Instr{Kind: Shl, A: x, At: int64(k)})
}

// Leak returns the part of x that a decay leaves.
func (b *Builder) Leak(x Value, d Decay) Value {
	if b.is(x, 0) {
		return x
	}
	return b.add(Instr{Kind: Leak, A: x, Decay: d})
}

// Scale returns x times a constant y, shifted and rounded by a decay without digits.
func (b *Builder) Scale(x, y Value, d Decay) Value {
	return b.add(Instr{Kind: Scale, A: x, B: y, Decay: d})
}

// Lookup returns entry x of a table, which has one for each x.
func (b *Builder) Lookup(x Value, table []int64) Value {
	return b.add(Instr{Kind: Lookup, A: x, Table: table})
}

// AtLeast returns the bit x ≥ y.
func (b *Builder) AtLeast(x, y Value) Value { return b.add(Instr{Kind: AtLeast, A: x, B: y}) }

// Above returns the bit x > y.
func (b *Builder) Above(x, y Value) Value { return b.add(Instr{Kind: Above, A: x, B: y}) }

// And returns the bit that both of two bits are 1.
func (b *Builder) And(x, y Value) Value { return b.add(Instr{Kind: And, A: x, B: y}) }

// Or returns the bit that one of two bits is 1.
func (b *Builder) Or(x, y Value) Value { return b.add(Instr{Kind: Or, A: x, B: y}) }

// AndNot returns the bit that x is 1 and y is not.
func (b *Builder) AndNot(x, y Value) Value { return b.add(Instr{Kind: AndNot, A: x, B: y}) }

// Min returns the smaller of x and y.
func (b *Builder) Min(x, y Value) Value { return b.add(Instr{Kind: Min, A: x, B: y}) }

// Max returns the larger of x and y.
func (b *Builder) Max(x, y Value) Value { return b.add(Instr{Kind: Max, A: x, B: y}) }

// Xor returns the bit that one of two bits is 1 and the other is not.
func (b *Builder) Xor(x, y Value) Value { return b.add(Instr{Kind: Xor, A: x, B: y}) }

// Select returns x where the bit c is 1, and y where it is 0.
func (b *Builder) Select(c, x, y Value) Value {
	if x == y {
		return x
	}
	return b.add(Instr{Kind: Select, A: x, B: y, C: c})
}

// Inline appends another program's state and instructions, but for its result, which it returns.
// State that is loaded behind its store is loaded before it: engines store at once.
func (b *Builder) Inline(p *Program) Value {
	first := len(b.p.Vars)
	values := make([]Value, len(p.Code))
	for v, i := range p.Code {
		if i.Kind == Result {
			continue
		}
		i.A, i.B, i.C = values[i.A], values[i.B], values[i.C]
		if i.Kind == Load || i.Kind == Store {
			i.At += int64(first)
		}
		if i.Kind == Store && slices.ContainsFunc(p.Code[v:], func(later Instr) bool { return later.Kind == Load && later.At == p.Code[v].At }) {
			b.Load(int(i.At))
		}
		values[v] = b.add(i)
	}
	for _, v := range p.Vars {
		v.Versions = slices.Clone(v.Versions)
		for i, at := range v.Versions {
			v.Versions[i] = values[at]
		}
		b.p.Vars = append(b.p.Vars, v)
	}
	return values[p.Result()]
}

// Store makes a value the state variable of the next step.
func (b *Builder) Store(variable int, v Value) {
	b.add(Instr{Kind: Store, A: v, At: int64(variable)})
}

// Result makes a value the result.
func (b *Builder) Result(v Value) { b.add(Instr{Kind: Result, A: v}) }

// Program returns the program without the instructions and state variables that nothing
// depends on.
func (b *Builder) Program() *Program {
	p, _ := b.p.trimmed(Ranges{})
	return p
}
