package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A neuron may look at its stored membrane once more before it updates it: snnTorch with
// reset_delay=False subtracts the reset of the stored membrane's own comparison. Then the state is
// the stored membrane, not the one at the threshold, and the membrane is written over it: h is the
// stored membrane of the step before, s its comparison.

// rereads finds, among the values under the membrane, a comparison like the unit's of something
// that is state alone and goes into the membrane itself, but not of the membrane of the step
// before: another layer, whose input comes a step late, gives spikes only. Nil when there is none.
func (u *unit) rereads() *ir.Value {
	seen := map[*ir.Value]bool{}
	var find func(v *ir.Value) *ir.Value
	find = func(v *ir.Value) *ir.Value {
		if v == nil || seen[v] || v.Op == ir.OpDelay {
			return nil
		}
		seen[v] = true
		if m := canonical.MembraneOf(v); m != nil {
			if u.alike(v, m) && !u.refires(v) && stateOnly(m) && canonical.ConeOf(u.membrane)[m] {
				return v
			}
			return nil
		}
		if FormRules[v.Op] == nil {
			return nil
		}
		for _, a := range v.Args {
			if found := find(a); found != nil {
				return found
			}
		}
		return nil
	}
	return find(u.membrane)
}

// stateOnly reports whether a value is computed from delays and constants alone.
func stateOnly(v *ir.Value) bool {
	seen := map[*ir.Value]bool{}
	var other func(v *ir.Value) bool
	other = func(v *ir.Value) bool {
		if v == nil || seen[v] || v.Op == ir.OpDelay || v.Op == ir.OpConst {
			return false
		}
		seen[v] = true
		return len(v.Args) == 0 || slices.ContainsFunc(v.Args, other)
	}
	return !other(v)
}

// classifyStored finds the neuron of a unit that compares its stored membrane:
//
//	H = β·h − a·s + …, stored H − a·S + a·s      subtract a, when=both
//	H = β·(1−s)·h + …, stored (1 − S + s)·H      zero on firing: s never is 1
func (u *unit) classifyStored(again *ir.Value) (*neuronForm, *diag.Diagnostic) {
	stored := canonical.MembraneOf(again)
	u.forms[stored], u.forms[again] = form{{monomial{h: true}, rewrite.Scalar(1)}}, form{{monomial{s: true}, rewrite.Scalar(1)}}
	f, d := u.form(u.membrane)
	if d != nil {
		return nil, d
	}
	next := &shifting{u: u, stored: stored, again: again, known: map[*ir.Value]form{}}
	g, d := next.form(stored)
	if d != nil {
		return nil, d
	}
	init, d := next.start()
	if d != nil {
		return nil, d
	}
	n := &neuronForm{threshold: u.threshold, attrs: ir.NeuronAttrs{Round: ir.RoundFloor, Compare: canonical.Comparison(u.fire)}}
	if f, d = u.setStoredReset(n, f, g, init); d != nil {
		return nil, d
	}
	n.bias = f.of(monomial{})
	n.setLeak(canonical.OrZero(f.of(monomial{h: true})))
	if !canonical.All(init, 0) {
		n.init = init
	}
	return n, u.setInputs(n, f)
}

// setStoredReset reads the reset from the membrane f and the stored form g. It returns the membrane
// without the reset.
func (u *unit) setStoredReset(n *neuronForm, f, g form, init *ir.Tensor) (form, *diag.Diagnostic) {
	quiet := func(m monomial) bool { return m.s }
	amount := f.of(monomial{s: true})
	switch {
	case u.mirrored:
	case amount != nil && equalForms(g, form{{monomial{now: true}, rewrite.Scalar(1)}, {monomial{fired: true}, amount}, {monomial{s: true}, canonical.Scaled(amount, -1)}}) &&
		f.of(monomial{h: true, s: true}) == nil:
		n.attrs.Reset, n.attrs.When, n.reset = ir.ResetSubtract, ir.WhenBoth, canonical.Scaled(amount, -1)
		if canonical.Near(n.reset, n.threshold) {
			n.reset = n.threshold
		}
		return f.without(quiet), nil
	case equalForms(g.without(quiet), form{{monomial{now: true}, rewrite.Scalar(1)}, {monomial{now: true, fired: true}, rewrite.Scalar(-1)}}) &&
		!u.firesAtStart(rewrite.Scalar(0)) && !u.firesAtStart(init):
		// The stored membrane is 0 after a spike and below the threshold else, so its own comparison
		// never holds.
		n.attrs.Reset, n.attrs.When = ir.ResetZero, ir.WhenFire
		return f.without(quiet), nil
	}
	return nil, u.unlike()
}

