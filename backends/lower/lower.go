package lower

import (
	"nomul/ir"
	"nomul/ir/update"
)

// Of lowers a net that satisfies ir.Verify at the fixed level. Of values that no output depends
// on, those with traced state stay: traces have all neurons of the net.
func Of(net *ir.Net) *Program {
	l := &lowering{p: &Program{Name: net.Name, Steps: net.Steps}, at: map[*ir.Value]grid{}}
	for _, v := range net.Values {
		if v.Op != ir.OpLatch && v.Op != ir.OpOutput {
			l.at[v] = l.value(v)
		}
	}
	for _, v := range net.All(ir.OpLatch) {
		l.latch(v)
	}
	for _, v := range net.All(ir.OpOutput) { // as the model lists them
		l.output(v)
	}
	l.p.keepShown()
	l.p.prune()
	return l.p
}

type lowering struct {
	p  *Program
	at map[*ir.Value]grid // how the elements of each value lie
}

// value adds the stages of a value and returns how its elements lie.
func (l *lowering) value(v *ir.Value) grid {
	if view := views[v.Op]; view != nil {
		if g, ok := view(l.at[v.Args[0]], v); ok {
			return g
		}
		a := l.array(v)
		l.moved(v, a)
		return whole(a)
	}
	a := l.array(v)
	if program, _ := v.Update(l.p.Steps); program != nil {
		s := &Stage{Clock: v.Clock, To: a, Each: l.each(v, program)}
		if len(program.Vars) > 0 {
			s.Clock = ir.Step // a readout is there at the end, and takes its operand in each step
		}
		l.p.Stages = append(l.p.Stages, s)
		return whole(a)
	}
	if stage := stages[v.Op]; stage != nil {
		stage(l, v, a)
	}
	return whole(a)
}

// stages are the ops that have an array of their own, but no program of an element.
var stages = map[ir.Op]func(l *lowering, v *ir.Value, a *Array){
	ir.OpInput: func(_ *lowering, v *ir.Value, a *Array) {
		a.Given, a.Per = true, v.Attrs.(ir.InputAttrs).Per
	},
	ir.OpConst:  func(_ *lowering, v *ir.Value, a *Array) { a.Data = v.Const() },
	ir.OpConcat: (*lowering).moved, ir.OpPad: (*lowering).moved,
	ir.OpLinear: (*lowering).linear, ir.OpConv: (*lowering).conv, ir.OpMatmul: (*lowering).matmul,
	ir.OpMaxPool: (*lowering).pool, ir.OpSumPool: (*lowering).pool,
	ir.OpReduceSum: (*lowering).reduce, ir.OpReduceMax: (*lowering).reduce, ir.OpReduceMin: (*lowering).reduce,
	ir.OpDelay: (*lowering).delay,
}

// array adds the array of a value.
func (l *lowering) array(v *ir.Value) *Array {
	a := &Array{Name: v.Name, Type: v.Type, Range: v.Range}
	l.p.Arrays = append(l.p.Arrays, a)
	return a
}

func (l *lowering) add(v *ir.Value, s *Stage) {
	s.Clock = v.Clock
	l.p.Stages = append(l.p.Stages, s)
}

// each returns the operands that a program reads as views of the value's own grid.
func (l *lowering) each(v *ir.Value, p *update.Program) *Each {
	e := &Each{p, map[int]View{}}
	for _, slot := range p.Slots() {
		e.Views[slot] = l.stretched(v, slot)
	}
	return e
}

func (l *lowering) stretched(v *ir.Value, slot int) View {
	return l.at[v.Args[slot]].stretched(v.Type.Shape.Dims())
}

// moved copies the elements of a value to its array.
func (l *lowering) moved(v *ir.Value, a *Array) {
	l.add(v, &Stage{To: a, Move: moveOf(v, l.grids(v.Args), whole(a))})
}

// grids are those of operands; an optional one that is left out has none.
func (l *lowering) grids(args []*ir.Value) []grid {
	out := make([]grid, len(args))
	for i, arg := range args {
		if arg != nil {
			out[i] = l.at[arg]
		}
	}
	return out
}

// output shows a value at the end, whenever it was computed.
func (l *lowering) output(v *ir.Value) {
	a, x := l.array(v), l.at[v.Args[0]]
	move := &Move{Pieces: []Piece{{x.dims, x.stretched(x.dims), whole(a).stretched(x.dims)}}}
	l.p.Stages = append(l.p.Stages, &Stage{Clock: ir.End, To: a, Output: true, Move: move})
}

// delay takes its first value before the time steps.
func (l *lowering) delay(v *ir.Value, a *Array) {
	dims := v.Type.Shape.Dims()
	first := l.stretched(v, 0)
	l.p.Stages = append(l.p.Stages, &Stage{Clock: ir.Once, To: a, Move: &Move{Pieces: []Piece{{dims, first, whole(a).stretched(dims)}}}})
}

func (l *lowering) latch(v *ir.Value) {
	to, dims := l.at[v.Args[0]], v.Args[0].Type.Shape.Dims()
	x := l.at[v.Args[1]].stretched(dims)
	l.add(v, &Stage{To: to.array, Move: &Move{Late: true, Pieces: []Piece{{dims, x, to.stretched(dims)}}}})
}
