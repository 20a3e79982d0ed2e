package ir

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir/diag"
	"nomul/ir/update"
)

// CellAttrs is the update of a cell: the program that each of its elements runs in a time step.
//
// An instruction operand i is the element of operand i of the cell, in any order; a constant
// among them is one, too, and gives state variables their initial values. The first state variable is
// the membrane; state is of numbers. The result is a spike where the program's is a bit, an integer where bits
// choose and count it among whole constants (cell_words.go), else a number. Above the
// fixed level numbers are real, and times and over are products and quotients; at the fixed level
// numbers are integers, and shl and leak take the place of products.
type CellAttrs struct {
	Do Routine `ir:"always"`
}

func (CellAttrs) attrs() {}

// CellVar is the name of a cell's state variable, from 0: membrane, state2, state3, …
func CellVar(i int) string {
	if i == 0 {
		return MembraneVar
	}
	return fmt.Sprintf("state%d", i+1)
}

// Routine is a program in the text form of attributes: [LINE; LINE; …].
type Routine struct{ *update.Program }

func (r Routine) String() string { return "[" + strings.Join(r.Lines(update.Ranges{}), "; ") + "]" }

// MarshalText prints the program.
func (r Routine) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a program.
func (r *Routine) UnmarshalText(text []byte) error {
	inner, begins := strings.CutPrefix(string(text), "[")
	inner, ends := strings.CutSuffix(inner, "]")
	if !begins || !ends {
		return fmt.Errorf("wanted [state NAME; NAME = INSTRUCTION; store NAME = NAME; result NAME]")
	}
	p, err := update.Parse(strings.Split(inner, ";"))
	if err == nil {
		*r = Routine{p}
	}
	return err
}

// MaxChoices bounds the comparisons of a cell: ranges are proved on the ways through them.
const MaxChoices = 64

func inferCell(in *inference) {
	v, p := in.v, in.v.Attrs.(CellAttrs).Do.Program
	if p == nil || len(v.Args) == 0 {
		in.fail(diag.BadAttribute, "needs operands and a program")
		return
	}
	shape := in.broadcast(v.Args...)
	if in.checkSlots(p); in.err == nil {
		in.checkInstrs(p)
	}
	if in.err != nil {
		return
	}
	words, isWord := wordOf(v, p)
	switch {
	case p.IsBit(p.Result()):
		in.typ, in.rng = SpikeType(shape), Range{Lo: 0, Hi: 1}
	case isWord:
		in.integer(shape, words)
	default:
		in.typ = RealType(shape)
	}
	if in.level == Fixed {
		in.cellRanges(shape)
	}
}

// checkSlots demands that instructions read operands that there are, and that the state starts
// from constants and has a membrane.
func (in *inference) checkSlots(p *update.Program) {
	for _, slot := range p.Slots() {
		if slot >= len(in.v.Args) {
			in.fail(diag.BadAttribute, "reads operand %d, and has %d", slot, len(in.v.Args))
			return
		}
	}
	for i, s := range p.Vars {
		if want := CellVar(i); s.Name != want {
			in.fail(diag.BadAttribute, "its state variable %d is named %s, wanted %s", i+1, s.Name, want)
		}
		if s.Bit || s.Traced || len(s.Versions) > 0 {
			in.fail(diag.BadAttribute, "state %s is a number, of which traces show each step's", s.Name)
		}
		if s.Init >= 0 && in.v.Args[s.Init].Const() == nil {
			in.fail(diag.BadAttribute, "state %s starts from %%%s, which is no constant", s.Name, in.v.Args[s.Init].Name)
		}
	}
	if len(p.Vars) == 0 {
		in.fail(diag.BadAttribute, "keeps no state")
	}
}

// checkInstrs demands that the kinds of instructions are those of the level, and that bits and
// numbers stand where they belong. Spikes that come in are both.
func (in *inference) checkInstrs(p *update.Program) {
	choices := 0
	either := func(v update.Value) bool {
		i := p.Code[v]
		return i.Kind == update.Operand && in.v.Args[i.At].Type.IsSpike()
	}
	constant := func(v update.Value) bool {
		i := p.Code[v]
		return i.Kind == update.Operand && in.v.Args[i.At].Const() != nil
	}
	for at, i := range p.Code {
		if i.Compares() && !constant(i.A) {
			choices++
		}
		if !i.OfCells(in.level == Fixed) {
			in.fail(diag.BadLevel, "its instruction %v has no place at the %v level", i.Kind, in.level)
		}
		if k := i.Decay.Shift; i.Kind == update.Leak && (k < 1 || k > MaxLeakBits) {
			in.fail(diag.BadAttribute, "its instruction %d leaks %v, wanted 1 to %d bits", at, i.Decay, MaxLeakBits)
		}
		bits, numbers := i.Takes()
		for _, a := range bits {
			if !p.IsBit(a) && !either(a) {
				in.fail(diag.BadAttribute, "its instruction %d, %v, takes a number for a bit", at, i.Kind)
			}
		}
		for _, a := range numbers {
			if p.IsBit(a) && !either(a) {
				in.fail(diag.BadAttribute, "its instruction %d, %v, takes a bit for a number", at, i.Kind)
			}
		}
		if i.Kind == update.Select && p.IsBit(i.A) != p.IsBit(i.B) && !either(i.A) && !either(i.B) {
			in.fail(diag.BadAttribute, "its instruction %d, %v, mixes a bit and a number", at, i.Kind)
		}
	}
	if choices > MaxChoices {
		in.fail(diag.BadAttribute, "compares %d times, of which %d are followed", choices, MaxChoices)
	}
}

// cellRanges sets the ranges of the result and of the membrane, which are those of the program that
// engines run.
func (in *inference) cellRanges(shape Shape) {
	p, r := (&updating{v: in.v, steps: in.steps}).program(updateCell)
	all := Range{}
	for _, of := range slices.Concat(r.Values, r.Vars) {
		all = all.Union(of)
	}
	if all.Lo <= -update.Limit || all.Hi >= update.Limit {
		in.fail(diag.TooWide, "its numbers would go from %d to %d, which no integer holds", all.Lo, all.Hi)
		return
	}
	in.state = r.Vars[p.Var(MembraneVar)]
	if in.typ.IsReal() {
		// Signed even where the range is not, as the membrane of a silent neuron.
		in.rng = r.Values[p.Result()]
		in.typ = Holding(in.rng.Union(Range{Lo: -1, Hi: 0}), shape)
	}
}

// update returns the program with its state traced.
func (a CellAttrs) update() *update.Program {
	p := a.Do.Clone()
	for i := range p.Vars {
		p.Vars[i].Traced = true
	}
	return p
}

// parameterised is the program of a cell, whose constants are parameters. Values lose the names
// that a user gave them, which may be words of an emitted language.
func parameterised(v *Value) *update.Program {
	p := v.Attrs.(CellAttrs).update()
	for at, i := range p.Code {
		p.Code[at].Name = ""
		if i.Kind == update.Operand && v.Args[i.At].Const() != nil {
			p.Code[at].Kind = update.Param
		}
	}
	return p
}

// updateCell writes the program of a cell, without all that its ranges decide.
func updateCell(u *updating) update.Value {
	b := &update.Builder{}
	b.Result(b.Inline(parameterised(u.v)))
	p := b.Program()
	p, _ = p.Settled(p.Ranges(u.steps, u.operand))
	return u.Inline(p)
}
