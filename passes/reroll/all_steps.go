package reroll

import (
	"maps"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
)

// checkSteps demands that the body, computed step by step from step 0 on, is the very value that
// the net has wherever one of the net stands for it.
func (f *firstStep) checkSteps(u *unrolled) *diag.Diagnostic {
	past := f.folded
	for t := 1; t < u.steps; t++ {
		s := &laterStep{f, u, t, past, map[*ir.Value]*ir.Value{}}
		for _, v := range u.inOrder(func(v *ir.Value) bool { return u.body[v] != nil }) {
			got, err := s.fold(v)
			if want := u.at[t][v]; err != nil || want != nil && got != f.c.Became[want] {
				return diag.Errorf(v.Origin, diag.NotUnrolled, "time step %d does not repeat the others: there %s is computed otherwise", t, canonical.Where(v))
			}
		}
		past = s.folded
	}
	return nil
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

// beginSilent has the states begin at what they are after a step without spikes, where that is a
// constant other than 0: as 1 - s of a spike s. It reports whether there are some.
func (f *firstStep) beginSilent(u *unrolled) bool {
	f.init = map[*ir.Value]*ir.Tensor{}
	found := map[*ir.Value]*ir.Tensor{}
	s := &laterStep{f, u, 0, nil, map[*ir.Value]*ir.Value{}}
	for _, v := range u.delayed() {
		if out, err := s.silent(v); err == nil && u.begins[v] == nil && out.Const() != nil && v.Type.IsReal() && !canonical.All(out.Const(), 0) {
			found[v] = filling(out.Const(), v.Type.Shape)
		}
	}
	maps.Copy(u.begins, found)
	return len(found) > 0
}

// silent is the body value v in a step without spikes, before which all states were 0.
func (s *laterStep) silent(v *ir.Value) (*ir.Value, error) {
	if out := s.folded[v]; out != nil {
		return out, nil
	}
	zero := func(w *ir.Value) (*ir.Value, error) { return s.c.Constant(w.Name+".silent", ir.NewTensor(w.Type), w) }
	var out *ir.Value
	var err error
	if v.Type.IsSpike() {
		out, err = zero(v)
	} else {
		out, err = s.onto(s.u, 0, v, s.silent, zero)
	}
	s.folded[v] = out
	return out, err
}
