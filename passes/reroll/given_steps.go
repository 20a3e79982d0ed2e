package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// Operands from outside need not be the same in all steps: an input that is delayed
// is missing in the first of them. An operand that depends on no state is therefore
// chosen by the step among its values in the file: the sum of these, each masked out
// in the other steps (step_masks.go).

// operand is operand i of v.
type operand struct {
	v *ir.Value
	i int
}

// byStep reports whether two values that differ may be one operand in two steps.
func byStep(s map[*ir.Value]span, a, b *ir.Value) bool {
	return a != nil && b != nil && s[a].once() && s[b].once() && (a.Const() == nil || b.Const() == nil) &&
		a.Type.IsReal() && (a.Type == b.Type || b.Const() != nil && b.Type.IsReal() && filling(b.Const(), a.Type.Shape) != nil)
}

// givenIn returns operand i of the body value v in a step.
func (u *unrolled) givenIn(step int, v *ir.Value, i int) *ir.Value {
	if a := u.given[step][operand{v, i}]; a != nil {
		return a
	}
	return u.body[v][i].v
}

// gives notes that an operand is a in a step, and reports whether it can be.
func (u *unrolled) gives(step int, o operand, a *ir.Value) bool {
	want := u.body[o.v][o.i].v
	delete(u.given[step], o)
	switch {
	case a == want:
		return true
	case !byStep(u.span, want, a):
		return false
	}
	u.given[step][o] = a
	return true
}

// alike reports whether two values that depend on no state are the same in all but
// the step, known being the values that are taken to be.
func (p *pairing) alike(v, w *ir.Value, known map[*ir.Value]*ir.Value) bool {
	switch {
	case v == w, p.of[v] != nil, known[v] != nil:
		return true
	case timing.Given(v), timing.Given(w), !canonical.SameForm(v, w):
		return false
	}
	known[w] = v
	for i, a := range v.Args {
		if !p.alike(a, w.Args[i], known) {
			return false
		}
	}
	return true
}

// beginning are the ways in which step 0 may differ from the others, each with those
// before it.
type beginning uint8

const (
	asState beginning = iota // a state begins as a constant
	missing                  // an operand from outside is 0
	asGiven                  // an operand from outside is another one
)

// tryBeginnings looks for how step 0 begins: with the initial value of a state, or
// with another operand from outside, or both.
func (f *firstStep) tryBeginnings(u *unrolled, v *ir.Value) (bool, error) {
	f.tried = 0
	if u.anyState {
		if ok, err := f.tryShown(u, v); ok || err != nil {
			return ok, err
		}
	}
	if ok, err := f.tryInits(u, v); ok || err != nil {
		return ok, err
	}
	for by := missing; by <= f.begins; by++ {
		for _, o := range u.givenTo(v) {
			if ok, err := f.tryGiven(u, v, o, by); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// tryGiven looks for the value of an operand in step 0, and reports whether one was found.
func (f *firstStep) tryGiven(u *unrolled, v *ir.Value, o operand, by beginning) (bool, error) {
	want := u.body[o.v][o.i].v
	old := u.given[0][o]
	among := onceUnder(u, u.at[0][v])
	if by == missing {
		zero, err := f.zero(u, want)
		if err != nil {
			return false, err
		}
		among = []*ir.Value{zero}
	}
	for _, a := range among {
		if a == want || !u.gives(0, o, a) {
			continue
		}
		f.forget(u, edge{fromStep, o.v})
		ok, err := f.agrees(u, v)
		if err == nil && !ok {
			ok, err = f.tryInits(u, v)
		}
		if ok || err != nil {
			return ok, err
		}
	}
	delete(u.given[0], o)
	if old != nil {
		u.given[0][o] = old
	}
	f.forget(u, edge{fromStep, o.v})
	return false, nil
}

// zero is 0 in the place of a value.
func (f *firstStep) zero(u *unrolled, v *ir.Value) (*ir.Value, error) {
	data := ir.NewTensor(v.Type)
	c, err := f.c.Constant(v.Name+".missing", data, v)
	out := &ir.Value{Name: v.Name + ".missing", Op: ir.OpConst, Attrs: ir.ConstAttrs{Data: data}, Type: v.Type, Origin: v.Origin}
	f.c.Became[out] = c
	return out, err
}

// givenTo lists the operands from outside that v is computed from within its step,
// those that are no constants.
func (u *unrolled) givenTo(v *ir.Value) []operand {
	var out []operand
	seen := map[*ir.Value]bool{}
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if seen[v] {
			return
		}
		seen[v] = true
		for i, e := range u.body[v] {
			switch {
			case e.v == nil:
			case e.kind == fromStep:
				walk(e.v)
			case e.kind == fromOnce && e.v.Const() == nil:
				out = append(out, operand{v, i})
			}
		}
	}
	walk(v)
	return out
}

// onceUnder lists the values under v that depend on no state, nearest first.
func onceUnder(u *unrolled, v *ir.Value) []*ir.Value {
	var out []*ir.Value
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{v}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if v == nil || seen[v] {
			continue
		}
		seen[v] = true
		if u.span[v].once() && v.Type.IsReal() {
			out = append(out, v)
		}
		if canonical.ByElement(v.Op) || v.Op.Class() == ir.Move {
			queue = append(queue, v.Args...)
		}
	}
	return out
}

// givenTo makes an operand of the body that comes from outside.
func (r *roller) givenTo(o operand) (*ir.Value, error) {
	var values []*ir.Value
	in := map[*ir.Value][]bool{}
	for t := range r.u.steps {
		a := r.u.givenIn(t, o.v, o.i)
		if in[a] == nil {
			in[a], values = make([]bool, r.u.steps), append(values, a)
		}
		in[a][t] = true
	}
	if len(values) == 1 {
		return r.outside(values[0])
	}
	common := commonPart(values)
	var total *ir.Value
	for _, a := range values {
		part := a
		if a == common {
			continue
		}
		if common != nil {
			part = other(a, common)
		}
		if canonical.Every(part, 0) {
			continue
		}
		x, err := r.outside(part)
		if err == nil {
			x, err = r.masked(o.v, x, in[a])
		}
		if err == nil && total != nil {
			x, err = r.c.As(o.v, ir.OpAdd, nil, total, x)
		}
		if err != nil {
			return nil, err
		}
		total = x
	}
	if common == nil {
		return total, nil
	}
	x, err := r.outside(common)
	if err != nil {
		return nil, err
	}
	return r.c.As(o.v, ir.OpAdd, nil, x, total)
}

// commonPart returns the one of some values to which each of the others adds
// something; nil when there is none.
func commonPart(values []*ir.Value) *ir.Value {
	for _, c := range values {
		if !slices.ContainsFunc(values, func(v *ir.Value) bool { return v != c && other(v, c) == nil }) {
			return c
		}
	}
	return nil
}

// other returns the operand of a sum beside part; nil when part is none.
func other(sum, part *ir.Value) *ir.Value {
	if sum.Op == ir.OpAdd {
		for i, a := range sum.Args {
			if a == part && sum.Type == part.Type {
				return sum.Args[1-i]
			}
		}
	}
	return nil
}
