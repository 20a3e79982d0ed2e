package cgen

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"nomul/backends/lower"
	"nomul/ir"
)

// layout is the memory of the emitted code; the programs around a model look at its state behind
// each step.
var layout = lower.Layout{Target: "c", Widths: []int{8, 16, 32}, Packed: 32, LeastSum: 16, Overlay: true, Watched: true}

// fuses reports whether a program runs in a sweep: behind the sums of several places and the
// elements of a fold, or with another program; words of spikes only with words.
func (p *plan) fuses(s *lower.Sweep, next *lower.Stage) bool {
	first := s.Stages[0]
	switch t := p.sums[first.To]; {
	case p.inWords(next) || p.inWords(first):
		return p.inWords(next) && p.inWords(first)
	case t != nil:
		return t.fold.Positions*t.groups > 1 && len(t.chunks) < 2
	}
	return first.Fold == nil || first.Fold.Weight == nil
}

// ready takes a program, with copies of operands that kernels cannot go through where they are.
func (p *plan) ready(of *lower.Program) {
	p.program = &lower.Program{Name: of.Name, Steps: of.Steps, Arrays: slices.Clone(of.Arrays)}
	for _, s := range of.Stages {
		if at := s.Kept(); at >= 0 && !s.Each.Program.Vars[at].Bit || s.Fold != nil && s.Fold.Weight != nil {
			p.numbers[s.To] = true
		}
	}
	for _, s := range of.Stages {
		switch {
		case weighs(s):
			s = p.planSum(s)
		case s.Fold != nil && s.Fold.Weight != nil:
			s = p.planProduct(s)
		}
		p.program.Stages = append(p.program.Stages, s)
	}
}

// packs reports whether the elements of an array are packed spikes. Readouts and
// sums are numbers, be they 0 or 1.
func (p *plan) packs(a *lower.Array) bool { return a.Type.IsSpike() && !p.numbers[a] }

// gathered is a view of a grid through a copy, equal ones made once: of some axes, in C order of
// these. It stands still along the others.
func (p *plan) gathered(clock ir.Clock, v lower.View, grid []int, axes []int) lower.View {
	dims := lower.Pick(grid, axes)
	piece := lower.Piece{Dims: dims, From: lower.View{Array: v.Array, Start: v.Start, Strides: lower.Pick(v.Strides, axes)}}
	key := fmt.Sprint(clock, piece.From, dims)
	a := p.copies[key]
	if a == nil {
		a = &lower.Array{Name: fmt.Sprintf("%s.copy%d", v.Array.Name, 1+len(p.copies)),
			Type: v.Array.Type.WithShape(ir.ShapeOf(lower.Size(dims))), Range: v.Array.Range}
		piece.To = lower.View{Array: a, Strides: lower.Strides(dims)}
		p.copies[key], p.program.Arrays = a, append(p.program.Arrays, a)
		p.program.Stages = append(p.program.Stages, &lower.Stage{Clock: clock, To: a, Move: &lower.Move{Pieces: []lower.Piece{piece}}})
	}
	return lower.View{Array: a, Strides: strides(grid, axes, 1)}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// placeAll gives arrays and state variables their fields.
func (p *plan) placeAll() {
	for _, v := range p.ports.Inputs {
		p.fields = append(p.fields, &field{name: p.ident[v.Name], elem: elemOf(v.Type), comment: "the caller's input, read until finish"})
	}
	for _, a := range p.program.Arrays {
		if a.Given {
			p.place[a] = place{"st->" + p.ident[a.Name], elemOf(a.Type), a.Type.Size()}
		}
	}
	for i, s := range p.laid.Slots {
		p.placeSlot(i, s)
	}
	for _, s := range p.program.Stages {
		for i, e := range p.laid.States[s] {
			p.placeVar(s, i, memoryElem(e))
		}
	}
	for _, s := range p.latches() {
		if p.laid.Held[s] {
			p.held[s.To] = p.own(p.unused(p.ident[s.To.Name]+"_next"), p.place[s.To].elem, s.To.Type.Size(), "what "+s.To.Name+" is next")
		}
	}
}

// placeSlot makes a field of a slot, with the name of its array, or of its own when there are
// several. Sums of the last place are written in fours.
func (p *plan) placeSlot(i int, s *lower.Slot) {
	e, n, name := memoryElem(s.Elem), s.Size, p.ident[s.Uses[0].Array.Name]
	if len(s.Uses) > 1 {
		name = p.unused(fmt.Sprint("shared_", i))
	}
	var users []string
	for _, u := range s.Uses {
		a := u.Array
		p.place[a] = place{"st->" + name, e, a.Type.Size()}
		users = append(users, a.Name)
		if t := p.sums[a]; t != nil && !t.spread() {
			n = max(n, a.Type.Size()+roundUp(t.outs, 4)-t.outs)
		}
	}
	p.own(name, e, n, strings.Join(users, ", later "))
}

// placeVar gives a state variable its memory, which may be that of the result.
func (p *plan) placeVar(s *lower.Stage, i int, e elem) {
	v, name := s.Each.Program.Vars[i], p.ident[s.To.Name]
	kept, same := p.laid.Kept[s.To]
	same = same && i == kept
	if !same || v.Name != ir.ReadoutVar && !v.Bit {
		name += endOf(v.Name)
	}
	at := p.own(name, e, s.To.Type.Size(), v.Name+" of "+s.To.Name)
	p.states[s] = append(p.states[s], at)
	if same {
		p.place[s.To] = at
	}
}

// latches lists the latches of a step.
func (p *plan) latches() []*lower.Stage {
	var out []*lower.Stage
	for _, g := range p.laid.Groups {
		out = append(out, g.Latches...)
	}
	return out
}

// endOf is the end of the C name of a state variable.
func endOf(name string) string {
	switch name {
	case ir.MembraneVar:
		return "_v"
	case ir.CurrentVar:
		return "_i"
	}
	return "_" + name
}

// orderFields completes the state struct and sorts it by alignment, so that it has no holes.
func (p *plan) orderFields() {
	if p.counts() {
		p.fields = append(p.fields, &field{"step", elem{32, false, false}, 1, "the number of the step"})
	}
	sort.SliceStable(p.fields, func(i, j int) bool { return p.fields[i].align() > p.fields[j].align() })
}

// counts reports whether a program asks for the number of the step.
func (p *plan) counts() bool {
	return slices.ContainsFunc(p.program.Stages, func(s *lower.Stage) bool { return s.Each != nil && s.Each.Program.Steps() })
}

// align is the field's alignment in bits; pointers come first.
func (f *field) align() int {
	if f.n == 0 {
		return 64
	}
	return f.elem.bits
}

// pointerBytes is the size of a pointer on the 32-bit targets that the table is for.
const pointerBytes = 4

func (f *field) bytes() int {
	if f.n == 0 {
		return pointerBytes
	}
	return f.elem.bytes(f.n)
}

// stateBytes is the size of the state struct on a 32-bit target.
func (p *plan) stateBytes() int {
	total, align := 0, 8
	for _, f := range p.fields {
		total += f.bytes()
		align = max(align, min(f.align(), 32))
	}
	return roundUp(total, align/8)
}
