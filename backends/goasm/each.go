package goasm

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

// maxUnary is the largest number that is kept in bit planes, and whose rows are listed as
// often as it says.
const maxUnary = 15

// written is the programs of a sweep as one, with operands that are constants as parameters,
// and the order of its results.
type written struct {
	*update.Program
	body  *lower.Body
	dims  []int
	order order
}

// spikes reports whether an operand is spikes.
func (w *written) spikes(slot int64) bool { return w.body.Views[slot].Array.Type.IsSpike() }

func (w *written) ranges(slot int) ir.Range { return w.body.Views[slot].Array.Range }

// to is the array of a result.
func (w *written) to(result update.Instr) *lower.Array { return w.body.Stages[result.At].To }

// text is that of the stages.
func (w *written) text() string {
	var lines []string
	for _, s := range w.body.Stages {
		lines = append(lines, s.String())
	}
	return strings.Join(lines, "\n")
}

// last is the array of the last result.
func (w *written) last() *lower.Array { return w.to(w.Code[len(w.Code)-1]) }

// each runs programs for each element of a grid: small sums of spikes are counted, and
// programs of bits take 64 at once. All others run in lanes.
func (p *plan) each(s *lower.Sweep) {
	w := p.written(s)
	w.order = p.like(w)
	switch {
	case p.sums(w):
		p.count(w)
	case scales(w.Program):
		p.scale(w)
	case looksUp(w.Program):
		p.lookup(w)
	default:
		p.lanes(w)
	}
}

// written joins the programs of a sweep. Elements that are only passed on are no results.
func (p *plan) written(s *lower.Sweep) *written {
	body := p.laid.Body(s)
	w := &written{Program: &update.Program{}, body: body, dims: s.Grid()}
	values := make([]update.Value, len(body.Program.Code))
	for v, i := range body.Program.Code {
		i.A, i.B, i.C = values[i.A], values[i.B], values[i.C]
		switch i.Kind {
		case update.Operand:
			if body.Views[i.At].Array.Const() {
				i.Kind = update.Param
			}
		case update.Result:
			if _, passed := p.laid.Passed[w.to(i)]; passed {
				continue
			}
		}
		values[v] = adds(w.Program, i)
	}
	for i, v := range body.Program.Vars {
		if v.Init >= 0 {
			body.Views = append(body.Views, body.Vars[i].Stage.Each.Views[v.Init])
			v.Init = len(body.Views) - 1
		}
		v.Versions = nil // lanes hold the values themselves
		w.Vars = append(w.Vars, v)
	}
	return w
}

// mostArguments is how many arrays a loop may go through, so that machines have registers for them.
const mostArguments = 8

// fuses reports whether a program may run in the loop of those of a sweep: they have the same
// axes, all of them are of bits or none is, and those that are counted in bit planes, scaled
// or looked up have loops of their own.
func fuses(s *lower.Sweep, next *lower.Stage) bool {
	arrays, state := map[*lower.Array]bool{}, 0
	if !slices.Equal(s.Grid(), next.To.Type.Shape.Dims()) {
		return false
	}
	for _, stage := range append(s.Stages[:len(s.Stages):len(s.Stages)], next) {
		if stage.Each == nil || scales(stage.Each.Program) || looksUp(stage.Each.Program) || counts(stage) || bitwise(stage) != bitwise(next) {
			return false
		}
		arrays[stage.To] = true
		state += len(stage.Each.Program.Vars)
		for _, v := range stage.Each.Views {
			arrays[v.Array] = true
		}
	}
	return len(arrays)+state <= mostArguments
}

// bitwise reports whether a program of a stage takes and makes bits alone.
func bitwise(s *lower.Stage) bool {
	return logical(s.Each.Program, func(slot int64) bool { return s.Each.Views[int(slot)].Array.Type.IsSpike() })
}

// scales reports whether a program multiplies by constants.
func scales(p *update.Program) bool {
	return slices.ContainsFunc(p.Code, func(i update.Instr) bool { return i.Kind == update.Scale })
}

// looksUp reports whether a program looks numbers up in a table.
func looksUp(p *update.Program) bool {
	return slices.ContainsFunc(p.Code, func(i update.Instr) bool { return i.Kind == update.Lookup })
}

// counts reports whether a program may be a sum of numbers in bit planes.
func counts(s *lower.Stage) bool {
	return isSum(s.Each.Program, s.To.Range) && !slices.ContainsFunc(s.Views(), func(v lower.View) bool {
		return v.Array.Range.Lo < 0 || v.Array.Range.Hi > maxUnary
	})
}

// computed is the first operand that is not constant and has an element for each of the result.
func (w *written) computed() *lower.View {
	for _, i := range w.Code {
		if i.Kind != update.Operand {
			continue
		}
		if v := &w.body.Views[i.At]; v.Array.Type.Size() == w.size() && w.seen(i.At).covers(w.size()) {
			return v
		}
	}
	return nil
}

func (w *written) size() int { return lower.Size(w.dims) }

// seen are the elements of an operand.
func (w *written) seen(slot int64) order { return seen(&w.body.Views[slot], w.dims) }

