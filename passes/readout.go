package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// timeSum is a value that adds something up over all steps: the values of the
// body whose sums over time it adds, and what does not belong to a step.
type timeSum struct {
	terms []*ir.Value
	rest  []*ir.Value
}

// readouts finds the sums over time that the outputs are computed from, and puts
// what they add up into the body.
func (u *unrolled) readouts(first *firstStep) (map[*ir.Value]*timeSum, error) {
	r := &reader{u: u, first: first, sums: map[*ir.Value]*timeSum{}, seen: map[*ir.Value]bool{}}
	for _, out := range u.net.All(ir.OpOutput) {
		if d := r.read(out.Args[0]); d != nil {
			return nil, d
		}
	}
	if d := first.check(u); d != nil {
		return nil, d
	}
	return r.sums, nil
}

type reader struct {
	u     *unrolled
	first *firstStep
	sums  map[*ir.Value]*timeSum
	seen  map[*ir.Value]bool
}

// read looks at a value behind the loop.
func (r *reader) read(v *ir.Value) *diag.Diagnostic {
	s := r.u.span[v]
	if v == nil || s.once() || r.seen[v] {
		return nil
	}
	r.seen[v] = true
	if t, ok := s.single(); ok {
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the output reads %s of time step %d only", where(v), t).
			WithHelp("outputs must sum or average over all time steps")
	}
	if parts := stacked(v); parts != nil {
		return r.sum(v, parts)
	}
	if v.Op == ir.OpAdd {
		return r.sum(v, r.terms(v, nil))
	}
	for _, a := range v.Args {
		if d := r.read(a); d != nil {
			return d
		}
	}
	return nil
}

// terms lists what a tree of additions adds, down to what belongs to one step.
func (r *reader) terms(v *ir.Value, out []*ir.Value) []*ir.Value {
	s := r.u.span[v]
	if _, single := s.single(); single || s.once() || v.Op != ir.OpAdd {
		return append(out, v)
	}
	for _, a := range v.Args {
		out = r.terms(a, out)
	}
	return out
}

// stacked lists the operands of a concat whose joined axis is summed or averaged
// away, when each is one deep there; nil otherwise.
func stacked(v *ir.Value) []*ir.Value {
	a, ok := v.Attrs.(ir.ReduceAttrs)
	if !ok || v.Args[0].Op != ir.OpConcat {
		return nil
	}
	joined := v.Args[0]
	axis := joined.Attrs.(ir.AxisAttrs).Axis
	if !slices.Equal(a.Axes, []int{axis}) || joined.Type.Shape.Dim(axis) != len(joined.Args) {
		return nil
	}
	return joined.Args
}

// sum makes v the sum of the terms: those of one step belong to groups that have
// each step once, the others stay terms beside.
func (r *reader) sum(v *ir.Value, terms []*ir.Value) *diag.Diagnostic {
	u, out := r.u, &timeSum{}
	byStep := make([][]*ir.Value, u.steps)
	for _, term := range terms {
		t, single := u.span[term].single()
		switch {
		case single && term.Type == terms[0].Type:
			byStep[t] = append(byStep[t], term)
		default:
			out.rest = append(out.rest, term)
			if d := r.read(term); d != nil {
				return d
			}
		}
	}
	for _, last := range byStep[u.steps-1] {
		if d := r.group(last, byStep[:u.steps-1]); d != nil {
			return d
		}
		out.terms = append(out.terms, last)
	}
	for t, left := range byStep[:u.steps-1] {
		if len(left) > 0 {
			return diag.Errorf(v.Origin, diag.NotUnrolled, "the sum over time at %s adds %s of time step %d, which has no like in the last step", where(v), where(left[0]), t).
				WithHelp(unrollHelp)
		}
	}
	r.sums[v] = out
	return nil
}

// group takes from each step the term that is there what last is in the last step.
func (r *reader) group(last *ir.Value, byStep [][]*ir.Value) *diag.Diagnostic {
	u := r.u
	if d := u.include(last, u.pastEdges()); d != nil {
		return d
	}
	if d := u.match(); d != nil {
		return d
	}
	for t := len(byStep) - 1; t >= 0; t-- {
		d := diag.Errorf(last.Origin, diag.NotUnrolled, "the sum over time has %s in the last step, but nothing like it in step %d", where(last), t).WithHelp(unrollHelp)
		for i, term := range byStep[t] {
			if d = u.try(func() *diag.Diagnostic { return r.term(t, last, term) }); d == nil {
				byStep[t] = slices.Delete(byStep[t], i, i+1)
				break
			}
		}
		if d != nil {
			return d
		}
	}
	return nil
}

// term demands that a value of step t is what last is in the last step.
func (r *reader) term(t int, last, value *ir.Value) *diag.Diagnostic {
	if d := r.u.set(t, last, value); d != nil {
		return d
	}
	if d := r.u.match(); d != nil || t > 0 {
		return d
	}
	if ok, err := r.first.agrees(r.u, last); err != nil || !ok {
		return notRepeated(0, value, last)
	}
	return nil
}

// pastEdges says what the operands of a value of the last step are, when the
// body is known but for the way to the readout.
func (u *unrolled) pastEdges() func(*ir.Value, int) edge {
	past := map[*ir.Value]*ir.Value{}
	for _, v := range u.inOrder(func(v *ir.Value) bool { return u.at[u.steps-2][v] != nil }) {
		past[u.at[u.steps-2][v]] = v
	}
	return func(v *ir.Value, i int) edge {
		a := v.Args[i]
		switch _, inBody := u.body[a]; {
		case inBody:
			return edge{fromStep, a}
		case u.span[a].once():
			return edge{fromOnce, a}
		case past[a] != nil:
			return edge{fromPast, past[a]}
		}
		return edge{fromStep, a}
	}
}
