package drawn

import (
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// cell is neurons by a program of their own, which is drawn until its numbers stay in bounds.
func (d *drawing) cell() *ir.Value {
	x := d.operand(below(1 << 18))
	if x == nil {
		return nil
	}
	return d.cellOf(x)
}

func (d *drawing) cellOf(x *ir.Value) *ir.Value {
	args := d.cellArgs(x)
	for range 30 {
		p := d.routine(args)
		if bounded(p, d.steps, args) {
			return d.add(ir.OpCell, ir.CellAttrs{Do: ir.Routine{Program: p}}, args...)
		}
	}
	return nil
}

// cellArgs are an operand, and others and constants that are broadcast with it, in any order.
func (d *drawing) cellArgs(x *ir.Value) []*ir.Value {
	args := []*ir.Value{x}
	for range d.IntN(3) {
		args = append(args, d.partner(x, -20, 20, below(1<<18)))
	}
	top := min(max(x.Range.Hi>>pick(d.Rand, 0, 2, 3), 2), 1<<20)
	for range d.IntN(4) {
		switch d.IntN(5) {
		case 0:
			args = append(args, d.perElement(x, 0, 1))
		case 1:
			args = append(args, d.perElement(x, -top, top))
		case 2: // with more elements than the operands
			args = append(args, d.constant(0, top, append([]int{pick(d.Rand, 1, 1, 3)}, x.Type.Shape.Dims()...)...))
		default:
			args = append(args, d.perElement(x, 0, top))
		}
	}
	d.Shuffle(len(args), func(i, j int) { args[i], args[j] = args[j], args[i] })
	return args
}

// bounded reports whether state and result fit 32 bits with room for a readout, and all other values the integers of engines.
func bounded(p *update.Program, steps int, args []*ir.Value) bool {
	p = p.Clone()
	for i := range p.Vars {
		p.Vars[i].Traced = true
	}
	r := p.Ranges(steps, func(slot int) ir.Range { return args[slot].Range })
	within := func(n int64, of ir.Range) bool { return of.Magnitude() < n }
	for _, of := range r.Vars {
		if !within(1<<31, of) {
			return false
		}
	}
	for _, of := range r.Values {
		if !within(1<<40, of) {
			return false
		}
	}
	return within(limit, r.Values[p.Result()])
}

// routine is a program in the making.
type routine struct {
	*drawing
	update.Program
	args          []*ir.Value
	numbers, bits []update.Value
	choices       int // comparisons that are left
}

// routine draws a program: state, operands and constants, then instructions on them, the update of
// a neuron among them at times.
func (d *drawing) routine(args []*ir.Value) *update.Program {
	r := &routine{drawing: d, args: args, choices: pick(d.Rand, 1, 2, 3, 3, 5, 8, 12)}
	r.state()
	r.leaves()
	if d.IntN(3) > 0 {
		r.integrate()
	}
	for range pick(d.Rand, 0, 2, 5, 9, 20) {
		r.instruction()
	}
	r.stores()
	if d.IntN(3) == 0 { // loads behind stores, which are of the last step all the same
		r.leaves()
		r.instruction()
	}
	if len(r.bits) > 0 && d.IntN(3) > 0 {
		r.add(update.Instr{Kind: update.Result, A: r.bit()})
	} else {
		r.add(update.Instr{Kind: update.Result, A: r.number()})
	}
	return &r.Program
}

// state has 1 to 4 variables, which start from 0, a number or a constant.
func (r *routine) state() {
	for i := range pick(r.Rand, 1, 1, 2, 2, 3, 4) {
		v := update.Var{Name: ir.CellVar(i), Init: -1}
		switch slot := r.IntN(len(r.args)); {
		case r.args[slot].Const() != nil && r.coin():
			v.Init = slot
		case r.IntN(3) == 0:
			v.Start = pick[int64](r.Rand, 1, 1, -1, 7, -100)
		}
		r.Vars = append(r.Vars, v)
	}
}

// leaves are values without operands; some operands and variables may have none, and some two.
func (r *routine) leaves() {
	for slot, a := range r.args {
		if r.IntN(5) == 0 {
			continue
		}
		v := r.add(update.Instr{Kind: update.Operand, At: int64(slot)})
		if a.Type.IsSpike() {
			r.bits = append(r.bits, v) // spikes are numbers, too
		}
		r.numbers = append(r.numbers, v)
	}
	for i := range r.Vars {
		if r.IntN(5) > 0 {
			r.numbers = append(r.numbers, r.add(update.Instr{Kind: update.Load, At: int64(i)}))
		}
	}
	number := r.add(update.Instr{Kind: update.Const, At: pick[int64](r.Rand, 0, 0, 1, 2, 5, 100, -1, -7, 30000)})
	r.numbers = slices.Insert(r.numbers, r.IntN(len(r.numbers)+1), number)
}

func (r *routine) add(i update.Instr) update.Value {
	r.Code = append(r.Code, i)
	return update.Value(len(r.Code) - 1)
}

func (r *routine) give(i update.Instr) {
	if v := r.add(i); i.Bit() {
		r.bits = append(r.bits, v)
	} else {
		r.numbers = append(r.numbers, v)
	}
}

// number and bit draw a value, a late one mostly.
func (r *routine) number() update.Value { return late(r, r.numbers) }
func (r *routine) bit() update.Value    { return late(r, r.bits) }

func late(r *routine, from []update.Value) update.Value {
	return from[max(r.IntN(len(from)), r.IntN(len(from)))]
}

// integrate leaks and fires as neurons do, with a reset to a number or by one.
func (r *routine) integrate() {
	old := r.add(update.Instr{Kind: update.Load, At: 0})
	x := r.add(update.Instr{Kind: update.Operand, At: int64(r.IntN(len(r.args)))})
	kept := r.add(update.Instr{Kind: update.Leak, A: old, Decay: r.decay()})
	h := r.add(update.Instr{Kind: update.Add, A: kept, B: x})
	by, limit := r.number(), r.number()
	r.numbers = append(r.numbers, h)
	r.compares(h, limit)
	if r.coin() {
		by = r.add(update.Instr{Kind: update.Sub, A: h, B: by})
	}
	r.give(update.Instr{Kind: update.Select, A: by, B: h, C: r.bit()})
}

// compares adds a comparison while some are left, and else a bit that is there, if any.
func (r *routine) compares(a, b update.Value) {
	if r.choices--; r.choices >= 0 {
		r.give(update.Instr{Kind: pick(r.Rand, update.AtLeast, update.Above), A: a, B: b})
	}
}

func (r *routine) instruction() {
	switch k := r.IntN(13); {
	case k < 2:
		r.give(update.Instr{Kind: pick(r.Rand, update.Add, update.Sub), A: r.number(), B: r.number()})
	case k < 3:
		r.give(update.Instr{Kind: update.Shl, A: r.number(), At: pick[int64](r.Rand, 0, 1, 1, 2, 5)})
	case k < 5:
		r.give(update.Instr{Kind: update.Leak, A: r.number(), Decay: r.decay()})
	case k < 7:
		r.give(update.Instr{Kind: pick(r.Rand, update.Min, update.Max), A: r.number(), B: r.number()})
	case k < 9:
		r.compares(r.number(), r.number())
	case len(r.bits) == 0:
	case k < 11:
		logic := pick(r.Rand, update.And, update.Or, update.Xor, update.AndNot)
		r.give(update.Instr{Kind: logic, A: r.bit(), B: r.bit()})
	default:
		r.choose()
	}
}

// choose selects of numbers, or of bits, which are a bit if both are by their kind.
func (r *routine) choose() {
	i := update.Instr{Kind: update.Select, A: r.number(), B: r.number(), C: r.bit()}
	if r.IntN(4) > 0 {
		r.give(i)
		return
	}
	i.A, i.B = r.bit(), r.bit()
	if v := r.add(i); r.IsBit(v) {
		r.bits = append(r.bits, v)
	} else {
		r.numbers = append(r.numbers, v)
	}
}

func (r *routine) decay() update.Decay {
	k := pick(r.Rand, 1, 2, 4, 7, 12)
	out := update.Decay{Digits: []update.Digit{{Shift: 0, Sign: 1}}, Shift: k, Rest: r.coin()}
	if r.coin() {
		out.Digits = update.CSD(1 + r.Int64N(1<<k))
	}
	switch most := int64(1)<<k - 1; r.IntN(4) {
	case 0:
		out.Up = most
	case 1:
		out.UpNegative = most
	case 2:
		out.Up, out.UpNegative = r.Int64N(most+1), r.Int64N(most+1) // half up, and others
	}
	return out
}

// stores ends the step of each variable, within bounds at times.
func (r *routine) stores() {
	for i := range r.Vars {
		v := r.number()
		if r.IntN(4) == 0 {
			for _, bound := range []update.Instr{{Kind: update.Max, At: -pick[int64](r.Rand, 0, 1, 100, 128, 32768)}, {Kind: update.Min, At: pick[int64](r.Rand, 1, 7, 99, 127, 255, 32767)}} {
				at := r.add(update.Instr{Kind: update.Const, At: bound.At})
				v = r.add(update.Instr{Kind: bound.Kind, A: v, B: at})
			}
			r.numbers = append(r.numbers, v)
		}
		r.add(update.Instr{Kind: update.Store, A: v, At: int64(i)})
	}
}
