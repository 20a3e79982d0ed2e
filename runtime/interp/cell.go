package interp

import (
	"nomul/ir"
	"nomul/ir/eval"
	"nomul/ir/update"
)

// cellState is a layer of cells in one arithmetic, integers at the fixed level and reals before
// it; see ir.CellAttrs. Each instruction is done for all cells, then the next.
type cellState[T number] struct {
	*update.Program
	values [][]T // by instruction
	vars   [][]T // by state variable, as the last step stored it
	start  [][]T // by state variable
	// operand is an operand in this step, with one entry for each cell.
	operand func(slot int) []T
	// round brings a result to the precision of the level.
	round func(T) T
	// shift does the instructions of integers.
	shift func(i update.Instr, a T) T
}

// step runs the program.
func (c *cellState[T]) step(step int) {
	if step == 0 {
		for i, v := range c.vars {
			copy(v, c.start[i])
		}
	}
	for at, i := range c.Code {
		out := c.values[at]
		switch i.Kind {
		case update.Load:
			copy(out, c.vars[i.At])
		case update.Operand:
			copy(out, c.operand(int(i.At)))
		case update.Store, update.Result:
			copy(out, c.values[i.A])
		default:
			a, b, bit := c.values[i.A], c.values[i.B], c.values[i.C]
			for j := range out {
				out[j] = c.round(c.compute(i, a[j], b[j], bit[j]))
			}
		}
	}
	for at, i := range c.Code {
		if i.Kind == update.Store {
			copy(c.vars[i.At], c.values[at])
		}
	}
}

// compute is one instruction on numbers of one cell; a bit is 0 or 1.
func (c *cellState[T]) compute(i update.Instr, a, b, bit T) T {
	switch i.Kind {
	case update.Const:
		return T(i.At)
	case update.Add:
		return a + b
	case update.Sub:
		return a - b
	case update.Times:
		return a * b
	case update.Over:
		return a / b
	case update.AtLeast:
		return oneIf[T](a >= b)
	case update.Above:
		return oneIf[T](a > b)
	case update.And:
		return min(a, b)
	case update.Or:
		return max(a, b)
	case update.Xor:
		return oneIf[T](a != b)
	case update.AndNot:
		return oneIf[T](a > b)
	case update.Min:
		return min(a, b)
	case update.Max:
		return max(a, b)
	case update.Select:
		if bit != 0 {
			return a
		}
		return b
	}
	return c.shift(i, a)
}

func oneIf[T number](b bool) T {
	if b {
		return 1
	}
	return 0
}

// shiftInts does the instructions that only integers have.
func shiftInts(i update.Instr, a int64) int64 {
	if i.Kind == update.Shl {
		return a << i.At
	}
	// a = q·2^k + r, so that no product leaves 64 bits: the factor is at most 2^k, k at most ir.MaxLeakBits.
	k, factor, up := i.Decay.Shift, int64(0), i.Decay.Up
	for _, d := range i.Decay.Digits {
		factor += int64(d.Sign) << d.Shift
	}
	if a < 0 {
		up += i.Decay.UpNegative
	}
	kept := a>>k*factor + (a&(1<<k-1)*factor+up)>>k
	if i.Decay.Rest {
		return a - kept
	}
	return kept
}

func (a *assembly) cell(v *ir.Value, args []*ir.Tensor, c *cell) {
	p := v.Attrs.(ir.CellAttrs).Do.Program
	if a.m.net.Level == ir.Fixed {
		s := newCells(v, args, c, ir.SintType(64, v.Type.Shape), (*eval.View).Ints, func(t *ir.Tensor) []int64 { return t.I })
		s.round, s.shift = func(n int64) int64 { return n }, shiftInts
		c.run = func(step int) { s.step(step); copy(c.result.I, s.values[p.Result()]) }
		return
	}
	s := newCells(v, args, c, ir.RealType(v.Type.Shape), (*eval.View).Reals, func(t *ir.Tensor) []float64 { return t.F })
	s.round = func(f float64) float64 { return f }
	if a.m.net.Level == ir.Source {
		s.round = func(f float64) float64 { return float64(float32(f)) }
	}
	c.run = func(step int) {
		s.step(step)
		result := s.values[p.Result()]
		copy(c.result.F, result)
		for i := range c.result.I {
			c.result.I[i] = int64(result[i])
		}
	}
}

func newCells[T number](v *ir.Value, args []*ir.Tensor, c *cell, t ir.Type, show func(*eval.View, *ir.Tensor) []T, data func(*ir.Tensor) []T) *cellState[T] {
	s := &cellState[T]{Program: v.Attrs.(ir.CellAttrs).Do.Program}
	views := make([]*eval.View, len(args))
	for i := range args {
		views[i] = eval.NewView(v.Args[i], v.Type.Shape)
	}
	s.operand = func(slot int) []T { return show(views[slot], args[slot]) }
	for range s.Code {
		s.values = append(s.values, data(ir.NewTensor(t)))
	}
	for _, variable := range s.Vars {
		state := ir.NewTensor(t)
		c.states = append(c.states, state)
		start := data(ir.NewTensor(t))
		for i := range start {
			start[i] = T(variable.Start)
		}
		if variable.Init >= 0 {
			copy(start, s.operand(variable.Init))
		}
		s.vars, s.start = append(s.vars, data(state)), append(s.start, start)
	}
	return s
}
