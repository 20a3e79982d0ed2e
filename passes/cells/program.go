package cells

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/update"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// program is a target as a cell: the program, and its operands.
type program struct {
	*update.Program
	slots []slot
	unit  float64 // of the result
}

// slot is an operand: a value of the net, or a constant that is made for it.
type slot struct {
	value *ir.Value
	data  *ir.Tensor
}

// constant is the data of real constants; nil for others.
func (s slot) constant() *ir.Tensor {
	if t := s.value.Const(); t != nil && t.Type.IsReal() {
		return t
	}
	return s.data
}

// writer writes the program of a target. Operations, their order and their operands are those of
// the net.
type writer struct {
	*region
	target   *ir.Value
	stops    func(*ir.Value) bool // spikes of other neurons, which come in
	joined   map[*ir.Value]bool   // numbers of old state that are kept in its place
	b        update.Builder
	slots    []slot
	vars     map[*ir.Value]int
	kept     []*ir.Value // by state variable: a delay, or a number of old state
	compared map[update.Value]compared
	why      *diag.Diagnostic // the first reason why there is no program
}

// moment has the values of a step, or those of the next one that its state decides.
type moment struct {
	*writer
	now      *moment // nil for the step itself
	numbers  map[*ir.Value]update.Value
	literals map[*ir.Value]literal
	chosen   map[*ir.Value]*choice
}

func (w *writer) moment(now *moment) *moment {
	return &moment{w, now, map[*ir.Value]update.Value{}, map[*ir.Value]literal{}, map[*ir.Value]*choice{}}
}

// write returns the program of a target, or why there is none: that with the fewest state
// variables, which keep values of the step before, or numbers that these make, as a membrane behind its reset.
func (r *region) write(target *ir.Value, stops func(*ir.Value) bool) (*program, *diag.Diagnostic) {
	w := &writer{region: r, target: target, stops: stops}
	numbers := func(v *ir.Value) bool { return r.analog[v] }
	var best *program
	kinds := []func(v *ir.Value, made int) bool{
		func(v *ir.Value, made int) bool { return numbers(v) && (made > 1 || chooses(v)) },
		func(v *ir.Value, made int) bool { return numbers(v) && made > 1 },
		func(v *ir.Value, made int) bool { return (numbers(v) || r.bits[v] && !v.Type.IsSpike()) && made > 1 },
		func(*ir.Value, int) bool { return false },
	}
	for i := range 2 * len(kinds) {
		w.joined = w.joints(kinds[i/2], i%2 == 1)
		p, why := w.program()
		if why != nil {
			return nil, why
		}
		if best == nil || len(p.Vars) < len(best.Vars) {
			best = p
		}
	}
	return best, nil
}

func (w *writer) program() (*program, *diag.Diagnostic) {
	w.b, w.slots, w.vars, w.kept, w.compared, w.why = update.Builder{}, nil, map[*ir.Value]int{}, nil, map[update.Value]compared{}, nil
	now := w.moment(nil)
	next := w.moment(now)
	now.zero()
	if m := w.membrane(); m != nil {
		now.load(m)
	}
	result, unit := update.Value(0), 1.0
	if w.bits[w.target] {
		result = now.as(now.bit(w.target))
	} else {
		result, unit = now.word(w.target)
	}
	for i := 0; i < len(w.kept); i++ {
		w.b.Store(i, next.number(w.kept[i]))
	}
	w.b.Result(result)
	return w.finish(unit)
}

// finish names the state and holds the program against the bounds of cells.
func (w *writer) finish(unit float64) (*program, *diag.Diagnostic) {
	p := &program{w.b.Program(), w.slots, unit}
	choices := 0
	for _, i := range p.Code {
		if i.Compares() {
			choices++
		}
	}
	for i := range p.Vars {
		p.Vars[i].Name = ir.CellVar(i)
	}
	switch {
	case len(p.Vars) == 0:
		w.limit("fires by no state")
	case choices > ir.MaxChoices:
		w.limit("fires a neuron that compares %d times in a step, of which %d are followed", choices, ir.MaxChoices)
	case len(p.slots) >= mostSlots:
		w.limit("fires a neuron that reads %d values in a step, of which %d are let in", len(p.slots), mostSlots-1)
	}
	p.spread(w.target.Type.Shape)
	return p, w.why
}

