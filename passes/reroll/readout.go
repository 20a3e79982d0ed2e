package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// An output is a function of values of the body, as they were in some of the steps.
// Sums over steps are the usual one: Σ aₜ·vₜ with constants aₜ. Steps in which a
// value has the same factor are one sum over time, of which the others are masked
// out (step_masks.go); one step alone is such a sum too. So any function of the
// steps' values can be read: a function that is no sum is computed behind the loop.

// timeSum is a value that reads something over the steps: sums of values of the
// body, or the largest over all steps, and addends that belong to no step.
type timeSum struct {
	over   ir.Op // sum, max-time or first
	groups []*group
	rest   []addend
	// Of the parts of a stack: how many they are, if the sum is divided by that, and
	// the shape of a part without the stack's axis; nil when there is no stack.
	mean  int
	shape []int
	said  string // how the user has an output read that holds every step
}

// group is a value of the body, and its factor in each step; nil in steps that do not
// count.
type group struct {
	v       *ir.Value
	factors []*ir.Tensor
}

// readouts finds the sums over time that the outputs are computed from, and puts their summands
// into the body. An output that holds every step is read as the user says.
func (u *unrolled) readouts(first *firstStep, o *rewrite.Options) (map[*ir.Value]*timeSum, error) {
	r := &reader{u: u, first: first, options: o, sums: map[*ir.Value]*timeSum{}, seen: map[*ir.Value]bool{}}
	for _, out := range u.net.All(ir.OpOutput) {
		if d := r.output(out); d != nil {
			return nil, d
		}
	}
	if d := first.check(u); d != nil {
		return nil, d
	}
	if o.Readout != "" && !r.said {
		return nil, noRecord(u.net, o.Readout)
	}
	return r.sums, nil
}

type reader struct {
	u       *unrolled
	first   *firstStep
	options *rewrite.Options // the user's choice for stacks of all steps
	sums    map[*ir.Value]*timeSum
	said    bool // it was wanted
	seen    map[*ir.Value]bool
}

// output reads the operand of an output; a stack of all steps is read as the user says.
func (r *reader) output(out *ir.Value) *diag.Diagnostic {
	v, said := out.Args[0], r.options.ReadoutOf(out)
	parts, axis := r.record(v)
	switch {
	case parts != nil:
		return r.asSaid(out, said, parts, axis)
	case r.options.Readouts[out.Name] != "":
		return noRecordOf(out, said)
	}
	return r.read(v)
}

// read looks at a value behind the loop.
func (r *reader) read(v *ir.Value) *diag.Diagnostic {
	s := r.u.span[v]
	if v == nil || s.once() || r.seen[v] {
		return nil
	}
	r.seen[v] = true
	if _, single := s.single(); single || v.Op == ir.OpAdd {
		return r.sum(v, r.terms(v, ir.OpAdd, nil), &timeSum{over: ir.OpSum})
	}
	if over, parts := stacked(v); parts != nil {
		s := &timeSum{over: over, mean: meanOf(v.Op == ir.OpReduceMean, parts), shape: v.Type.Shape.Dims()}
		if over == ir.OpSum {
			return r.sum(v, parts, s)
		}
		if r.largest(v, parts, s) {
			return nil
		}
	}
	if v.Op == ir.OpMax && r.largest(v, r.terms(v, ir.OpMax, nil), &timeSum{over: ir.OpMaxTime}) {
		return nil
	}
	for _, a := range v.Args {
		if d := r.read(a); d != nil {
			return d
		}
	}
	return nil
}

// meanOf is the divisor of the sum of the parts of a stack; 0 when there is none.
func meanOf(isMean bool, parts []*ir.Value) int {
	if !isMean {
		return 0
	}
	return len(parts)
}

// terms lists the summands of a tree of additions, or the operands of a tree of maxima, down to
// values of one step.
func (r *reader) terms(v *ir.Value, op ir.Op, out []*ir.Value) []*ir.Value {
	s := r.u.span[v]
	if _, single := s.single(); single || s.once() || v.Op != op {
		return append(out, v)
	}
	for _, a := range v.Args {
		out = r.terms(a, op, out)
	}
	return out
}

// record lists the steps that a concat puts one after another, each one deep, and
// the axis along which they lie, also where it was moved since; nil when it is none.
func (r *reader) record(v *ir.Value) (parts []*ir.Value, axis int) {
	if v.Op == ir.OpTranspose {
		perm := v.Attrs.(ir.PermAttrs).Perm
		parts, axis = r.record(v.Args[0])
		to := slices.Index(perm, axis)
		if parts == nil || !slices.IsSorted(slices.Delete(slices.Clone(perm), to, to+1)) {
			return nil, 0
		}
		return parts, to
	}
	if v.Op != ir.OpConcat || len(v.Args) != r.u.steps || v.Type.Shape.Dim(ir.AxisOf(v.Attrs)) != r.u.steps {
		return nil, 0
	}
	for t, a := range v.Args {
		if at, single := r.u.span[a].single(); !single || at != t {
			return nil, 0
		}
	}
	return v.Args, ir.AxisOf(v.Attrs)
}

