package raise

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// setInit finds the membrane before the first step, from the initial value of each own delay: a·V +
// d for one that stores a·H + … + d, since no spike precedes. Where no membrane that the delays
// hold is one, the first step says which it must be.
func (u *unit) setInit(n *neuronForm) *diag.Diagnostic {
	var init *ir.Tensor
	for _, s := range u.starts {
		a := s.form.of(monomial{h: true})
		if a == nil || !canonical.NonZero(a) {
			continue
		}
		v := canonical.Ratio(canonical.Combine(s.value(), canonical.OrZero(s.form.of(monomial{})), func(e, d float64) float64 { return e - d }), a)
		if init == nil || s.delay.Type == u.membrane.Type && u.latched[s.delay] == u.membrane {
			init = v
		}
	}
	for _, s := range u.starts {
		got := canonical.OrZero(s.form.of(monomial{}))
		if a := s.form.of(monomial{h: true}); a != nil && init != nil {
			got = canonical.Combine(got, canonical.Combine(a, init, canonical.Product), func(d, av float64) float64 { return d + av })
		}
		if canonical.Near(got, s.value()) || u.startsAlike(s, got) {
			continue
		}
		switch from := u.firstMembrane(); {
		case from != nil:
			return u.begin(n, from)
		default:
			return u.unlike()
		}
	}
	switch {
	case init == nil:
		return nil
	case u.refired && u.firesAtStart(init):
		return u.unlike()
	}
	return u.begin(n, init)
}

// begin sets the membrane before the first step.
func (u *unit) begin(n *neuronForm, init *ir.Tensor) *diag.Diagnostic {
	if u.mirrored {
		init = canonical.Scaled(init, -1)
	}
	if !canonical.All(init, 0) {
		n.init = init
	}
	return nil
}

// firstMembrane returns the V of which β·V + … is the first membrane, where no spike precedes
// it: a spike of 1 or −1 may begin as 0, and take nothing away. Nil when no V does that.
func (u *unit) firstMembrane() *ir.Tensor {
	first, d := u.firstForm(nil, nil)
	if d != nil || len(u.currents) > 0 {
		return nil
	}
	f := u.forms[u.membrane]
	beta := f.of(monomial{h: true})
	if beta == nil {
		return nil
	}
	apart := first.plus(f.without(func(m monomial) bool { return m.h || m.s }), -1)
	lack := canonical.OrZero(apart.of(monomial{}))
	if len(apart.without(func(m monomial) bool { return m == monomial{} })) > 0 {
		return nil
	}
	v := canonical.Combine(lack, beta, func(lack, beta float64) float64 {
		if lack == 0 {
			return 0
		}
		return lack / beta
	})
	if !rewrite.Everywhere(v, func(f float64) bool { return !math.IsInf(f, 0) }) {
		return nil
	}
	return v
}

// firstForm is the membrane in the first step, where the delays hold their initial values; replaced
// holds another one, if given.
func (u *unit) firstForm(replaced *ir.Value, holds *ir.Tensor) (form, *diag.Diagnostic) {
	at := &unit{fire: u.fire, membrane: u.membrane, threshold: u.threshold, forms: map[*ir.Value]form{}, apart: true}
	for v, f := range u.forms {
		if !f.own() {
			at.forms[v] = f
		}
	}
	for _, s := range u.starts {
		at.forms[s.delay] = constantForm(s.value())
	}
	if replaced != nil {
		at.forms[replaced] = constantForm(holds)
	}
	return at.form(u.membrane)
}

// startsAlike reports whether the first step computes the same membrane when the
// delay starts with another value: 1 − S may start as 0 when it multiplies a
// membrane of 0.
func (u *unit) startsAlike(replaced start, other *ir.Tensor) bool {
	is, d := u.firstForm(nil, nil)
	if d != nil {
		return false
	}
	then, d := u.firstForm(replaced.delay, other)
	return d == nil && len(is.plus(then, -1)) == 0
}

// value is the constant that the delay starts with, as a real.
func (s start) value() *ir.Tensor {
	return canonical.Combine(s.delay.Args[0].Const(), rewrite.Scalar(1), canonical.Product)
}
