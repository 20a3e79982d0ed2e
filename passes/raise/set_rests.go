package raise

import (
	"nomul/ir"
	"nomul/passes/canonical"
)

// A membrane may be set to a number in each step of a rest: where(rests, 0, h). That is a reset to the
// number, which the rest holds; how the file resets the membrane behind the spike does not matter, for
// the rest begins in the next step.

// period is a refractory period, and the number that the membrane is set to in it; nil where none is.
type period struct {
	ir.Refractory
	to *ir.Tensor
}

// setTo is the number below the threshold that the membrane f is set to where the layer rests; nil when
// there is none, or when more than the own membrane shows it.
func (r *rest) setTo(awake, asleep *unit, f form) *ir.Tensor {
	for _, s := range awake.starts {
		asleep.forms[s.delay] = s.form
	}
	to, d := asleep.form(asleep.membrane)
	if d != nil || len(to.without(func(m monomial) bool { return m == monomial{} })) > 0 || kills(f) || awake.mirrored || awake.refired {
		return nil
	}
	number := canonical.OrZero(to.of(monomial{}))
	if fires := canonical.Combine(number, awake.threshold, below); !canonical.All(fires, 1) {
		return nil
	}
	asleep.forms[r.fire] = nil
	if !r.silences(awake) || !r.keeps(asleep, awake.starts, to) {
		return nil
	}
	return number
}

// below is 1 where a number is less than another.
func below(a, b float64) float64 { return bitOf(a < b) }

// setsTo makes the reset one to the number that the membrane is set to where it rests.
func (f *neuronForm) setsTo(number *ir.Tensor) {
	a := &f.attrs
	if a.When == ir.WhenBoth {
		return // refused
	}
	a.Reset, a.When, f.reset = ir.ResetValue, ir.WhenFire, number
	if canonical.All(number, 0) {
		a.Reset, f.reset = ir.ResetZero, nil
	}
}
