package lower

import (
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Program is a lowered net.
type Program struct {
	Name   string
	Steps  int
	Arrays []*Array
	Stages []*Stage
}

// Array is the memory of a value's elements, in C order.
type Array struct {
	Name  string
	Type  ir.Type
	Range ir.Range
	// Data is that of a constant; nil of any other array.
	Data *ir.Tensor
	// Given arrays are inputs; Per is when they are given.
	Given bool
	Per   ir.Clock
}

// Stage computes an array, or of an output shows it.
type Stage struct {
	Clock ir.Clock
	To    *Array
	// Exactly one of these is set.
	Each   *Each
	Fold   *Fold
	Move   *Move
	Output bool // To is a result of the net
}

// Each runs a program for each element of its array. Views are those of the operands by slot,
// constants and initial values of the state among them.
type Each struct {
	Program *update.Program
	Views   map[int]View
}

// Monoid is how the elements of a place are combined.
type Monoid uint8

// The monoids. A place that sees none has 0 in a sum, and there is none in the others.
const (
	Sum Monoid = iota + 1
	Max
	Min
)

var monoidNames = map[Monoid]string{Sum: "sum", Max: "max", Min: "min"}

func (m Monoid) String() string { return monoidNames[m] }

// Fold combines, at each place, the elements that the taps see: of X, or of a sum the
// products of X and Weight, on top of Start. The grid of its views is that of the places
// followed by that of the taps; of Start it is the places alone.
type Fold struct {
	Monoid        Monoid
	Places, Taps  []int
	X             View
	Weight, Start *View
}

// Move copies pieces to an array that holds Fill elsewhere. Late ones, of latches, run when
// all else of the step has, and all read before any writes.
type Move struct {
	Fill   int64
	Pieces []Piece
	Late   bool
}

// Piece is a grid of elements, which From reads and To writes.
type Piece struct {
	Dims     []int
	From, To View
}

// Const reports whether the array is a constant.
func (a *Array) Const() bool { return a.Data != nil }

// Views returns those that a stage reads through.
func (s *Stage) Views() []View {
	var out []View
	s.reads(func(v *View) { out = append(out, *v) })
	return out
}

// reads calls f with each view that a stage reads through, of which f may change the array.
func (s *Stage) reads(f func(*View)) {
	switch {
	case s.Each != nil:
		for slot, v := range s.Each.Views {
			array := v.Array
			if f(&v); v.Array != array {
				s.Each.Views[slot] = v
			}
		}
	case s.Fold != nil:
		for _, v := range []*View{&s.Fold.X, s.Fold.Weight, s.Fold.Start} {
			if v != nil {
				f(v)
			}
		}
	default:
		for i := range s.Move.Pieces {
			f(&s.Move.Pieces[i].From)
		}
	}
}

// Kind is the word that the text of a stage begins with.
func (s *Stage) Kind() string {
	switch {
	case s.Output:
		return "output"
	case s.Each != nil:
		return "each"
	case s.Fold != nil:
		return "fold"
	case s.Move.Late:
		return "latch"
	}
	return "move"
}

// late reports whether a stage is a latch.
func (s *Stage) late() bool { return s.Move != nil && s.Move.Late }

// Neurons reports whether a stage has membranes, which traces show.
func (s *Stage) Neurons() bool { return s.Each != nil && s.Each.Program.Var(ir.MembraneVar) >= 0 }

// prune drops the stages that no output and no layer of neurons depends on, and arrays that
// neither a stage nor an input has.
func (p *Program) prune() {
	var shown []*Array
	for _, s := range p.Stages {
		if s.Output || s.Neurons() {
			shown = append(shown, s.To)
		}
	}
	live, needed := p.Needed(shown, nil), map[*Array]bool{}
	p.Stages = slices.DeleteFunc(p.Stages, func(s *Stage) bool { return !live[s] })
	for _, s := range p.Stages {
		needed[s.To] = true
		for _, v := range s.Views() {
			needed[v.Array] = true
		}
	}
	p.Arrays = slices.DeleteFunc(p.Arrays, func(a *Array) bool { return !a.Given && !needed[a] })
}

// Needed returns the stages that arrays depend on, latches with the delays that they set. Those of a
// cut are among them, but nothing that only they depend on; nil: there is no cut.
func (p *Program) Needed(of []*Array, cut func(*Stage) bool) map[*Stage]bool {
	writers, found := map[*Array][]*Stage{}, map[*Stage]bool{}
	for _, s := range p.Stages {
		writers[s.To] = append(writers[s.To], s)
	}
	for len(of) > 0 {
		a := of[0]
		of = of[1:]
		for _, s := range writers[a] {
			if found[s] {
				continue
			}
			found[s] = true
			if cut != nil && cut(s) {
				continue
			}
			for _, v := range s.Views() {
				of = append(of, v.Array)
			}
		}
	}
	return found
}
