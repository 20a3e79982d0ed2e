package lower

import (
	"slices"

	"nomul/ir/update"
)

// Body is the programs of a sweep as one, on the grid of its places: an element that one of
// them makes is a value of those behind it.
type Body struct {
	// Program reads operand i through Views[i]; its result i is the element of Stages[i].
	Program *update.Program
	Ranges  update.Ranges
	Views   []View
	Stages  []*Stage
	Vars    []Variable // by state variable
}

// Variable is a state variable of the program of a stage.
type Variable struct {
	Stage *Stage
	At    int
}

// Grid returns the extents of the places that a sweep goes over.
func (s *Sweep) Grid() []int {
	if f := s.Stages[0].Fold; f != nil {
		return f.Places
	}
	return s.Stages[0].To.Type.Shape.Dims()
}

// Body joins the programs of a sweep. The elements of a fold in front are an operand.
func (p *Plan) Body(s *Sweep) *Body {
	b, made := &Body{Program: &update.Program{}}, map[*Array]update.Value{}
	for _, stage := range s.Stages {
		if stage.Each != nil {
			b.join(stage, s.Grid(), p.Program.Steps, made)
		}
	}
	return b
}

// join appends the program of a stage, with the values that it reads of those before.
func (b *Body) join(s *Stage, grid []int, steps int, made map[*Array]update.Value) {
	own, r, to := s.Each.Program, s.Ranges(steps), b.Program
	values, first := make([]update.Value, len(own.Code)), int64(len(to.Vars))
	for v, i := range own.Code {
		i.A, i.B, i.C = values[i.A], values[i.B], values[i.C]
		switch i.Kind {
		case update.Load, update.Store:
			i.At += first
		case update.Result:
			made[s.To], i.At = i.A, int64(len(b.Stages))
		case update.Operand, update.Param:
			view := s.Each.Views[int(i.At)]
			if at, known := made[view.Array]; known {
				values[v] = at
				continue
			}
			onGrid, _ := view.on(s.To.Type.Shape.Dims(), grid)
			i.At = b.operand(onGrid)
		}
		values[v] = update.Value(len(to.Code))
		to.Code, b.Ranges.Values = append(to.Code, i), append(b.Ranges.Values, r.Values[v])
	}
	to.Vars, b.Ranges.Vars = append(to.Vars, own.Vars...), append(b.Ranges.Vars, r.Vars...)
	for at := range own.Vars {
		b.Vars = append(b.Vars, Variable{s, at})
	}
	b.Stages = append(b.Stages, s)
}

// operand is the one that is read through a view.
func (b *Body) operand(v View) int64 {
	at := slices.IndexFunc(b.Views, func(w View) bool {
		return w.Array == v.Array && w.Start == v.Start && slices.Equal(w.Strides, v.Strides)
	})
	if at < 0 {
		at, b.Views = len(b.Views), append(b.Views, v)
	}
	return int64(at)
}

// on is the view as one of another grid with the same places in the same order; ok is false
// where no strides go through the array like that.
func (v View) on(from, to []int) (out View, ok bool) {
	g, ok := grid{v.Array, v.Start, from, v.Strides}.reshaped(to)
	return g.through(g.strides), ok
}
