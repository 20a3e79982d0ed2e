package scales

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
)

// LeastMagnitude is the smallest that is not 0; 0 when all are.
func LeastMagnitude(list []float64) float64 {
	out := 0.0
	for _, f := range list {
		if f = math.Abs(f); f != 0 && (out == 0 || f < out) {
			out = f
		}
	}
	return out
}

// RoundsBy is less than how many units a leak rounds off.
func RoundsBy(l ir.Leak) float64 {
	switch l.Kind {
	case ir.LeakShift, ir.LeakDecay, ir.LeakCSD:
		return 1 - math.Ldexp(1, -l.K)
	}
	return 0
}

// Impulses are the numbers that are added in each step to a neuron's input, to its
// membrane, and to its membrane and its current as they leak.
type Impulses struct{ Input, Bias, Leak, Current float64 }

// Leaks are the factors of a membrane, of its current, and of the growth of its threshold.
type Leaks struct{ Membrane, Current, Growth float64 }

// ResponseOf is the largest membrane that follows, without a spike, in so many steps.
func ResponseOf(a ir.NeuronAttrs, steps int, in Impulses) float64 {
	return ResponseTo(a, Leaks{Membrane: layers.Remains(a.Leak), Current: layers.Remains(a.Current)}, steps, in)
}

// ResponseTo is that of other leaks.
func ResponseTo(a ir.NeuronAttrs, by Leaks, steps int, in Impulses) float64 {
	keeps, wanes := by.Membrane, by.Current
	v, i := 0.0, 0.0
	for step := range steps {
		before := v
		v = v*keeps + in.Leak + in.Bias
		switch {
		case a.Current.Kind == 0:
			v += in.Input
		case a.Order == ir.OrderAfter:
			v += i + in.Input
			i = (i+in.Input)*wanes + in.Current
		case a.Order == ir.OrderLate:
			v += i
			i = i*wanes + in.Current + in.Input
		default:
			i = i*wanes + in.Current + in.Input
			v += i
		}
		if step > 1 && v == before {
			break
		}
	}
	return v
}

// biased reports whether the sum of a neuron has a term that need not be whole in the
// units of its input: a bias, or half a unit behind a conversion.
func biased(v *ir.Value) bool { return v.Args[ir.NeuronBias] != nil || addsBias(v.Args[ir.NeuronX]) }
