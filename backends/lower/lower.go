package lower

import (
	"nomul/ir"
	"nomul/ir/update"
)

// Of lowers a net that satisfies ir.Verify at the fixed level.
func Of(net *ir.Net) *Program {
	l := &lowering{p: &Program{Name: net.Name, Steps: net.Steps}, at: map[*ir.Value]grid{}}
	for _, v := range net.Values {
		if v.Op != ir.OpLatch {
			l.at[v] = l.value(v)
		}
	}
	for _, v := range net.All(ir.OpLatch) {
		l.latch(v)
	}
	return l.p
}

type lowering struct {
	p  *Program
	at map[*ir.Value]grid // how the elements of each value lie
}

// value adds the stages of a value and returns how its elements lie.
func (l *lowering) value(v *ir.Value) grid {
	if view := views[v.Op]; view != nil {
		if g, ok := view(l, v); ok {
			return g
		}
		return l.copied(v)
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

// views are the ops that only change how the elements of their operand are gone through;
// ok is false where strides cannot say how.
var views = map[ir.Op]func(l *lowering, v *ir.Value) (g grid, ok bool){
	ir.OpReshape: func(l *lowering, v *ir.Value) (grid, bool) {
		return l.at[v.Args[0]].reshaped(v.Type.Shape.Dims())
	},
	ir.OpTranspose: func(l *lowering, v *ir.Value) (grid, bool) {
		return l.at[v.Args[0]].permuted(v.Attrs.(ir.PermAttrs).Perm), true
	},
	ir.OpSlice: func(l *lowering, v *ir.Value) (grid, bool) {
		a := v.Attrs.(ir.SliceAttrs)
		return l.at[v.Args[0]].sliced(a.Axis, a.Start, a.Count, a.Step), true
	},
	ir.OpBroadcast: func(l *lowering, v *ir.Value) (grid, bool) {
		return l.at[v.Args[0]].broadcast(v.Type.Shape.Dims()), true
	},
}

// stages are the ops that have an array of their own, but no program of an element.
var stages = map[ir.Op]func(l *lowering, v *ir.Value, a *Array){
	ir.OpInput: func(_ *lowering, v *ir.Value, a *Array) {
		a.Given, a.Per = true, v.Attrs.(ir.InputAttrs).Per
	},
	ir.OpConst:  func(_ *lowering, v *ir.Value, a *Array) { a.Data = v.Const() },
	ir.OpOutput: (*lowering).output,
	ir.OpConcat: (*lowering).concat, ir.OpPad: (*lowering).pad,
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

// each gives the operands that a program reads as views of the value's own grid.
func (l *lowering) each(v *ir.Value, p *update.Program) *Each {
	e := &Each{p, map[int]View{}}
	for _, i := range p.Code {
		if i.Kind == update.Operand || i.Kind == update.Param {
			e.Views[int(i.At)] = l.stretched(v, int(i.At))
		}
	}
	for _, variable := range p.Vars {
		if variable.Init >= 0 {
			e.Views[variable.Init] = l.stretched(v, variable.Init)
		}
	}
	return e
}

func (l *lowering) stretched(v *ir.Value, slot int) View {
	return l.at[v.Args[slot]].stretched(v.Type.Shape.Dims())
}

// copied is a value whose elements no strides reach: they move to an array of their own.
func (l *lowering) copied(v *ir.Value) grid {
	a, x := l.array(v), l.at[v.Args[0]]
	l.add(v, &Stage{To: a, Move: &Move{Pieces: []Piece{{x.dims, x.stretched(x.dims), View{Array: a, Strides: inOrder(x.dims)}}}}})
	return whole(a)
}

func (l *lowering) output(v *ir.Value, a *Array) {
	x := l.at[v.Args[0]]
	l.add(v, &Stage{To: a, Output: true, Move: &Move{Pieces: []Piece{{x.dims, x.stretched(x.dims), whole(a).stretched(x.dims)}}}})
}

func (l *lowering) concat(v *ir.Value, a *Array) {
	axis, at := v.Attrs.(ir.AxisAttrs).Axis, 0
	m := &Move{}
	for _, arg := range v.Args {
		x := l.at[arg]
		part := whole(a).sliced(axis, at, x.dims[axis], 1)
		m.Pieces = append(m.Pieces, Piece{x.dims, x.stretched(x.dims), part.stretched(x.dims)})
		at += x.dims[axis]
	}
	l.add(v, &Stage{To: a, Move: m})
}

func (l *lowering) pad(v *ir.Value, a *Array) {
	x, inner := l.at[v.Args[0]], whole(a)
	for axis, before := range v.Attrs.(ir.PadAttrs).Before {
		inner = inner.sliced(axis, before, x.dims[axis], 1)
	}
	m := &Move{Pieces: []Piece{{x.dims, x.stretched(x.dims), inner.stretched(x.dims)}}}
	if value := v.Args[1]; value != nil {
		m.Fill = value.Const().I[0]
	}
	l.add(v, &Stage{To: a, Move: m})
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
