package ir

import (
	"math/bits"

	"nomul/ir/update"
)

// updating writes the program of one element of a value, for so many steps.
type updating struct {
	update.Builder
	v     *Value
	steps int
}

// Update returns the program that a value at the fixed level runs for each element, in each
// time step if it belongs to them, and its ranges for so many steps. Its operands are those
// of the value. It is nil of an op that computes no element from those of its operands alone.
func (v *Value) Update(steps int) (*update.Program, update.Ranges) {
	if ops[v.Op].update == nil {
		return nil, update.Ranges{}
	}
	return (&updating{v: v, steps: steps}).program(ops[v.Op].update)
}

// program returns the program that a row writes, and its ranges.
func (u *updating) program(row func(*updating) update.Value) (*update.Program, update.Ranges) {
	u.Result(row(u))
	p := u.Program()
	return p, p.Ranges(u.steps, u.operand)
}

// operand is the range of an operand.
func (u *updating) operand(slot int) Range { return u.v.Args[slot].Range }

// arg returns an operand.
func (u *updating) arg(slot int) update.Value {
	if u.v.Args[slot].Const() != nil {
		return u.Param(slot)
	}
	return u.Operand(slot)
}

func updateAdd(u *updating) update.Value { return u.Add(u.arg(0), u.arg(1)) }

func updateSub(u *updating) update.Value { return u.Sub(u.arg(0), u.arg(1)) }

func updateNeg(u *updating) update.Value { return u.Sub(u.Const(0), u.arg(0)) }

func updateMin(u *updating) update.Value { return u.Min(u.arg(0), u.arg(1)) }

func updateMax(u *updating) update.Value { return u.Max(u.arg(0), u.arg(1)) }

func updateShl(u *updating) update.Value { return u.Shl(u.arg(0), u.v.Attrs.(ShlAttrs).K) }

func updateAnd(u *updating) update.Value { return u.And(u.arg(0), u.arg(1)) }

func updateOr(u *updating) update.Value { return u.Or(u.arg(0), u.arg(1)) }

func updateXor(u *updating) update.Value { return u.Xor(u.arg(0), u.arg(1)) }

func updateAndNot(u *updating) update.Value { return u.AndNot(u.arg(0), u.arg(1)) }

func updateWhere(u *updating) update.Value { return u.Select(u.arg(0), u.arg(1), u.arg(2)) }

// updateCSD writes a product with a constant, which may differ from element to element.
func updateCSD(u *updating) update.Value {
	a := u.v.Attrs.(CSDAttrs)
	return u.Scale(u.arg(0), u.arg(1), a.Round.before(update.Decay{Shift: a.Shift}))
}

// updateMap writes the functions that integers have.
func updateMap(u *updating) update.Value {
	x, otherwise := u.arg(0), u.Const(0)
	if u.v.Attrs.(MapAttrs).Fn == FnAbs {
		otherwise = u.Sub(otherwise, x)
	}
	return u.Max(x, otherwise)
}

// updateLevels writes successive approximation, the highest bit first: compares and subtracts only.
// On a threshold, the number that ties ask for is even in all bits but the last, or odd.
func updateLevels(u *updating) update.Value {
	a := u.v.Attrs.(LevelsAttrs)
	left, step := u.Add(u.Sub(u.arg(0), u.arg(1)), u.arg(2)), u.arg(2)
	number := u.Const(0)
	for bit := bits.Len(uint(a.Count)) - 1; bit >= 0; bit-- {
		reaches := u.AtLeast
		if bit == 0 && a.Ties == TiesEven || bit > 0 && a.Ties == TiesOdd {
			reaches = u.Above
		}
		part := u.levelPart(step, bit)
		has := reaches(left, part)
		if bit > 0 {
			left = u.Sub(left, u.Select(has, part, u.Const(0)))
		}
		number = u.Add(number, u.Select(has, u.Const(1<<bit), u.Const(0)))
	}
	if a.Count&(a.Count+1) != 0 {
		number = u.Min(number, u.Const(int64(a.Count)))
	}
	return number
}

// updateTable writes a table that is looked up.
func updateTable(u *updating) update.Value {
	entries := u.v.Attrs.(TableAttrs).Entries
	table := make([]int64, len(entries))
	for i, n := range entries {
		table[i] = int64(n)
	}
	return u.Lookup(u.arg(0), table)
}

// levelPart is how far a bit of the number moves a threshold.
func (u *updating) levelPart(step update.Value, bit int) update.Value {
	if slot := LevelsBit(bit); bit > 0 && u.v.Arg(slot) != nil {
		return u.arg(slot)
	}
	return u.Shl(step, bit)
}

// accumulate writes a readout over time, whose result is its state variable.
func (u *updating) accumulate(start int64, next func(old, x update.Value) update.Value) update.Value {
	v := u.Var(update.Var{Name: ReadoutVar, Traced: true, Init: -1, Start: start})
	y := next(u.Load(v), u.arg(0))
	u.Store(v, y)
	return y
}

func updateSum(u *updating) update.Value { return u.accumulate(0, u.Add) }

func updateLast(u *updating) update.Value {
	return u.accumulate(0, func(_, x update.Value) update.Value { return x })
}

func updateMaxTime(u *updating) update.Value { return u.accumulate(u.v.Args[0].Range.Lo, u.Max) }

// updateFirst counts the steps before the first spike: as long as there was none, the
// count is the number of the step.
func updateFirst(u *updating) update.Value {
	return u.accumulate(0, func(old, x update.Value) update.Value {
		return u.Add(old, u.AndNot(u.AtLeast(old, u.Step()), x))
	})
}
