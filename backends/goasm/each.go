package goasm

import (
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
	// such parts, and what they give, are slices that every machine has registers for.
	mostLeaves = 2
)

// written is the program of a stage with those of operands that nothing else reads, and its
// operands by slot.
type written struct {
	*update.Program
	views []lower.View
}

func (w *written) ranges(slot int) ir.Range { return w.views[slot].Array.Range }

// spikes reports whether an operand is spikes.
func (w *written) spikes(slot int64) bool { return w.views[slot].Array.Type.IsSpike() }

// each runs a program for each element of an array: small sums of spikes are counted, and
// programs of bits take 64 at once. All others run in lanes.
func (p *plan) each(s *lower.Stage) {
	w := p.written(s)
	switch {
	case p.joins(s, w):
		p.joined[s.To] = s
	case p.counts(s, w):
	case len(w.Code) > 2 && w.Code[len(w.Code)-2].Kind == update.Scale:
		p.scale(s, w)
	default:
		p.lanes(s, w)
	}
}

func (p *plan) written(s *lower.Stage) *written {
	w := &written{Program: &update.Program{}}
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
		values[v] = w.instr(i)
	}
	return result
}

// instr adds an instruction, but an operand once.
func (w *written) instr(i update.Instr) update.Value {
	if i.Kind == update.Operand || i.Kind == update.Param {
		at := slices.IndexFunc(w.Code, func(j update.Instr) bool { return j.Kind == i.Kind && j.At == i.At })
		if at >= 0 {
			return update.Value(at)
		}
	}
	w.Code = append(w.Code, i)
	return update.Value(len(w.Code) - 1)
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
func (p *plan) joins(s *lower.Stage, w *written) bool {
	readers := p.readers[s.To]
	if len(readers) != 1 || readers[0].Each == nil || len(w.views) > mostLeaves || len(w.Vars) > 0 {
		return false
	}
	reader := readers[0]
	as := &written{Program: reader.Each.Program}
	for slot := range slices.Max(as.Slots()) + 1 {
		as.views = append(as.views, reader.Each.Views[slot])
	}
	alone := func(i update.Instr) bool { return i.Kind == update.Scale || i.Kind == update.Store }
	if slices.ContainsFunc(w.Code, alone) || slices.ContainsFunc(as.Code, alone) {
		return false
	}
	at := slices.IndexFunc(as.views, func(v lower.View) bool { return v.Array == s.To })
	whole := seen(&as.views[at], reader.To.Type.Shape.Dims())
	same := len(whole) == s.To.Type.Size() && whole.plain() == nil
	return same && s.Clock == reader.Clock && w.logical() == as.logical() && !p.sums(s, w) && p.computed(s, w) != nil
}

// computed is the first operand that is not constant and has an element for each of the result.
func (p *plan) computed(s *lower.Stage, w *written) *lower.View {
	for i, v := range w.views {
		if size := v.Array.Type.Size(); !v.Array.Const() && size == s.To.Type.Size() && seen(&v, s.To.Type.Shape.Dims()).covers(size) {
			return &w.views[i]
		}
	}
	return nil
}

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
func (p *plan) like(s *lower.Stage, w *written) order {
	v := p.computed(s, w)
	if v == nil {
		return nil
	}
	x := p.home(v.Array)
	return x.order.of(seen(v, s.To.Type.Shape.Dims()).places(x.size))
}

// of is the order with other numbers of the elements.
func (o order) of(number order) order {
	if o == nil {
		return number.plain()
	}
	out := make(order, len(o))
	for place, e := range o {
		out[place] = number[e]
	}
	return out.plain()
}

// operand takes an operand of a program in a form, in the order of the result.
func (p *plan) operand(s *lower.Stage, v *lower.View, f form, o order) *buffer {
	return p.take(v.Array, f, pick(o, seen(v, s.To.Type.Shape.Dims())), s)
}

// data is a constant operand of a program, in the order of the result.
func data(s *lower.Stage, v *lower.View, o order) []int64 {
	return pick(pick(o, seen(v, s.To.Type.Shape.Dims())), v.Array.Data.I)
}

// sums reports whether a program is a sum of numbers that lie in bits, small enough to be
// counted, or added up over the steps.
func (p *plan) sums(s *lower.Stage, w *written) bool {
	uses := w.Uses()
	for v, i := range w.Code {
		switch i.Kind {
		case update.Operand:
			x := w.views[i.At].Array
			if p.joined[x] != nil || !p.home(x).bits() || x.Type.Size() != s.To.Type.Size() {
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
	return len(w.Code) > 2 && s.To.Range.Hi <= maxUnary
}

// counts plans a sum in bit planes, which costs a few operations for 64 elements.
func (p *plan) counts(s *lower.Stage, w *written) bool {
	if !p.sums(s, w) {
		return false
	}
	o := p.like(s, w)
	b := p.result(s.To, planes, o)
	b.planes = bits.Len64(uint64(s.To.Range.Hi))
	t := p.stage(b, s.String())
	if len(w.Vars) > 0 {
		t.onReset("clear(m.%s)", b.name)
	} else {
		t.do("clear(m.%s)", b.name)
	}
	uses := w.Uses()
	for v, i := range w.Code {
		if i.Kind == update.Operand {
			x := p.operand(s, &w.views[i.At], packed, o)
			for range uses[v] {
				t.eachPlane("count", x)
			}
		}
	}
	p.add(s.Clock, t)
	return true
}

// scale multiplies by constants as sums of shifted copies. The code has, for each run of
// places with one factor, its length, the number of digits, and each digit's shift, doubled,
// with 1 for a digit that is subtracted.
func (p *plan) scale(s *lower.Stage, w *written) {
	o := p.like(s, w)
	i := w.Code[len(w.Code)-2]
	t := p.stage(p.result(s.To, full, o), s.String())
	factors := data(s, &w.views[w.Code[i.B].At], o)
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
	x := p.operand(s, &w.views[w.Code[i.A].At], full, o)
	t.do("csd(m.%s, m.%s, %s, %d, %d, %d)", t.dst.name, x.name, p.table(t.dst.name+"Code", code), i.Decay.Shift, i.Decay.Up, i.Decay.UpNegative)
	p.add(s.Clock, t)
}
