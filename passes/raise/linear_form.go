package raise

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// Form is a value written as a sum of terms over a neuron's own past and inputs from outside.
// Coefficients are float64 and broadcast to the neuron; one number is kept as a scalar.
type Form []term

// term is k · [h] · [s] · [i] · [j] · [now] · [fired] · [x]: h, s, i and j the
// membrane, spike and currents of the step before, now and fired the membrane and
// spike of this step, x any value that is not the neuron's own state (nil for none).
type term struct {
	Monomial
	K *ir.Tensor
}

// Monomial is a product of state variables.
type Monomial struct {
	H, s, i, j bool
	now, fired bool
	x          *ir.Value
}

// state tells whether a term has a real number of the neuron's state in it, of
// which no product may have two.
func (m Monomial) state() bool { return m.H || m.i || m.j || m.now }

// own tells whether a form reads the neuron's state.
func (f Form) own() bool {
	for _, t := range f {
		if t.state() || t.s || t.fired {
			return true
		}
	}
	return false
}

// without is the form without the terms that a condition holds of.
func (f Form) without(drop func(Monomial) bool) Form {
	return slices.DeleteFunc(slices.Clone(f), func(t term) bool { return drop(t.Monomial) })
}

// Inputs counts the outside values in a form.
func (f Form) Inputs() int {
	seen := map[*ir.Value]bool{}
	for _, t := range f {
		if t.x != nil {
			seen[t.x] = true
		}
	}
	return len(seen)
}

// Of is the coefficient of a monomial, nil when it is zero.
func (f Form) Of(m Monomial) *ir.Tensor {
	for _, t := range f {
		if t.Monomial == m {
			return t.K
		}
	}
	return nil
}

// plus is f + scale·g.
func (f Form) plus(g Form, scale float64) Form {
	out := append(Form(nil), f...)
	for _, t := range g {
		out = out.add(t.Monomial, canonical.Scaled(t.K, scale))
	}
	return out
}

// add adds one term to a form that is no longer shared.
func (f Form) add(m Monomial, k *ir.Tensor) Form {
	for i, t := range f {
		if t.Monomial != m {
			continue
		}
		sum := canonical.Combine(t.K, k, func(a, b float64) float64 { return a + b })
		if number, ok := sum.Uniform(); ok && number == 0 {
			return append(f[:i:i], f[i+1:]...)
		}
		f[i].K = sum
		return f
	}
	if number, ok := k.Uniform(); ok && number == 0 {
		return f
	}
	return append(f, term{m, k})
}

// times is f·g, with s·s = s. It fails where the product is not linear in the
// state or in the inputs.
func (f Form) times(g Form) (Form, bool) {
	var out Form
	for _, a := range f {
		for _, b := range g {
			if a.state() && b.state() || a.x != nil && b.x != nil {
				return nil, false
			}
			m := Monomial{a.H || b.H, a.s || b.s, a.i || b.i, a.j || b.j, a.now || b.now, a.fired || b.fired, a.x}
			if b.x != nil {
				m.x = b.x
			}
			out = out.add(m, canonical.Combine(a.K, b.K, canonical.Product))
		}
	}
	return out, true
}

func constantForm(k *ir.Tensor) Form { return Form(nil).add(Monomial{}, k) }

func inputForm(x *ir.Value) Form { return Form{{Monomial{x: x}, rewrite.Scalar(1)}} }

// Sum returns a + b.
func Sum(a, b float64) float64 { return a + b }

// OrZero is the coefficient, 0 when it is absent.
func OrZero(t *ir.Tensor) *ir.Tensor {
	if t == nil {
		return rewrite.Scalar(0)
	}
	return t
}

// closeness is how far two coefficients may differ and still mean the same: far below float32's
// 6e-8, in which the constants were written, and far above the float64 rounding of their
// combinations.
const closeness = 1e-9

// Near tells whether two coefficients are equal everywhere.
func Near(a, b *ir.Tensor) bool {
	differs := canonical.Combine(a, b, func(a, b float64) float64 {
		if math.Abs(a-b) > closeness*max(math.Abs(a), math.Abs(b)) {
			return 1
		}
		return 0
	})
	return canonical.All(differs, 0)
}
