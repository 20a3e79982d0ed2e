package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// addend is a value, and its factor k where it is added.
type addend struct {
	k *ir.Tensor
	v *ir.Value
}

// addition finds the groups of a sum over steps.
type addition struct {
	*reader
	terms    []*ir.Value
	out      *timeSum
	byStep   [][]addend         // that belong to no group yet
	repeated map[*ir.Value]bool // values that are in the body for the sake of neurons
}

// sum makes v the sum of the terms. Those of one step belong to groups, each of one
// value of the body in all steps that have it. A term that is in no group is taken
// apart where it is linear in values that may be, and else computed in all steps for
// the sake of the one that reads it.
func (r *reader) sum(v *ir.Value, terms []*ir.Value, out *timeSum) *diag.Diagnostic {
	a := &addition{reader: r, terms: terms, out: out, byStep: make([][]addend, r.u.steps), repeated: map[*ir.Value]bool{}}
	for v := range r.u.body {
		a.repeated[v] = true
	}
	for _, term := range terms {
		a.add(addend{rewrite.Scalar(1), term}, terms[0].Type)
	}
	for {
		if d := a.pair(); d != nil {
			return d
		}
		if a.expand() {
			continue
		}
		more, d := a.repeat()
		if d != nil {
			return d
		}
		if !more {
			break
		}
	}
	r.sums[v] = out
	for _, term := range out.rest {
		if d := r.read(term.v); d != nil {
			return d
		}
	}
	return nil
}

// add notes a term: beside the groups when it is of another shape, or of no step or several.
func (a *addition) add(term addend, t ir.Type) {
	if step, single := a.u.span[term.v].single(); single && term.v.Type == t {
		a.byStep[step] = append(a.byStep[step], term)
		return
	}
	a.out.rest = append(a.out.rest, term)
}

// pair makes the terms of the last step groups, gives each its like in the other
// steps, and puts the rest of these to the values of the body.
func (a *addition) pair() *diag.Diagnostic {
	last := a.u.steps - 1
	for _, term := range a.byStep[last] {
		if d := a.include(term.v); d != nil {
			return d
		}
		a.group(term.v).count(last, term.k)
	}
	a.byStep[last] = nil
	for _, g := range a.out.groups {
		a.gather(g)
	}
	for t := range last {
		if len(a.byStep[t]) == 0 {
			continue
		}
		body := a.u.bodyOf(t)
		a.byStep[t] = slices.DeleteFunc(a.byStep[t], func(term addend) bool {
			v := body[term.v]
			if v != nil {
				a.group(v).count(t, term.k)
			}
			return v != nil
		})
	}
	return nil
}

// group is that of a value of the body, a new one when there is none.
func (a *addition) group(v *ir.Value) *group {
	if i := slices.IndexFunc(a.out.groups, func(g *group) bool { return g.v == v }); i >= 0 {
		return a.out.groups[i]
	}
	g := &group{v, make([]*ir.Tensor, a.u.steps)}
	a.out.groups = append(a.out.groups, g)
	return g
}

// count adds k to the factor of a step.
func (g *group) count(step int, k *ir.Tensor) {
	if old := g.factors[step]; old != nil {
		k = canonical.Combine(old, k, func(a, b float64) float64 { return a + b })
	}
	g.factors[step] = k
}

// gather takes from the terms of the other steps those that are like the group's.
// A term that belongs to no step may be the one of step 0.
func (a *addition) gather(g *group) {
	like := func(t int) func(addend) bool {
		return func(term addend) bool {
			return term.v.Type == g.v.Type && a.u.try(func() *diag.Diagnostic { return a.term(t, g.v, term.v) }) == nil
		}
	}
	for t := a.u.steps - 2; t >= 0; t-- {
		if i := slices.IndexFunc(a.byStep[t], like(t)); i >= 0 && g.factors[t] == nil {
			g.count(t, a.byStep[t][i].k)
			a.byStep[t] = slices.Delete(a.byStep[t], i, i+1)
		}
	}
	ofNone := func(term addend) bool { return a.u.span[term.v].once() && like(0)(term) }
	if i := slices.IndexFunc(a.out.rest, ofNone); i >= 0 && g.factors[0] == nil && g.factors[1] != nil {
		g.count(0, a.out.rest[i].k)
		a.out.rest = slices.Delete(a.out.rest, i, i+1)
	}
}

