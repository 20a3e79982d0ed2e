package goasm

import (
	"slices"

	"nomul/ir/update"
)

// separated writes a program in which numbers and bits are kept apart, as in lanes: a bit is all
// ones or zeros there, as some operands are. Where a number is wanted a bit chooses 1 or 0, and
// where a bit is wanted a number is compared with 0. The number of the step is a state variable.
func separated(p *update.Program, spikes map[int64]bool) *update.Program {
	t := &separation{old: p, spikes: spikes}
	t.Vars = slices.Clone(p.Vars)
	for v, i := range p.Code {
		t.at = v
		t.values = append(t.values, t.value(i))
	}
	return &t.Program
}

type separation struct {
	update.Program
	old    *update.Program
	spikes map[int64]bool
	values []update.Value // by those of the old program
	at     int            // the value that is written
}

// value writes an instruction, whose operands are made bits or numbers.
func (t *separation) value(i update.Instr) update.Value {
	a, b := i.A, i.B
	switch i.Kind {
	case update.Load, update.Operand, update.Param, update.Const:
	case update.Step:
		return t.step()
	case update.Result:
		i.A = t.values[a]
	case update.And, update.Or, update.Xor, update.AndNot:
		i.A, i.B = t.bit(a), t.bit(b)
	case update.Select:
		if i.C = t.bit(i.C); t.isBit(update.Value(t.at)) {
			i.A, i.B = t.values[a], t.values[b]
		} else {
			i.A, i.B = t.number(a), t.number(b)
		}
	case update.Store:
		if t.Vars[i.At].Bit {
			i.A = t.bit(a)
		} else {
			i.A = t.number(a)
		}
	case update.Shl, update.Shr, update.Leak:
		i.A = t.number(a)
	default:
		i.A, i.B = t.number(a), t.number(b)
	}
	return adds(&t.Program, i)
}

// adds appends an instruction, unless an earlier one gives the same value.
func adds(p *update.Program, i update.Instr) update.Value {
	at := slices.IndexFunc(p.Code, func(j update.Instr) bool {
		return j.Kind == i.Kind && j.At == i.At && slices.Equal(j.Values(), i.Values()) && i.Kind != update.Leak && i.Kind != update.Scale
	})
	if at < 0 {
		p.Code, at = append(p.Code, i), len(p.Code)
	}
	return update.Value(at)
}

func (t *separation) constant(n int64) update.Value {
	return adds(&t.Program, update.Instr{Kind: update.Const, At: n})
}

func (t *separation) number(v update.Value) update.Value {
	if !t.isBit(v) {
		return t.values[v]
	}
	return adds(&t.Program, update.Instr{Kind: update.Select, A: t.constant(1), B: t.constant(0), C: t.values[v]})
}

func (t *separation) bit(v update.Value) update.Value {
	if t.isBit(v) {
		return t.values[v]
	}
	return adds(&t.Program, update.Instr{Kind: update.Above, A: t.values[v], B: t.constant(0)})
}

// step counts the steps in a state variable.
func (t *separation) step() update.Value {
	at := int64(len(t.Vars))
	t.Vars = append(t.Vars, update.Var{Name: "step", Init: -1})
	now := adds(&t.Program, update.Instr{Kind: update.Load, Name: "step", At: at})
	next := adds(&t.Program, update.Instr{Kind: update.Add, A: now, B: t.constant(1)})
	adds(&t.Program, update.Instr{Kind: update.Store, A: next, At: at})
	return now
}

func (t *separation) isBit(v update.Value) bool { return isBit(t.old, t.spikes, v) }

// isBit reports whether a value is a bit, where some operands are.
func isBit(p *update.Program, spikes map[int64]bool, v update.Value) bool {
	switch i := p.Code[v]; i.Kind {
	case update.Operand:
		return spikes[i.At]
	case update.Store, update.Result:
		return isBit(p, spikes, i.A)
	case update.Select:
		return isBit(p, spikes, i.A) && isBit(p, spikes, i.B)
	}
	return p.IsBit(v)
}