// mostSlots bounds the operands of a cell.
const mostSlots = 64

// spread adds an operand that has the shape of the result, where all others are smaller.
func (p *program) spread(shape ir.Shape) {
	all := ir.Shape{}
	for _, s := range p.slots {
		of := ir.Shape{}
		if s.value != nil {
			of = s.value.Type.Shape
		} else {
			of = s.data.Type.Shape
		}
		all, _ = ir.Broadcast(all, of)
	}
	if all != shape || len(p.slots) == 0 {
		p.slots = append(p.slots, slot{data: ir.NewTensor(ir.RealType(shape))})
	}
}

// refuse keeps the first reason why there is no program: an operation that programs do not have.
func (w *writer) refuse(at *ir.Value, reason unsupported.Reason) {
	if w.why == nil {
		reason.At = at
		w.why = reason.Refused(w.fires())
	}
}

// limit keeps the first reason why there is no program, where that is a bound.
func (w *writer) limit(format string, args ...any) {
	if w.why == nil {
		w.why = rewrite.Refuse(w.fires(), diag.NotANeuron, format, args...)
	}
}

// fires is the first comparison of state that a target is made of; the target itself where there is none.
func (w *writer) fires() *ir.Value {
	compares := func(v *ir.Value) bool {
		return v.Op == ir.OpCompare && (w.analog[v.Args[0]] || w.analog[v.Args[1]])
	}
	if v := w.first([]*ir.Value{w.target}, compares, nil); v != nil {
		return v
	}
	return w.target
}

// first is the first of the values that some are made of in a step, operand by operand, of which a condition
// holds, but for some and those below.
func (w *writer) first(of []*ir.Value, is func(*ir.Value) bool, but map[*ir.Value]bool) *ir.Value {
	seen := map[*ir.Value]bool{}
	var find func(of []*ir.Value) *ir.Value
	find = func(of []*ir.Value) *ir.Value {
		for _, v := range of {
			if v == nil || seen[v] || w.isOperand(v) || but[v] {
				continue
			}
			seen[v] = true
			if is(v) {
				return v
			}
			if !w.isKept(v) {
				if found := find(v.Args); found != nil {
					return found
				}
			}
		}
		return nil
	}
	return find(of)
}

// isOperand reports whether a value comes in from outside of the cell.
func (w *writer) isOperand(v *ir.Value) bool { return !w.state[v] || w.stops(v) }

func (w *writer) zero() update.Value { return w.b.Const(0) }

// slot returns the operand that a value is.
func (w *writer) slot(v *ir.Value) int { return w.slotOf(slot{value: v}) }

func (w *writer) slotOf(s slot) int {
	i := slices.IndexFunc(w.slots, func(t slot) bool {
		a, b := s.constant(), t.constant()
		return t == s || a != nil && b != nil && a.Type == b.Type && slices.Equal(a.F, b.F)
	})
	if i < 0 {
		i = len(w.slots)
		w.slots = append(w.slots, s)
	}
	return i
}

// constant is a number or an operand that holds constants.
func (w *writer) constant(t *ir.Tensor, v *ir.Value) update.Value {
	f, same := t.Uniform()
	switch {
	case same && whole(f):
		return w.b.Const(int64(f))
	case v != nil:
		return w.b.Operand(w.slot(v))
	case same:
		t = rewrite.Scalar(f)
	}
	return w.b.Operand(w.slotOf(slot{data: t}))
}

// whole reports whether a number is a whole one that programs hold.
func whole(f float64) bool { return f == math.Trunc(f) && math.Abs(f) < 1<<20 }
