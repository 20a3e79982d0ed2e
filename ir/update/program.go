// Package update holds the straight-line integer programs that layers run for each of
// their elements: in each time step, a program loads the state variables of an element,
// computes with its operands, and stores the new state and the result.
//
// A program is the form of a neuron's equation that ranges are proved on and that every
// back end prints, so that the equation stands in one place. The interpreter of the IR
// keeps an equation of its own.
package update

import "slices"

// Kind is the kind of an instruction.
type Kind uint8

// The instructions. A and B are earlier values, C is a bit.
const (
	Load    Kind = iota + 1 // state variable At, as the last step stored it
	Operand                 // operand At of the layer in this step
	Param                   // operand At of the layer, a constant
	Const                   // the number At
	Step                    // the number of the time step, from 0
	Add                     // A + B
	Sub                     // A − B
	Shl                     // A · 2^At
	Shr                     // A / 2^At, floor
	Leak                    // the part of A that Decay leaves
	Scale                   // A times B, a constant, by its digits; shifted and rounded by Decay
	AtLeast                 // the bit A ≥ B
	Above                   // the bit A > B
	And                     // of bits
	Or                      // of bits
	Xor                     // of bits
	AndNot                  // the bit A and not B
	Select                  // A where C is 1, else B
	Min                     // the smaller of A and B
	Max                     // the larger of A and B
	Store                   // A is state variable At from the next step on
	Result                  // A is the result of the step
	Times                   // A · B, of real numbers
	Over                    // A / B, of real numbers
	Lookup                  // entry A of Table, counted from 0
	kinds
)

// kindInfo is the name of an instruction in texts, and the number of values it takes.
type kindInfo struct {
	name   string
	values int
}

var infos = [kinds]kindInfo{
	Load: {"load", 0}, Operand: {"operand", 0}, Param: {"param", 0}, Const: {"const", 0}, Step: {"step", 0},
	Add: {"add", 2}, Sub: {"sub", 2}, Shl: {"shl", 1}, Shr: {"shr", 1}, Leak: {"leak", 1}, Scale: {"scale", 2},
	AtLeast: {"at-least", 2}, Above: {"above", 2}, And: {"and", 2}, Or: {"or", 2}, Xor: {"xor", 2}, AndNot: {"and-not", 2},
	Select: {"select", 3}, Min: {"min", 2}, Max: {"max", 2}, Store: {"store", 1}, Result: {"result", 1}, Times: {"times", 2}, Over: {"over", 2},
	Lookup: {"lookup", 1},
}

func (k Kind) String() string { return infos[k].name }

// Value is an instruction's place in the code of its program, where its value is named by it.
type Value int

// Instr is one instruction.
type Instr struct {
	Kind    Kind
	Name    string // of the value, in texts and in emitted code; "" for one without a name of its own
	A, B, C Value
	At      int64 // a state variable, operand, number or shift
	Decay   Decay // of Leak; of Scale without digits
	Table   []int64
}

// Bit reports whether the value is 0 or 1 by its kind.
func (i Instr) Bit() bool {
	return i.Kind == AtLeast || i.Kind == Above || i.Kind == And || i.Kind == Or || i.Kind == Xor || i.Kind == AndNot
}

// Compares reports whether the instruction is a comparison.
func (i Instr) Compares() bool { return i.Kind == AtLeast || i.Kind == Above }

// OfReals reports whether only real numbers have the instruction.
func (i Instr) OfReals() bool { return i.Kind == Times || i.Kind == Over }

// OfCells reports whether cells have the instruction, on integers or on real numbers.
func (i Instr) OfCells(integers bool) bool {
	switch i.Kind {
	case Shl, Leak:
		return integers
	case Times, Over:
		return !integers
	case Shr, Scale, Step, Param, Lookup:
		return false
	}
	return true
}

// Takes returns the values that the instruction takes as bits, and those it takes as numbers; a
// select and a result take either.
func (i Instr) Takes() (bits, numbers []Value) {
	switch i.Kind {
	case And, Or, Xor, AndNot:
		return i.Values(), nil
	case Select:
		return []Value{i.C}, nil
	case Result:
		return nil, nil
	}
	return nil, i.Values()
}

// Values returns the values that the instruction takes, of a select its bit first.
func (i Instr) Values() []Value {
	var out []Value
	for _, v := range i.places() {
		out = append(out, *v)
	}
	return out
}

// places are those of the values, in the order of the text.
func (i *Instr) places() []*Value {
	if i.Kind == Select {
		return []*Value{&i.C, &i.A, &i.B}
	}
	return []*Value{&i.A, &i.B}[:infos[i.Kind].values]
}

// Decay is the part of a number that a leak leaves:
//
//	(Σ ±v·2^digit + Up + [v < 0]·UpNegative) >> Shift
//
// or, with Rest, v less that.
type Decay struct {
	Digits         []Digit // of the factor's numerator
	Shift          int
	Up, UpNegative int64 // rounding: both 0 is floor
	Rest           bool
}

// Digit is a signed power of two: Sign·2^Shift, Sign 1 or −1.
type Digit struct {
	Shift int
	Sign  int
}

// Var is a state variable of one element.
type Var struct {
	Name string
	Bit  bool
	// Init is the operand that it starts from, a constant; −1 for the number Start.
	Init  int
	Start int64
	// Traced variables are stored although no instruction may load them.
	Traced bool
	// Versions are values that the integer of the variable must hold beside those stored:
	// the membrane before its reset.
	Versions []Value
}

// Program is the update of one element in one time step. Its numbers are integers, but for those
// with Times or Over, which are of real ones.
type Program struct {
	Vars []Var
	Code []Instr
}

// Var returns the index of a state variable, or −1.
func (p *Program) Var(name string) int {
	return slices.IndexFunc(p.Vars, func(v Var) bool { return v.Name == name })
}

// Loaded returns the value that loads a state variable, or −1 when nothing of a step
// depends on the one before.
func (p *Program) Loaded(v int) Value { return p.find(Load, v) }

// Stored returns the value that a state variable has from the next step on.
func (p *Program) Stored(v int) Value { return p.Code[p.find(Store, v)].A }

// Result returns the value that is the result.
func (p *Program) Result() Value {
	return p.Code[slices.IndexFunc(p.Code, func(i Instr) bool { return i.Kind == Result })].A
}

// Clone returns a copy.
func (p *Program) Clone() *Program {
	out := &Program{Vars: slices.Clone(p.Vars), Code: slices.Clone(p.Code)}
	for i := range out.Vars {
		out.Vars[i].Versions = slices.Clone(out.Vars[i].Versions)
	}
	return out
}

func (p *Program) find(k Kind, at int) Value {
	return Value(slices.IndexFunc(p.Code, func(i Instr) bool { return i.Kind == k && i.At == int64(at) }))
}
