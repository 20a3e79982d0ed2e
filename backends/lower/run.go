package lower

import (
	"nomul/ir"
	"nomul/ir/update"
)

// Machine runs a program, element by element.
type Machine struct {
	p      *Program
	data   map[*Array][]int64
	states map[*Stage][][]int64 // by state variable
	folds  map[*Stage]*folding
}

// NewMachine prepares a machine.
func NewMachine(p *Program) *Machine {
	m := &Machine{p, map[*Array][]int64{}, map[*Stage][][]int64{}, map[*Stage]*folding{}}
	m.furnish()
	for _, s := range p.Stages {
		if s.Fold != nil {
			m.folds[s] = newFolding(s)
		}
		if s.Each == nil {
			continue
		}
		for range s.Each.Program.Vars {
			m.states[s] = append(m.states[s], make([]int64, s.To.Type.Size()))
		}
	}
	return m
}

// Tap sees the state variables of a stage after each of its steps. They are overwritten.
type Tap func(step int, s *Stage, state [][]int64, result []int64)

// Run computes the outputs of one sample, by name. The inputs, by name, are their elements
// in C order, those given in each step one step after another. The outputs are
// overwritten by the next run.
func (m *Machine) Run(in map[string][]int64, tap Tap) map[string][]int64 {
	m.begin(in)
	m.sweep(ir.Once, -1, nil)
	for step := range m.p.Steps {
		m.give(in, step)
		m.sweep(ir.Step, step, tap)
		m.latches()
	}
	m.sweep(ir.End, m.p.Steps, nil)
	out := map[string][]int64{}
	for _, s := range m.p.Stages {
		if s.Output {
			out[s.To.Name] = m.data[s.To]
		}
	}
	return out
}

// begin takes the inputs that are given once, and sets state variables to their initial values.
func (m *Machine) begin(in map[string][]int64) {
	for _, a := range m.p.Arrays {
		if a.Given && a.Per != ir.Step {
			copy(m.data[a], in[a.Name])
		}
	}
	for _, s := range m.p.Stages {
		if s.Each == nil {
			continue
		}
		for at, v := range s.Each.Program.Vars {
			state := m.states[s][at]
			eachIndex(s.To.Type.Shape.Dims(), func(i int, index []int) {
				state[i] = v.Start
				if v.Init >= 0 {
					state[i] = m.read(s.Each.Views[v.Init], index)
				}
			})
		}
	}
}

func (m *Machine) give(in map[string][]int64, step int) {
	for _, a := range m.p.Arrays {
		if n := a.Type.Size(); a.Given && a.Per == ir.Step {
			copy(m.data[a], in[a.Name][step*n:])
		}
	}
}

// sweep runs the stages of a clock, but for latches.
func (m *Machine) sweep(clock ir.Clock, step int, tap Tap) {
	for _, s := range m.p.Stages {
		if s.Clock != clock || s.late() {
			continue
		}
		m.run(s, step)
		if tap != nil && s.Each != nil {
			tap(step, s, m.states[s], m.data[s.To])
		}
	}
}

func (s *Stage) late() bool { return s.Move != nil && s.Move.Late }

// latches read all before any is written.
func (m *Machine) latches() {
	var writes []func()
	for _, s := range m.p.Stages {
		if !s.late() {
			continue
		}
		taken := make([]int64, len(m.data[s.To]))
		m.move(s.Move, taken)
		writes = append(writes, func() { copy(m.data[s.To], taken) })
	}
	for _, write := range writes {
		write()
	}
}

func (m *Machine) run(s *Stage, step int) {
	switch {
	case s.Each != nil:
		m.each(s, step)
	case s.Fold != nil:
		m.folds[s].run(m.data)
	default:
		m.move(s.Move, m.data[s.To])
	}
}

func (m *Machine) each(s *Stage, step int) {
	e, result := s.Each, m.data[s.To]
	state, values := make([]int64, len(e.Program.Vars)), make([]int64, len(e.Program.Code))
	eachIndex(s.To.Type.Shape.Dims(), func(i int, index []int) {
		for at := range state {
			state[at] = m.states[s][at][i]
		}
		e.Program.Run(values, int64(step), state, func(slot int) int64 { return m.read(e.Views[slot], index) })
		for v, instr := range e.Program.Code {
			switch instr.Kind {
			case update.Store:
				m.states[s][instr.At][i] = values[v]
			case update.Result:
				result[i] = values[v]
			}
		}
	})
}

// combine adds an element to those before it, if there are any.
func (m Monoid) combine(total, x int64, seen bool) int64 {
	switch {
	case m == Sum:
		return total + x
	case !seen:
		return x
	case m == Max:
		return max(total, x)
	}
	return min(total, x)
}

func (m *Machine) move(v *Move, to []int64) {
	for i := range to {
		to[i] = v.Fill
	}
	for _, p := range v.Pieces {
		p.Each(func(from, at int) { to[at] = m.data[p.From.Array][from] })
	}
}

func (m *Machine) read(v View, index []int) int64 { return m.data[v.Array][v.At(index)] }

// eachIndex calls f with the indices of a grid in C order, numbered from 0.
func eachIndex(dims []int, f func(i int, index []int)) {
	n := 1
	for _, d := range dims {
		n *= d
	}
	index := make([]int, len(dims))
	for i := range n {
		f(i, index)
		for axis := len(dims) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < dims[axis] {
				break
			}
			index[axis] = 0
		}
	}
}
