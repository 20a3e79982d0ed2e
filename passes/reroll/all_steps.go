package reroll

import (
	"maps"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// checkSteps demands that the body, computed step by step from step 0 on, is the very value that
// the net has wherever one of the net stands for it.
func (f *firstStep) checkSteps(u *unrolled) *diag.Diagnostic {
	var d *diag.Diagnostic
	f.inSteps(u, func(t int, v, got *ir.Value) bool {
		if want := u.at[t][v]; t > 0 && (got == nil || want != nil && got != f.c.Became[want]) {
			d = diag.Errorf(v.Origin, diag.NotUnrolled, "time step %d does not repeat the others: there %s is computed otherwise", t, canonical.Where(v))
		}
		return d == nil
	})
	return d
}

// inSteps computes the body step by step from step 0 on, for as long as told to go on; a value is nil where
// it cannot be computed.
func (f *firstStep) inSteps(u *unrolled, goOn func(t int, v, got *ir.Value) bool) bool {
	body := u.inOrder(func(v *ir.Value) bool { return u.body[v] != nil })
	past, fold := f.folded, func(v *ir.Value) (*ir.Value, error) { return f.fold(u, v) }
	for t := range u.steps {
		for _, v := range body {
			if got, err := fold(v); err != nil && !goOn(t, v, nil) || err == nil && !goOn(t, v, got) {
				return false
			}
		}
		s := &laterStep{f, u, t + 1, past, map[*ir.Value]*ir.Value{}}
		past, fold = s.folded, s.fold
	}
	return true
}

// checkOrTell is check, and where the steps differ, tells once more which values stand in them: an exporter
// folds states away in the first steps, and leaves of a value there that of another step, or none.
func (f *firstStep) checkOrTell(u *unrolled) *diag.Diagnostic {
	d := f.check(u)
	if d == nil || !f.tell(u) {
		return d
	}
	return f.check(u)
}

// tell has those values stand in each step that the body, computed from step 0 on, is there. It
// reports false, and leaves all as it was, where a comparison or a weighted sum is another one, or any value
// of the last step.
func (f *firstStep) tell(u *unrolled) bool {
	f.init, f.folded = maps.Clone(u.begins), map[*ir.Value]*ir.Value{}
	at := make([]map[*ir.Value]*ir.Value, u.steps)
	for t := range at {
		at[t] = maps.Clone(u.at[t])
	}
	ok := f.inSteps(u, func(t int, v, got *ir.Value) bool {
		stands := u.at[t][v]
		if stands == nil || got == f.c.Became[stands] {
			return got != nil
		}
		if at[t][v] = f.origin[got]; at[t][v] == nil {
			delete(at[t], v)
		}
		return got != nil && t < u.steps-1 && !timing.TellsStep(v)
	})
	if ok {
		u.at = at
		u.span = u.standing()
	}
	return ok
}

// laterStep folds the body onto the values that it has in the step before.
type laterStep struct {
	*firstStep
	u            *unrolled
	t            int
	past, folded map[*ir.Value]*ir.Value
}

// fold is the body value v in the step.
func (s *laterStep) fold(v *ir.Value) (*ir.Value, error) {
	if out := s.folded[v]; out != nil {
		return out, nil
	}
	if frame := s.u.frames.at(v, s.t); frame != nil {
		s.folded[v] = s.c.Became[frame]
		return s.folded[v], nil
	}
	out, err := s.onto(s.u, s.t, v, s.fold, func(w *ir.Value) (*ir.Value, error) {
		if s.t == 1 {
			return s.firstStep.fold(s.u, w)
		}
		return s.past[w], nil
	})
	s.folded[v] = out
	return out, err
}

// beginSilent has the states begin as they are after a step without spikes, where that is a
// constant other than 0: as 1 - s of a spike s, or, if such a step is biased, a membrane that the bias of
// its weights drives. It reports whether there are some.
func (f *firstStep) beginSilent(u *unrolled, biased bool) bool {
	f.init = map[*ir.Value]*ir.Tensor{}
	found := map[*ir.Value]*ir.Tensor{}
	s := &laterStep{f, u, 0, nil, map[*ir.Value]*ir.Value{}}
	for _, v := range u.delayed() {
		if out, err := s.silent(v, biased); err == nil && u.begins[v] == nil && out.Const() != nil && v.Type.IsReal() && !canonical.All(out.Const(), 0) {
			found[v] = filling(out.Const(), v.Type.Shape)
		}
	}
	maps.Copy(u.begins, found)
	return len(found) > 0
}

// silent is the body value v in a step without spikes, before which all states were 0; one that
// holds a state is that state, for it holds that of a silent step too.
func (s *laterStep) silent(v *ir.Value, biased bool) (*ir.Value, error) {
	if out := s.folded[v]; out != nil {
		return out, nil
	}
	zero := func(w *ir.Value) (*ir.Value, error) { return s.c.Constant(w.Name+".silent", ir.NewTensor(w.Type), w) }
	inStep := func(w *ir.Value) (*ir.Value, error) { return s.silent(w, biased) }
	var out *ir.Value
	var err error
	switch held := s.u.heldBy(v); {
	case held != nil:
		out, err = inStep(held)
	case v.Type.IsSpike(), !biased && v.Op.Class() == ir.Contract:
		out, err = zero(v)
	default:
		out, err = s.onto(s.u, 0, v, inStep, zero)
	}
	s.folded[v] = out
	return out, err
}
