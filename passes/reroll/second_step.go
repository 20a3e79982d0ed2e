package reroll

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// A body may begin with unfinished work of the step before: snnTorch with reset_delay=False takes a
// reset off the membrane when it has fired, and the amount reads the reset of that step, which in
// step 0 is none. Step 1 then shows its remainder, and is folded like step 0 where it looks
// otherwise.

// checkLate demands that values which look otherwise in step 1 are the body's of
// that step, computed from those of step 0.
func (f *firstStep) checkLate(u *unrolled) *diag.Diagnostic {
	if len(u.late) == 0 {
		return nil
	}
	second := map[*ir.Value]*ir.Value{}
	for _, v := range u.inOrder(func(v *ir.Value) bool { return u.late[v] != nil }) {
		got, err := f.foldSecond(u, v, second)
		if err != nil || got != f.c.Became[u.at[1][v]] {
			return u.late[v]
		}
	}
	return nil
}

// foldSecond is the body value v in step 1; known are those that were made.
func (f *firstStep) foldSecond(u *unrolled, v *ir.Value, known map[*ir.Value]*ir.Value) (*ir.Value, error) {
	if out := known[v]; out != nil {
		return out, nil
	}
	if frame := u.frames.at(v, 1); frame != nil {
		return f.c.Became[frame], nil
	}
	out, err := f.onto(u, 1, v, func(w *ir.Value) (*ir.Value, error) { return f.foldSecond(u, w, known) },
		func(w *ir.Value) (*ir.Value, error) { return f.fold(u, w) })
	known[v] = out
	return out, err
}
