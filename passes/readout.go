package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// timeSum is a value that reads something over all steps: the values of the body
// whose sums, or largest or last values, over time it adds, and what does not
// belong to a step.
type timeSum struct {
	over  ir.Op // sum, max-time, last or first
	terms []*ir.Value
	rest  []*ir.Value
	// Of the parts of a stack: how many they are, if the sum is divided by that, and
	// the shape of a part without the stack's axis; nil when there is no stack.
	mean  int
	shape []int
}

// readouts finds the sums over time that the outputs are computed from, and puts
// what they add up into the body.
// An output that holds every step is read as the user says.
func (u *unrolled) readouts(first *firstStep, readout string) (map[*ir.Value]*timeSum, error) {
	r := &reader{u: u, first: first, readout: readout, sums: map[*ir.Value]*timeSum{}, seen: map[*ir.Value]bool{}}
	for _, out := range u.net.All(ir.OpOutput) {
		if d := r.read(out.Args[0]); d != nil {
			return nil, d
		}
	}
	if d := first.check(u); d != nil {
		return nil, d
	}
	if readout != "" && !r.said {
		return nil, diag.Errorf(u.net.All(ir.OpOutput)[0].Origin, diag.NotUnrolled,
			"the readout %s is asked for, but no output holds every time step", readout).WithHelp("leave --readout out: the file has its readout itself")
	}
	return r.sums, nil
}

type reader struct {
	u     *unrolled
	first *firstStep
	// readout is the user's choice for stacks of all steps.
	readout string
	sums    map[*ir.Value]*timeSum
	said    bool // it was wanted
	seen    map[*ir.Value]bool
}

// read looks at a value behind the loop.
func (r *reader) read(v *ir.Value) *diag.Diagnostic {
	s := r.u.span[v]
	if v == nil || s.once() || r.seen[v] {
		return nil
	}
	r.seen[v] = true
	if t, ok := s.single(); ok {
		return r.last(v, t)
	}
	if over, parts := stacked(v); parts != nil {
		return r.sum(v, parts, &timeSum{over: over, mean: meanOf(v.Op == ir.OpReduceMean, parts), shape: v.Type.Shape.Dims()})
	}
	if parts := r.record(v); parts != nil {
		return r.asSaid(v, parts)
	}
	if over := treeOps[v.Op]; over != 0 {
		return r.sum(v, r.terms(v, v.Op, nil), &timeSum{over: over})
	}
	for _, a := range v.Args {
		if d := r.read(a); d != nil {
			return d
		}
	}
	return nil
}

// meanOf is what the sum of the parts of a stack is divided by; 0 when it is not.
func meanOf(isMean bool, parts []*ir.Value) int {
	if !isMean {
		return 0
	}
	return len(parts)
}

// treeOps are the ops of which a tree over the steps is a readout.
var treeOps = map[ir.Op]ir.Op{ir.OpAdd: ir.OpSum, ir.OpMax: ir.OpMaxTime}

// terms lists what a tree of additions adds, or of maxima compares, down to what
// belongs to one step.
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

// last makes v what the last step gives.
func (r *reader) last(v *ir.Value, step int) *diag.Diagnostic {
	u := r.u
	if step != u.steps-1 {
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the output reads %s of time step %d only", where(v), step).
			WithHelp("outputs must read the last time step, or all of them alike")
	}
	d := u.include(v, u.pastEdges())
	if d == nil {
		d = u.match()
	}
	r.sums[v] = &timeSum{over: ir.OpLast, terms: []*ir.Value{v}}
	return d
}

// record lists the steps that a concat puts one after another, each one deep;
// nil when it is none.
func (r *reader) record(v *ir.Value) []*ir.Value {
	if v.Op != ir.OpConcat || len(v.Args) != r.u.steps || v.Type.Shape.Dim(axisOf(v.Attrs)) != r.u.steps {
		return nil
	}
	for t, a := range v.Args {
		if at, single := r.u.span[a].single(); !single || at != t {
			return nil
		}
	}
	return v.Args
}

// asSaid reads an output that holds every step as the user says.
func (r *reader) asSaid(v *ir.Value, parts []*ir.Value) *diag.Diagnostic {
	axis := axisOf(v.Attrs)
	r.said = true
	s := &timeSum{mean: meanOf(r.readout == "mean", parts), shape: slices.Delete(v.Type.Shape.Dims(), axis, axis+1)}
	switch s.over = recordOps[r.readout]; s.over {
	case 0:
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the output holds every time step at %s; how it is read over them is not said", where(v)).
			WithHelp("say --readout sum, mean, last or max")
	case ir.OpLast:
		d := r.last(parts[len(parts)-1], r.u.steps-1)
		r.sums[v] = r.sums[parts[len(parts)-1]]
		r.sums[v].shape = s.shape
		return d
	}
	return r.sum(v, parts, s)
}

// recordOps are the readouts of a record, by the name of the user's choice.
var recordOps = map[string]ir.Op{"sum": ir.OpSum, "mean": ir.OpSum, "max": ir.OpMaxTime, "last": ir.OpLast}

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

// sum makes v the sum of the terms: those of one step belong to groups that have
// each step once, the others stay terms beside.
func (r *reader) sum(v *ir.Value, terms []*ir.Value, out *timeSum) *diag.Diagnostic {
	u := r.u
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
			return diag.Errorf(v.Origin, diag.NotUnrolled, "the readout over time at %s has %s of time step %d, which has no like in the last step", where(v), where(left[0]), t).
				WithHelp(unrollHelp)
		}
	}
	if out.over != ir.OpSum && len(out.terms)+len(out.rest) > 1 {
		return diag.Errorf(v.Origin, diag.NotUnrolled, "the largest over time at %s is of more than one value in each step", where(v)).WithHelp(unrollHelp)
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
		d := diag.Errorf(last.Origin, diag.NotUnrolled, "the readout over time has %s in the last step, but nothing like it in step %d", where(last), t).WithHelp(unrollHelp)
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