// expand takes apart the terms that belong to no group, and the groups of the last
// step alone, which may be like them in parts; false when there is nothing to.
func (a *addition) expand() bool {
	var parts []addend
	take := func(term addend) bool {
		apart := partsOf(term)
		parts = append(parts, apart...)
		return apart != nil
	}
	for t, terms := range a.byStep {
		a.byStep[t] = slices.DeleteFunc(terms, take)
	}
	if len(parts) == 0 {
		return false
	}
	last := a.u.steps - 1
	a.out.groups = slices.DeleteFunc(a.out.groups, func(g *group) bool {
		alone := !slices.ContainsFunc(g.factors[:last], func(k *ir.Tensor) bool { return k != nil })
		return alone && !a.repeated[g.v] && take(addend{g.factors[last], g.v})
	})
	for _, part := range parts {
		a.add(part, a.terms[0].Type)
	}
	return true
}

// partsOf returns the parts of a term that is linear in its operands; nil of another.
func partsOf(term addend) []addend {
	v, k := term.v, term.k
	times := func(factor *ir.Value, f func(a, b float64) float64) *ir.Tensor {
		return canonical.Combine(k, factor.Const(), f)
	}
	switch {
	case !v.Type.IsReal():
	case v.Op == ir.OpAdd:
		return []addend{{k, v.Args[0]}, {k, v.Args[1]}}
	case v.Op == ir.OpSub:
		return []addend{{k, v.Args[0]}, {canonical.Scaled(k, -1), v.Args[1]}}
	case v.Op == ir.OpNeg:
		return []addend{{canonical.Scaled(k, -1), v.Args[0]}}
	case v.Op == ir.OpMul && v.Args[1].Const() != nil:
		return []addend{{times(v.Args[1], canonical.Product), v.Args[0]}}
	case v.Op == ir.OpDiv && v.Args[1].Const() != nil:
		return []addend{{times(v.Args[1], func(a, b float64) float64 { return a / b }), v.Args[0]}}
	}
	return nil
}

// repeat computes in all steps a term that only an earlier one has, the latest first;
// false when none is left.
func (a *addition) repeat() (bool, *diag.Diagnostic) {
	for t, terms := range slices.Backward(a.byStep) {
		if len(terms) == 0 {
			continue
		}
		now, d := a.u.inLastStep(terms[0].v, t)
		if d == nil {
			d = a.include(now)
		}
		if d == nil {
			d = a.term(t, now, terms[0].v)
		}
		if d != nil {
			return false, d
		}
		a.group(now).count(t, terms[0].k)
		a.byStep[t] = terms[1:]
		return true, nil
	}
	return false, nil
}

// inLastStep returns the value of the last step that is like v of the given one, and
// makes it if it is not there.
func (u *unrolled) inLastStep(v *ir.Value, step int) (*ir.Value, *diag.Diagnostic) {
	t, single := u.span[v].single()
	switch {
	case v == nil || u.span[v].once():
		return v, nil
	case single && u.frames.at(v, u.steps-1) != nil:
		return u.frames.at(v, u.steps-1), nil
	case single && t <= step:
		if b := u.bodyOf(t)[v]; b != nil && u.at[u.steps-1-(step-t)][b] != nil {
			return u.at[u.steps-1-(step-t)][b], nil
		}
	}
	if !single || t != step {
		return nil, diag.Errorf(v.Origin, diag.NotUnrolled, "the output reads %s of time step %d, and no other step has its like", canonical.Where(v), step)
	}
	out := *v
	out.Name, out.Args = v.Name+".last", make([]*ir.Value, len(v.Args))
	for i, arg := range v.Args {
		var d *diag.Diagnostic
		if out.Args[i], d = u.inLastStep(arg, step); d != nil {
			return nil, d
		}
	}
	u.net.Values = append(u.net.Values, &out)
	u.span[&out] = span{u.steps, u.steps}
	return &out, nil
}
