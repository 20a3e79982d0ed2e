package goasm

import "nomul/ir/update"

// separation writes a program in which numbers and bits are kept apart, as in lanes: a bit is all
// ones or zeros there. Where a number is wanted a bit chooses 1 or 0, and where a bit is wanted
// a number is compared with 0. The number of the step is a state variable.
type separation struct {
	update.Program
	spikes  map[int64]bool // operands that are bits
	numbers map[update.Value]update.Value
	bits    map[update.Value]update.Value
}

func separated(p *update.Program, spikes map[int64]bool) *update.Program {
	t := &separation{spikes: spikes, numbers: map[update.Value]update.Value{}, bits: map[update.Value]update.Value{}}
	t.Vars = append(t.Vars, p.Vars...)
	values := make([]update.Value, len(p.Code))
	for v, i := range p.Code {
		i.A, i.B, i.C = values[i.A], values[i.B], values[i.C]
		if i.Kind == update.Step {
			values[v] = t.step()
			continue
		}
		t.operands(&i)
		values[v] = t.add(i)
	}
	for i := range t.Vars {
		versions := t.Vars[i].Versions
		t.Vars[i].Versions = nil
		for _, v := range versions {
			t.Vars[i].Versions = append(t.Vars[i].Versions, values[v])
		}
	}
	return &t.Program
}

// step counts the steps in a state variable.
func (t *separation) step() update.Value {
	at := int64(len(t.Vars))
	t.Vars = append(t.Vars, update.Var{Name: "step", Init: -1})
	now := t.add(update.Instr{Kind: update.Load, Name: "step", At: at})
	next := t.add(update.Instr{Kind: update.Add, A: now, B: t.add(update.Instr{Kind: update.Const, At: 1})})
	t.add(update.Instr{Kind: update.Store, A: next, At: at})
	return now
}

func (t *separation) add(i update.Instr) update.Value {
	t.Code = append(t.Code, i)
	return update.Value(len(t.Code) - 1)
}

// operands makes what an instruction takes bits or numbers.
func (t *separation) operands(i *update.Instr) {
	switch i.Kind {
	case update.Load, update.Operand, update.Param, update.Const, update.Result:
	case update.And, update.Or, update.Xor, update.AndNot:
		i.A, i.B = t.bit(i.A), t.bit(i.B)
	case update.Store:
		if t.Vars[i.At].Bit {
			i.A = t.bit(i.A)
		} else {
			i.A = t.number(i.A)
		}
	case update.Select:
		i.C = t.bit(i.C)
		if !t.isBit(i.A) || !t.isBit(i.B) {
			i.A, i.B = t.number(i.A), t.number(i.B)
		}
	case update.Shl, update.Shr, update.Leak:
		i.A = t.number(i.A)
	default:
		i.A, i.B = t.number(i.A), t.number(i.B)
	}
}

func (t *separation) isBit(v update.Value) bool { return isBit(&t.Program, t.spikes, v) }

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

func (t *separation) number(v update.Value) update.Value {
	if !t.isBit(v) {
		return v
	}
	if _, ok := t.numbers[v]; !ok {
		one, zero := t.add(update.Instr{Kind: update.Const, At: 1}), t.add(update.Instr{Kind: update.Const})
		t.numbers[v] = t.add(update.Instr{Kind: update.Select, A: one, B: zero, C: v})
	}
	return t.numbers[v]
}

func (t *separation) bit(v update.Value) update.Value {
	if t.isBit(v) {
		return v
	}
	if _, ok := t.bits[v]; !ok {
		t.bits[v] = t.add(update.Instr{Kind: update.Above, A: v, B: t.add(update.Instr{Kind: update.Const})})
	}
	return t.bits[v]
}