// logical reports whether all values of a program are bits, of which some operands are.
func logical(p *update.Program, spikes func(slot int64) bool) bool {
	return !slices.ContainsFunc(p.Code, func(i update.Instr) bool {
		switch i.Kind {
		case update.Operand, update.Param:
			return !spikes(i.At)
		case update.Const:
			return i.At>>1 != 0
		case update.Load, update.Store:
			return !p.Vars[i.At].Bit
		case update.Min, update.Max, update.Select, update.Result:
			return false
		}
		return !i.Bit() || i.Kind == update.AtLeast || i.Kind == update.Above
	})
}

// like is the order of a result that lies as its first operand of its size does.
func (p *plan) like(w *written) order {
	v := w.computed()
	if v == nil {
		return nil
	}
	return pick(p.home(v.Array).order, seen(v, w.dims).places(w.size())).plain()
}

// operand takes an operand of a program in a form, in the order of the result.
func (p *plan) operand(w *written, slot int64, f form) *buffer {
	return p.take(w.body.Views[slot].Array, f, pick(w.order, w.seen(slot)))
}

// data is a constant operand of a program, in the order of the result.
func (w *written) data(slot int64) []int64 {
	return pick(pick(w.order, w.seen(slot)), w.body.Views[slot].Array.Data.I)
}

// sums reports whether a program is a sum of numbers that lie in bits.
func (p *plan) sums(w *written) bool {
	if _, kept := p.laid.Kept[w.last()]; len(w.Vars) > 0 && !kept {
		return false
	}
	return isSum(w.Program, w.last().Range) && !slices.ContainsFunc(w.Code, func(i update.Instr) bool {
		return i.Kind == update.Operand && (!p.home(w.body.Views[i.At].Array).bits() || w.body.Views[i.At].Array.Type.Size() != w.size())
	})
}

// isSum reports whether a program adds up operands, to so little that it can be counted in bit
// planes, or over the steps. Membranes are no sums: traces have them as integers.
func isSum(p *update.Program, r ir.Range) bool {
	if p.Var(ir.MembraneVar) >= 0 {
		return false
	}
	uses := p.Uses()
	for v, i := range p.Code {
		switch i.Kind {
		case update.Add:
			if uses[v] > 1 && update.Value(v) != p.Result() {
				return false
			}
		case update.Load:
			if uses[v] > 1 || p.Stored(int(i.At)) != p.Result() || p.Vars[i.At].Start != 0 || p.Vars[i.At].Init >= 0 {
				return false
			}
		case update.Operand, update.Store, update.Result:
		default:
			return false
		}
	}
	if len(p.Vars) > 0 {
		return len(p.Vars) == 1 && p.Loaded(0) >= 0
	}
	return len(p.Code) > 2 && r.Hi <= maxUnary
}

// count plans a sum in bit planes, which costs a few operations for 64 elements.
func (p *plan) count(w *written) {
	b := p.result(w.last(), planes, w.order)
	b.planes = bits.Len64(uint64(w.last().Range.Hi))
	t := p.stage(b, w.text())
	if len(w.Vars) > 0 {
		p.laid.States[w.body.Stages[0]][0] = b.kind()
		t.onReset("clear(m.%s)", b.name)
	} else {
		t.do("clear(m.%s)", b.name)
	}
	uses := w.Uses()
	for v, i := range w.Code {
		if i.Kind == update.Operand {
			x := p.operand(w, i.At, packed)
			for range uses[v] {
				t.count(x)
			}
		}
	}
	p.add(t)
}

// count adds spikes, or numbers in planes, to those of the stage's result.
func (s *stage) count(x *buffer) { s.eachPlane("count", x, fmt.Sprint(s.dst.words())) }

// scale multiplies by constants as sums of shifted copies. The code has, for each run of
// places with one factor, its length, the number of digits, and each digit's shift, doubled,
// with 1 for a digit that is subtracted.
func (p *plan) scale(w *written) {
	i := w.Code[len(w.Code)-2]
	t := p.stage(p.result(w.last(), full, w.order), w.text())
	factors := w.data(w.Code[i.B].At)
	var code order
	var digits []update.Digit
	for from := 0; from < len(factors); {
		to := from
		for to < len(factors) && factors[to] == factors[from] {
			to++
		}
		digits = update.AppendCSD(digits[:0], factors[from])
		code = append(code, int32(to-from), int32(len(digits)))
		for _, d := range digits {
			code = append(code, int32(d.Shift<<1|(1-d.Sign)>>1))
		}
		from = to
	}
	x := p.operand(w, w.Code[i.A].At, full)
	t.do("csd(m.%s, m.%s, %s, %d, %d, %d)", t.dst.name, x.name, p.table(t.dst.name+"Code", code), i.Decay.Shift, i.Decay.Up, i.Decay.UpNegative)
	p.add(t)
}

// lookup takes the entries of a table.
func (p *plan) lookup(w *written) {
	i := w.Code[len(w.Code)-2]
	t := p.stage(p.result(w.last(), full, w.order), w.text())
	entries := make(order, len(i.Table))
	for at, n := range i.Table {
		entries[at] = int32(n)
	}
	x := p.operand(w, w.Code[i.A].At, full)
	t.do("lookup(m.%s, m.%s, %s)", t.dst.name, x.name, p.table(t.dst.name+"Table", entries))
	p.add(t)
}
