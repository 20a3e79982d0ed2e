package lower

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Machine runs a plan, element by element, on memory as the plan has it: arrays share slots,
// elements are cut to their widths, and arrays that nothing reads any more are spoilt.
type Machine struct {
	plan   *Plan
	memory map[*Array][]int64 // with the copies of all steps
	data   map[*Array][]int64 // of the step
	elems  map[*Array]Elem
	last   map[int][]*Array // by the position of their last reader
	states map[*Stage][][]int64
	folds  map[*Stage]*folding
	// ByStep runs all groups in each time step, as those do who look at the state in between.
	ByStep bool
}

// NewMachine prepares a machine.
func NewMachine(p *Plan) *Machine {
	m := &Machine{plan: p, memory: map[*Array][]int64{}, data: map[*Array][]int64{}, elems: maps.Clone(p.Passed), last: map[int][]*Array{},
		states: map[*Stage][][]int64{}, folds: map[*Stage]*folding{}}
	for _, s := range p.Program.Stages {
		if s.Fold != nil {
			m.folds[s] = newFolding(s)
		}
		if s.Each == nil {
			continue
		}
		for range s.Each.Program.Vars {
			m.states[s] = append(m.states[s], make([]int64, s.To.Type.Size()))
		}
		if at, ok := p.Kept[s.To]; ok {
			m.data[s.To] = m.states[s][at]
		}
	}
	m.furnish()
	return m
}

// MachineBytes returns the memory that a machine needs beside the constants: 64 bits for each
// element, whatever the layout.
func MachineBytes(p *Plan) int {
	n := 0
	for _, s := range p.Slots {
		n += s.Size
	}
	for _, a := range p.Program.Arrays {
		if _, kept := p.Kept[a]; !kept && !a.Const() && p.At[a] == nil {
			n += a.Type.Size()
		}
	}
	for s, elems := range p.States {
		n += len(elems) * s.To.Type.Size()
	}
	return 8 * n
}

// furnish gives every array its elements: those of its slot, or such as no other array has.
func (m *Machine) furnish() {
	for _, slot := range m.plan.Slots {
		elements := make([]int64, slot.Size)
		for _, u := range slot.Uses {
			m.memory[u.Array], m.elems[u.Array] = elements, slot.Elem
			m.last[u.to] = append(m.last[u.to], u.Array)
		}
	}
	for _, a := range m.plan.Program.Arrays {
		switch memory := m.memory[a]; {
		case a.Const():
			m.data[a] = a.Data.I
		case m.data[a] != nil: // a state variable
		case memory == nil:
			m.data[a] = make([]int64, a.Type.Size())
		default:
			m.data[a] = memory[:a.Type.Size()]
		}
	}
}

// Tap sees the elements of a stage that has run, and the state variables of its program: in
// each time step, before the steps, which is step −1, and behind them. They are overwritten.
type Tap func(step int, s *Stage, state [][]int64, result []int64)

// Run computes the outputs of one sample, by name. The inputs, by name, are their elements
// in C order, those given in each step one step after another. The outputs are
// overwritten by the next run.
func (m *Machine) Run(in map[string][]int64, tap Tap) map[string][]int64 {
	m.begin(in)
	m.sweeps(m.plan.Once, -1, tap)
	loops := [][]*Group{m.plan.Groups}
	if !m.ByStep {
		loops = slices.Collect(slices.Chunk(m.plan.Groups, 1))
	}
	for _, groups := range loops {
		m.loop(groups, in, tap)
	}
	m.sweeps(m.plan.End, m.plan.Program.Steps, tap)
	out := map[string][]int64{}
	for _, s := range m.plan.Outputs {
		m.move(s.Move, m.data[s.To])
		out[s.To.Name] = m.data[s.To]
	}
	m.spoil(outputsPosition)
	return out
}

// loop runs groups for all time steps.
func (m *Machine) loop(groups []*Group, in map[string][]int64, tap Tap) {
	for step := range m.plan.Program.Steps {
		m.turn(in, step)
		for _, g := range groups {
			m.sweeps(g.Sweeps, step, tap)
			m.latches(g)
			m.spoil(g.latch)
			if step == m.plan.Program.Steps-1 { // before the next group writes to the same memory
				m.spoil(g.end)
			}
		}
	}
}

// begin takes the inputs that are given once, and sets state variables to their initial values.
func (m *Machine) begin(in map[string][]int64) {
	for _, a := range m.plan.Program.Arrays {
		if a.Given && a.Per != ir.Step {
			copy(m.data[a], in[a.Name])
		}
	}
	for _, s := range m.plan.Program.Stages {
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

// turn begins a step: inputs and copies are those of the step.
func (m *Machine) turn(in map[string][]int64, step int) {
	for _, a := range m.plan.Program.Arrays {
		n := a.Type.Size()
		switch u := m.plan.At[a]; {
		case a.Given && a.Per == ir.Step:
			copy(m.data[a], in[a.Name][step*n:])
		case u != nil && u.Copies > 0:
			from := step * (len(m.memory[a]) / u.Copies)
			m.data[a] = m.memory[a][from : from+n]
		}
	}
}

func (m *Machine) sweeps(sweeps []*Sweep, step int, tap Tap) {
	for _, sweep := range sweeps {
		for _, s := range sweep.Stages {
			m.run(s, step)
			if tap != nil {
				tap(step, s, m.states[s], m.data[s.To])
			}
		}
		m.spoil(sweep.position)
	}
}

// latches run in order; those that are held write when all have read.
func (m *Machine) latches(g *Group) {
	held := map[*Array][]int64{}
	for _, s := range g.Latches {
		to := m.data[s.To]
		if m.plan.Held[s] {
			to = make([]int64, len(to))
			held[s.To] = to
		}
		m.move(s.Move, to)
		m.cut(s.To, to)
	}
	for a, next := range held {
		copy(m.data[a], next)
	}
}

// poison fills memory that nothing reads any more.
const poison = 0x5a5a5a5a5a5a

// spoil overwrites the arrays whose last reader has run.
func (m *Machine) spoil(position int) {
	for _, a := range m.last[position] {
		for i := range m.memory[a] {
			m.memory[a][i] = m.elems[a].Wrap(poison)
		}
	}
}

// cut leaves of each element the bits that its memory has.
func (m *Machine) cut(a *Array, elements []int64) {
	elem, narrow := m.elems[a]
	if !narrow || elem.Bits == 64 {
		return
	}
	for i, x := range elements {
		elements[i] = elem.Wrap(x)
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
	m.cut(s.To, m.data[s.To])
}

func (m *Machine) each(s *Stage, step int) {
	e, result, elems := s.Each, m.data[s.To], m.plan.States[s]
	state, values := make([]int64, len(e.Program.Vars)), make([]int64, len(e.Program.Code))
	eachIndex(s.To.Type.Shape.Dims(), func(i int, index []int) {
		for at := range state {
			state[at] = m.states[s][at][i]
		}
		e.Program.Run(values, int64(step), state, func(slot int) int64 { return m.read(e.Views[slot], index) })
		for v, instr := range e.Program.Code {
			switch instr.Kind {
			case update.Store:
				m.states[s][instr.At][i] = elems[instr.At].Wrap(values[v])
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
