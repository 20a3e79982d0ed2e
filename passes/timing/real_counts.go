package timing

import (
	"math"
	"slices"

	"nomul/ir"
)

// Counts of spikes are integers in many files, and real numbers where a neuron reads them. Whole
// numbers up to 2^24 are the same in float32, and so are sums of them, so such counts are real from
// the start: one that goes on from step to step is a membrane like any other then.

// realCounts makes the integers that are computed of spikes and constants alone real.
type realCounts struct {
	*intervals
	r    *ir.Rebuilder
	is   map[*ir.Value]bool      // memo of isCount
	made map[*ir.Value]*ir.Value // the real numbers of integers
	next map[*ir.Value]bool      // the outputs that states become which are counts
}

// newRealCounts knows which of the states are counts: those that become counts, when all of
// these are.
func newRealCounts(s *intervals, states []state) *realCounts {
	w := &realCounts{intervals: s, is: map[*ir.Value]bool{}, made: map[*ir.Value]*ir.Value{}, next: map[*ir.Value]bool{}}
	for _, state := range states {
		w.is[state.In] = true
	}
	if slices.ContainsFunc(states, func(s state) bool { return !w.isCount(s.Out.Args[0]) || !w.isSmall(s.In) }) {
		clear(w.is)
		for _, state := range states {
			w.is[state.In] = false
		}
		return w
	}
	for _, state := range states {
		w.next[state.Out] = true
	}
	return w
}

// isSmall reports whether all numbers of a value are so small that float32 has every
// whole one.
func (w *realCounts) isSmall(v *ir.Value) bool {
	in, known := w.of[v]
	return known && max(math.Abs(in.lo), math.Abs(in.hi)) <= 1<<24
}

// isCount reports whether a value is a whole number that is computed of spikes and
// constants alone.
func (w *realCounts) isCount(v *ir.Value) bool {
	known, seen := w.is[v]
	if !seen {
		known = w.isSmall(v) && w.ofCounts(v)
		w.is[v] = known
	}
	return known
}

func (w *realCounts) ofCounts(v *ir.Value) bool {
	switch {
	case v.Type.IsSpike():
		return true
	case v.Const() != nil:
		return !v.Type.IsReal()
	case v.Op == ir.OpMod && (v.Args[1].Const() == nil || slices.Contains(v.Args[1].Const().I, 0)):
		return false // an integer remainder of 0 is 0, and of real numbers none
	case v.Op == ir.OpWhere:
		return w.isCount(v.Args[1]) && w.isCount(v.Args[2])
	case v.Op == ir.OpCast || v.Op.Class() == ir.Move || countable(v.Op) && !v.Type.IsReal():
		return !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return !w.isCount(a) })
	}
	return false
}

// countable reports whether an op gives the same of whole numbers, be they integers or real.
func countable(op ir.Op) bool {
	return op.Class() == ir.Element && op != ir.OpDiv && op != ir.OpPow
}

// isComputed reports whether a value is a count of integer type that is more than spikes
// or constants.
func (w *realCounts) isComputed(v *ir.Value) bool {
	switch {
	case v.Type.IsReal() || v.Type.IsSpike() || !w.isCount(v):
		return false
	case v.Op == ir.OpCast || v.Op.Class() == ir.Move:
		return slices.ContainsFunc(v.Args, w.isComputed)
	}
	return v.Op == ir.OpInput || countable(v.Op)
}

// value is v where a count goes on as a real number, or is compared; a state is one from
// the start. Nil when it is neither.
func (w *realCounts) value(v *ir.Value) (*ir.Value, error) {
	switch {
	case v.Op == ir.OpInput && w.is[v]:
		x, err := w.r.AddTyped(ir.OpInput, w.r.Unique(v.Name), v.Attrs, ir.RealType(v.Type.Shape))
		if err != nil {
			return nil, err
		}
		w.made[v] = x
		return w.r.AddTyped(ir.OpCast, w.r.Unique(v.Name+".whole"), nil, v.Type, x)
	case v.Op == ir.OpCast && v.Type.IsReal() && w.isComputed(v.Args[0]):
		return w.real(v.Args[0])
	case v.Op == ir.OpCompare && !v.Args[0].Type.IsReal() && !v.Args[0].Type.IsSpike() && w.isCount(v.Args[0]) && w.isCount(v.Args[1]), w.next[v]:
		return w.again(v, v.Args)
	}
	return nil, nil
}

// again makes v on real numbers.
func (w *realCounts) again(v *ir.Value, args []*ir.Value) (*ir.Value, error) {
	real := make([]*ir.Value, len(args))
	for i, a := range args {
		var err error
		if real[i], err = w.real(a); err != nil {
			return nil, err
		}
	}
	return w.r.Add(v.Op, w.r.Unique(v.Name), v.Attrs, real...)
}

// real is a count as real numbers; the condition of a choice stays as it is.
func (w *realCounts) real(v *ir.Value) (*ir.Value, error) {
	if v.Type.IsReal() || v.Type.IsSpike() {
		return w.r.Of(v), nil
	}
	if out := w.made[v]; out != nil {
		return out, nil
	}
	out, err := w.makeReal(v)
	w.made[v] = out
	return out, err
}

func (w *realCounts) makeReal(v *ir.Value) (*ir.Value, error) {
	switch data := v.Const(); {
	case data != nil:
		real := ir.NewTensor(ir.RealType(v.Type.Shape))
		for i := range real.F {
			real.F[i] = data.At(i)
		}
		return w.r.Const(w.r.Unique(v.Name+".real"), real)
	case v.Op == ir.OpCast && v.Args[0].Type.IsSpike():
		return w.r.AddTyped(ir.OpCast, w.r.Unique(v.Name+".real"), nil, ir.RealType(v.Type.Shape), w.r.Of(v.Args[0]))
	case v.Op == ir.OpCast:
		return w.real(v.Args[0])
	}
	return w.again(v, v.Args)
}
