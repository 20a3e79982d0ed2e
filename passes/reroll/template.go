package reroll

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
)

// include puts v and its operands of the same step into the body. find returns the edge to operand
// i of a value.
func (u *unrolled) include(v *ir.Value, find func(v *ir.Value, i int) edge) *diag.Diagnostic {
	if _, ok := u.body[v]; ok {
		return nil
	}
	edges := make([]edge, len(v.Args))
	u.body[v] = edges
	if d := u.set(u.steps-1, v, v); d != nil {
		return d
	}
	for i, a := range v.Args {
		if a == nil {
			continue
		}
		edges[i] = find(v, i)
		var d *diag.Diagnostic
		switch e := edges[i]; {
		case e.kind == fromOnce && !u.span[a].once():
			d = diag.Errorf(v.Origin, diag.NotUnrolled, "%s reads %s, which is made of a membrane or a spike of %s, in every time step; a step reads what it makes, and what the step before has made", canonical.Where(v), canonical.Where(a), shownSteps(u.span[a]))
		case e.kind != fromOnce:
			d = u.include(e.v, find)
		}
		if d != nil {
			return d
		}
	}
	return nil
}

// shownSteps names the time steps that a value is computed from.
func shownSteps(s span) string {
	if t, single := s.single(); single {
		return fmt.Sprintf("time step %d", t)
	}
	return fmt.Sprintf("time steps %d to %d", s.first-1, s.last-1)
}

// set notes that a stands in a step for v of the body.
func (u *unrolled) set(step int, v, a *ir.Value) *diag.Diagnostic {
	switch known := u.at[step][v]; {
	case known == a:
		return nil
	case known != nil:
		return standsForTwo(step, known, a, v)
	case !u.frames.of(a, step):
		return notRepeated(step, a, v)
	case step > 0 && !u.frames.alike(v, a), step == 1 && u.steps > 2 && turned(v, a):
		if step > 1 || u.steps == 2 {
			return notRepeated(step, a, v)
		}
		u.at[1][v], u.late[v] = a, notRepeated(step, a, v)
		u.made = append(u.made, entry{1, v})
		return nil
	}
	u.at[step][v] = a
	u.made = append(u.made, entry{step, v})
	if step > 0 { // step 0 is folded; firstStep looks at it
		u.todo = append(u.todo, entry{step, v})
	}
	return nil
}

// turned reports whether a constant stands second in a, as all do, in the place of a first operand
// that is none in v: the state of step 0 is a constant there.
func turned(v, a *ir.Value) bool {
	return v.Op.Commutes() && v.Args[1].Const() == nil && a.Args[1].Const() != nil && !canonical.SameForm(v.Args[0], a.Args[0])
}

// match holds the values noted so far, and their operands, against the body, down to the reads in
// step 1 of the state of step 0.
func (u *unrolled) match() *diag.Diagnostic {
	for len(u.todo) > 0 {
		e := u.todo[0]
		u.todo = u.todo[1:]
		for i, a := range u.at[e.step][e.v].Args {
			if d := u.matchOperand(e, i, a); d != nil {
				return d
			}
		}
	}
	return nil
}

func (u *unrolled) matchOperand(e entry, i int, a *ir.Value) *diag.Diagnostic {
	want := u.body[e.v][i]
	switch {
	case want.kind == fromOnce && u.gives(e.step, operand{e.v, i}, a):
		return nil
	case want.kind == fromOnce, a == nil:
		return readsOther(e.step, u.at[e.step][e.v], e.v, i)
	case want.kind == fromPast:
		return u.set(e.step-1, want.v, a)
	}
	return u.set(e.step, want.v, a)
}

// try runs f and undoes its notes when it fails.
func (u *unrolled) try(f func() *diag.Diagnostic) *diag.Diagnostic {
	mark := len(u.made)
	d := f()
	if d == nil {
		return nil
	}
	for _, e := range u.made[mark:] {
		delete(u.at[e.step], e.v)
		if e.step == 1 {
			delete(u.late, e.v)
		}
		if e.step == u.steps-1 {
			delete(u.body, e.v)
		}
	}
	u.made, u.todo = u.made[:mark], nil
	return d
}

// delayed lists, in net order, the body's values that the next step reads.
func (u *unrolled) delayed() []*ir.Value {
	read := map[*ir.Value]bool{}
	for _, edges := range u.body {
		for _, e := range edges {
			if e.kind == fromPast {
				read[e.v] = true
			}
		}
	}
	return u.inOrder(func(v *ir.Value) bool { return read[v] })
}

func (u *unrolled) inOrder(want func(*ir.Value) bool) []*ir.Value {
	var out []*ir.Value
	for _, v := range u.net.Values {
		if want(v) {
			out = append(out, v)
		}
	}
	return out
}
