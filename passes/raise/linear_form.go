package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// form is a value written as a sum of terms over a neuron's own past and inputs from outside.
// Coefficients are float64 and broadcast to the neuron; one number is kept as a scalar.
type form []term

// term is k · [h] · [s] · [i] · [j] · [now] · [fired] · [x]: h, s, i and j the
// membrane, spike and currents of the step before, now and fired the membrane and
// spike of this step, x any value that is not the neuron's own state (nil for none).
type term struct {
	monomial
	k *ir.Tensor
}

// OnlyAdds reports whether a value is another one to which inputs are added, and nothing else.
func OnlyAdds(v, to *ir.Value) bool {
	u := &unit{fire: v, membrane: v, forms: map[*ir.Value]form{to: {{monomial{h: true}, rewrite.Scalar(1)}}}}
	f, d := u.form(v)
	k := f.of(monomial{h: true})
	return d == nil && f.inputs() > 0 && f.of(monomial{}) == nil && k != nil && canonical.Near(k, rewrite.Scalar(1))
}

// monomial is a product of state variables.
type monomial struct {
	h, s, i, j bool
	now, fired bool
	x          *ir.Value
}

// state reports whether a term has a real number of the neuron's state in it, of
// which no product may have two.
func (m monomial) state() bool { return m.h || m.i || m.j || m.now }

// own reports whether a form reads the neuron's state.
func (f form) own() bool {
	for _, t := range f {
		if t.state() || t.s || t.fired {
			return true
		}
	}
	return false
}

// without is the form without the terms that a condition holds of.
func (f form) without(drop func(monomial) bool) form {
	return slices.DeleteFunc(slices.Clone(f), func(t term) bool { return drop(t.monomial) })
}

// inputs counts the outside values in a form.
func (f form) inputs() int {
	seen := map[*ir.Value]bool{}
	for _, t := range f {
		if t.x != nil {
			seen[t.x] = true
		}
	}
	return len(seen)
}

// of is the coefficient of a monomial, nil when it is zero.
func (f form) of(m monomial) *ir.Tensor {
	for _, t := range f {
		if t.monomial == m {
			return t.k
		}
	}
	return nil
}

// plus is f + scale·g.
func (f form) plus(g form, scale float64) form {
	out := append(form(nil), f...)
	for _, t := range g {
		out = out.add(t.monomial, canonical.Scaled(t.k, scale))
	}
	return out
}

// add adds one term to a form that is no longer shared.
func (f form) add(m monomial, k *ir.Tensor) form {
	for i, t := range f {
		if t.monomial != m {
			continue
		}
		sum := canonical.Combine(t.k, k, func(a, b float64) float64 { return a + b })
		if number, ok := sum.Uniform(); ok && number == 0 {
			return append(f[:i:i], f[i+1:]...)
		}
		f[i].k = sum
		return f
	}
	if number, ok := k.Uniform(); ok && number == 0 {
		return f
	}
	return append(f, term{m, k})
}

// times is f·g, with s·s = s. It fails where the product is not linear in the
// state or in the inputs.
func (f form) times(g form) (form, bool) {
	var out form
	for _, a := range f {
		for _, b := range g {
			if a.state() && b.state() || a.x != nil && b.x != nil {
				return nil, false
			}
			m := monomial{a.h || b.h, a.s || b.s, a.i || b.i, a.j || b.j, a.now || b.now, a.fired || b.fired, a.x}
			if b.x != nil {
				m.x = b.x
			}
			out = out.add(m, canonical.Combine(a.k, b.k, canonical.Product))
		}
	}
	return out, true
}

func constantForm(k *ir.Tensor) form { return form(nil).add(monomial{}, k) }

func inputForm(x *ir.Value) form { return form{{monomial{x: x}, rewrite.Scalar(1)}} }

// sameForms reports whether two forms are equal.
func sameForms(a, b form) bool {
	for _, f := range [][2]form{{a, b}, {b, a}} {
		for _, t := range f[0] {
			if !canonical.Near(t.k, canonical.OrZero(f[1].of(t.monomial))) {
				return false
			}
		}
	}
	return true
}