// asSaid reads an output that holds every step as the user says. Other functions of the steps are
// computed nevertheless.
func (r *reader) asSaid(out *ir.Value, said string, parts []*ir.Value, axis int) *diag.Diagnostic {
	r.said = true
	v := out.Args[0]
	s := &timeSum{over: ir.OpSum, mean: meanOf(said == "mean", parts), shape: slices.Delete(v.Type.Shape.Dims(), axis, axis+1), said: said}
	switch said {
	case "sum", "mean":
		return r.sum(out, parts, s)
	case "last":
		return r.sum(out, parts[len(parts)-1:], s)
	case "max":
		s.over = ir.OpMaxTime
		if r.largest(out, parts, s) {
			return nil
		}
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the steps that %s holds are not computed alike, so that none of them is the largest over time", canonical.Where(v))
	case "first":
		s.over = ir.OpFirst
		if spikesIn(parts[0]) == nil {
			return diag.Errorf(v.Origin, diag.TypeMismatch, "the readout first is the step of the first spike, and the steps that %s holds are no spikes", canonical.Where(v)).
				WithHelp("say --readout sum, mean, last or max")
		}
		if r.largest(out, parts, s) {
			return nil
		}
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the steps that %s holds are not computed alike, so that they have no first spike", canonical.Where(v))
	}
	return unsaid(r.u.net, v)
}

// spikesIn returns the spikes that a value is as numbers, in any shape; nil when it is none.
func spikesIn(v *ir.Value) *ir.Value {
	for !v.Type.IsSpike() {
		if v.Op != ir.OpReshape && v.Op != ir.OpCast {
			return nil
		}
		v = v.Args[0]
	}
	return v
}

// stacked lists the operands of a concat whose joined axis is summed, averaged or
// searched for the largest, when each is one deep there, and by which readout;
// nil otherwise.
func stacked(v *ir.Value) (over ir.Op, parts []*ir.Value) {
	over = map[ir.Op]ir.Op{ir.OpReduceSum: ir.OpSum, ir.OpReduceMean: ir.OpSum, ir.OpReduceMax: ir.OpMaxTime}[v.Op]
	if over == 0 || v.Args[0].Op != ir.OpConcat {
		return 0, nil
	}
	a, joined := v.Attrs.(ir.ReduceAttrs), v.Args[0]
	axis := joined.Attrs.(ir.AxisAttrs).Axis
	if !slices.Equal(a.Axes, []int{axis}) || joined.Type.Shape.Dim(axis) != len(joined.Args) {
		return 0, nil
	}
	return over, joined.Args
}

// largest makes v the largest of one value of the body over all steps; false when
// other values are compared.
func (r *reader) largest(v *ir.Value, parts []*ir.Value, s *timeSum) bool {
	u := r.u
	byStep := make([]*ir.Value, u.steps)
	for _, a := range parts {
		t, single := u.span[a].single()
		if !single || byStep[t] != nil {
			return false
		}
		byStep[t] = a
	}
	last := byStep[u.steps-1]
	if slices.Contains(byStep, nil) || u.try(func() *diag.Diagnostic { return r.include(last) }) != nil {
		return false
	}
	for t, a := range byStep {
		if u.try(func() *diag.Diagnostic { return r.term(t, last, a) }) != nil {
			return false
		}
	}
	s.groups = []*group{{v: last}}
	r.sums[v] = s
	return true
}

// include puts a value of the last step into the body.
func (r *reader) include(v *ir.Value) *diag.Diagnostic {
	if d := r.u.include(v, r.u.pastEdges()); d != nil {
		return d
	}
	return r.u.match()
}

// term demands that a value of step t is the counterpart of last, a value of the last step.
func (r *reader) term(t int, last, value *ir.Value) *diag.Diagnostic {
	if d := r.u.set(t, last, value); d != nil {
		return d
	}
	if d := r.u.match(); d != nil || t > 0 {
		if d == nil && t == 1 {
			d = r.first.checkLate(r.u)
		}
		return d
	}
	if ok, err := r.first.agrees(r.u, last); err != nil || !ok {
		return notRepeated(0, value, last)
	}
	return nil
}

// pastEdges finds the operands of a value of the last step, when the body is known but for the way
// to the readout.
func (u *unrolled) pastEdges() func(*ir.Value, int) edge {
	past := u.bodyOf(u.steps - 2)
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

// bodyOf returns the values of the body by their values in a step.
func (u *unrolled) bodyOf(step int) map[*ir.Value]*ir.Value {
	out := map[*ir.Value]*ir.Value{}
	for _, v := range u.inOrder(func(v *ir.Value) bool { return u.at[step][v] != nil }) {
		out[u.at[step][v]] = v
	}
	return out
}
