package goasm

import (
	"fmt"
	"math/bits"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/update"
)

const (
	// maxUnary is the largest number that is kept in bit planes, and whose rows are listed as
	// often as it says.
	maxUnary = 15
	// mostLeaves is the number of operands of a program that may become a part of another: three
	// such parts and the result are slices that every machine has registers for.
	mostLeaves = 2
)

// written is a stage's program with those of operands that nothing else reads, its operands by
// slot, and the order of its result.
type written struct {
	*lower.Stage
	*update.Program
	views []lower.View
	order order
}

func (w *written) ranges(slot int) ir.Range { return w.views[slot].Array.Range }

// spikes reports whether an operand is spikes.
func (w *written) spikes(slot int64) bool { return w.views[slot].Array.Type.IsSpike() }

// each runs a program for each element of an array: small sums of spikes are counted, and
// programs of bits take 64 at once. All others run in lanes.
func (p *plan) each(s *lower.Stage) {
	w := p.written(s)
	if p.joins(w) {
		p.joined[s.To] = s
		return
	}
	w.order = p.like(w)
	switch {
	case p.sums(w):
		p.count(w)
	case len(w.Code) > 2 && w.Code[len(w.Code)-2].Kind == update.Scale:
		p.scale(w)
	default:
		p.lanes(w)
	}
}

func (p *plan) written(s *lower.Stage) *written {
	w := &written{Stage: s, Program: &update.Program{}}
	result := p.write(w, s)
	w.Code = append(w.Code, update.Instr{Kind: update.Result, A: result})
	return w
}

// write writes the program of a stage, but for its result, which it returns. Operands that are
// constants are parameters.
func (p *plan) write(w *written, s *lower.Stage) update.Value {
	values, result := make([]update.Value, len(s.Each.Program.Code)), update.Value(0)
	vars := int64(len(w.Vars))
	for _, v := range s.Each.Program.Vars {
		if v.Init >= 0 {
			v.Init = w.slot(s.Each.Views[v.Init])
		}
		w.Vars = append(w.Vars, v)
	}
	for v, i := range s.Each.Program.Code {
		i.A, i.B, i.C = values[i.A], values[i.B], values[i.C]
		switch i.Kind {
		case update.Result:
			result = i.A
			continue
		case update.Operand, update.Param:
			view := s.Each.Views[int(i.At)]
			if part := p.joined[view.Array]; part != nil {
				values[v] = p.write(w, part)
				continue
			}
			i.Kind, i.At = update.Operand, int64(w.slot(view))
			if view.Array.Const() {
				i.Kind = update.Param
			}
		case update.Load, update.Store:
			i.At += vars
		}
		values[v] = adds(w.Program, i)
	}
	return result
}

// slot is the number of an operand.
func (w *written) slot(v lower.View) int {
	at := slices.IndexFunc(w.views, func(u lower.View) bool {
		return u.Array == v.Array && u.Start == v.Start && slices.Equal(u.Strides, v.Strides)
	})
	if at < 0 {
		at = len(w.views)
		w.views = append(w.views, v)
	}
	return at
}

// joins reports whether a program is run by the only reader of its array, which runs as often,
// on as many elements, and has no state.
func (p *plan) joins(w *written) bool {
	readers := p.readers[w.To]
	if len(readers) != 1 || readers[0].Each == nil || len(w.views) > mostLeaves || len(w.Vars) > 0 {
		return false
	}
	reader := readers[0]
	as := p.written(reader) // as if it did not join
	alone := func(i update.Instr) bool { return i.Kind == update.Scale || i.Kind == update.Store }
	if slices.ContainsFunc(w.Code, alone) || slices.ContainsFunc(as.Code, alone) {
		return false
	}
	at := slices.IndexFunc(as.views, func(v lower.View) bool { return v.Array == w.To })
	// The views of a part are of the reader's grid, too.
	whole := slices.Equal(w.To.Type.Shape.Dims(), reader.To.Type.Shape.Dims()) && as.seen(at).plain() == nil
	return whole && w.Clock == reader.Clock && w.logical() == as.logical() && !p.sums(w) && w.computed() != nil
}

// computed is the first operand that is not constant and has an element for each of the result.
func (w *written) computed() *lower.View {
	for slot, v := range w.views {
		if !v.Array.Const() && v.Array.Type.Size() == w.size() && w.seen(slot).covers(w.size()) {
			return &w.views[slot]
		}
	}
	return nil
}

func (w *written) size() int { return w.To.Type.Size() }

// seen are the elements of an operand.
func (w *written) seen(slot int) order { return seen(&w.views[slot], w.To.Type.Shape.Dims()) }

// logical reports whether all values of a program are bits.
func (w *written) logical() bool {
	return !slices.ContainsFunc(w.Code, func(i update.Instr) bool {
		switch i.Kind {
		case update.Operand, update.Param:
			return !w.spikes(i.At)
		case update.Const:
			return i.At>>1 != 0
		case update.Load, update.Store:
			return !w.Vars[i.At].Bit
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
	return pick(p.home(v.Array).order, seen(v, w.To.Type.Shape.Dims()).places(w.size())).plain()
}

// operand takes an operand of a program in a form, in the order of the result.
func (p *plan) operand(w *written, slot int64, f form) *buffer {
	return p.take(w.views[slot].Array, f, pick(w.order, w.seen(int(slot))), w.Stage)
}

// data is a constant operand of a program, in the order of the result.
func (w *written) data(slot int64) []int64 {
	return pick(pick(w.order, w.seen(int(slot))), w.views[slot].Array.Data.I)
}

// sums reports whether a program is a sum of numbers that lie in bits, small enough to be
// counted, or added up over the steps.
func (p *plan) sums(w *written) bool {
	uses := w.Uses()
	for v, i := range w.Code {
		switch i.Kind {
		case update.Operand:
			x := w.views[i.At].Array
			if p.joined[x] != nil || !p.home(x).bits() || x.Type.Size() != w.size() {
				return false
			}
		case update.Add:
			if uses[v] > 1 && update.Value(v) != w.Result() {
				return false
			}
		case update.Load:
			if uses[v] > 1 || w.Stored(int(i.At)) != w.Result() || w.Vars[i.At].Start != 0 || w.Vars[i.At].Init >= 0 {
				return false
			}
		case update.Store, update.Result:
		default:
			return false
		}
	}
	if len(w.Vars) > 0 {
		return len(w.Vars) == 1 && w.Loaded(0) >= 0
	}
	return len(w.Code) > 2 && w.To.Range.Hi <= maxUnary
}

// count plans a sum in bit planes, which costs a few operations for 64 elements.
func (p *plan) count(w *written) {
	b := p.result(w.To, planes, w.order)
	b.planes = bits.Len64(uint64(w.To.Range.Hi))
	t := p.stage(b, w.Stage.String())
	if len(w.Vars) > 0 {
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
	p.add(w.Clock, t)
}

// count adds spikes, or numbers in planes, to those of the stage's result.
func (s *stage) count(x *buffer) { s.eachPlane("count", x, fmt.Sprint(s.dst.words())) }

// scale multiplies by constants as sums of shifted copies. The code has, for each run of
// places with one factor, its length, the number of digits, and each digit's shift, doubled,
// with 1 for a digit that is subtracted.
func (p *plan) scale(w *written) {
	i := w.Code[len(w.Code)-2]
	t := p.stage(p.result(w.To, full, w.order), w.Stage.String())
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
	p.add(w.Clock, t)
}