// equalForms reports whether two forms are equal.
func equalForms(f, g form) bool {
	if len(f) != len(g) {
		return false
	}
	for _, t := range f {
		if k := g.of(t.monomial); k == nil || !canonical.Near(k, t.k) {
			return false
		}
	}
	return true
}

// shifting writes the stored membrane of this step over this step's membrane and spike, and over
// the stored membrane before.
type shifting struct {
	u             *unit
	stored, again *ir.Value
	known         map[*ir.Value]form
}

// form is the form, one step later, of a value that the stored membrane is computed from.
func (s *shifting) form(v *ir.Value) (form, *diag.Diagnostic) {
	if f, ok := s.known[v]; ok {
		return f, nil
	}
	f, d := s.work(v)
	s.known[v] = f
	return f, d
}

func (s *shifting) work(v *ir.Value) (form, *diag.Diagnostic) {
	switch rule := FormRules[v.Op]; {
	case v.Const() != nil:
		return constantForm(canonical.Squeezed(canonical.Combine(v.Const(), rewrite.Scalar(1), canonical.Product))), nil
	case v.Op == ir.OpDelay:
		return s.latched(s.u.latched[v])
	case canonical.MembraneOf(v) != nil && canonical.MembraneOf(v).Op == ir.OpDelay && s.u.latched[canonical.MembraneOf(v)] == s.stored && s.u.alike(v, canonical.MembraneOf(v)):
		return form{{monomial{s: true}, rewrite.Scalar(1)}}, nil
	case rule != nil:
		args := make([]form, len(v.Args))
		for i, a := range v.Args {
			var d *diag.Diagnostic
			if args[i], d = s.form(a); d != nil {
				return nil, d
			}
		}
		if f, ok := rule(v, args); ok {
			return f, nil
		}
	}
	return nil, s.u.unlike()
}

// latched is the form of the operand that a delay stores in this step.
func (s *shifting) latched(v *ir.Value) (form, *diag.Diagnostic) {
	now := &unit{fire: s.u.fire, membrane: s.u.membrane, threshold: s.u.threshold, forms: map[*ir.Value]form{
		s.u.membrane: {{monomial{now: true}, rewrite.Scalar(1)}},
		s.u.fire:     {{monomial{fired: true}, rewrite.Scalar(1)}},
		s.stored:     {{monomial{h: true}, rewrite.Scalar(1)}},
		s.again:      {{monomial{s: true}, rewrite.Scalar(1)}},
	}}
	return now.form(v)
}

// start is the stored membrane before the first step.
func (s *shifting) start() (*ir.Tensor, *diag.Diagnostic) {
	at := &unit{fire: s.u.fire, membrane: s.u.membrane, threshold: s.u.threshold, forms: map[*ir.Value]form{}}
	var set func(v *ir.Value)
	set = func(v *ir.Value) {
		if v != nil && v.Op == ir.OpDelay && v.Args[0].Const() != nil {
			at.forms[v] = constantForm(canonical.Squeezed(canonical.Combine(v.Args[0].Const(), rewrite.Scalar(1), canonical.Product)))
			return
		}
		if v != nil && canonical.MembraneOf(v) != nil { // no spike precedes the first step
			at.forms[v] = nil
			return
		}
		if v != nil {
			for _, a := range v.Args {
				set(a)
			}
		}
	}
	set(s.stored)
	f, d := at.form(s.stored)
	if d == nil && f.own() || d == nil && f.inputs() > 0 {
		d = s.u.unlike()
	}
	return canonical.OrZero(f.of(monomial{})), d
}
