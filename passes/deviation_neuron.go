package passes

import (
	"math"

	"nomul/ir"
)

// membraneOff states how far the membrane of a neuron is off: by the deviation of its
// input, by the rounding of its constants, given in units of the membrane, and by its
// leaks: their rounding in each step, and the factors that N/2^K misses. Resets to a value only make it less. With
// when=both the reset looks at the membrane, not at a spike, so none is stated.
func (q *quantiser) membraneOff(v, out *ir.Value, guard int, units, rounded [ir.NeuronLeak]*ir.Tensor) error {
	a, x := v.Attrs.(ir.NeuronAttrs), v.Args[ir.NeuronX]
	if a.When == ir.WhenBoth {
		return nil
	}
	unit := times(q.inputScale(v), constant(math.Ldexp(1, -guard), ir.Shape{}))
	by := func(f float64) *ir.Tensor { return constant(f, ir.Shape{}) }
	response := func(in impulses) *ir.Tensor { return by(responseTo(a, realLeaks(v), q.steps, in)) }
	d := q.off[x].plus(q.off[v]).scaled(response(impulses{input: 1}))
	add := func(cause ir.Cause, t *ir.Tensor) {
		if anyNonZero(t.F) {
			d = d.plus(deviation{cause: magnitude(t)})
		}
	}
	if r := rounded[ir.NeuronBias]; r != nil {
		u := units[ir.NeuronBias]
		if u == nil {
			u = by(0)
		}
		add(ir.OfBias, times(times(plus(u, times(roundedAll(r), by(-1))), unit), response(impulses{bias: 1})))
	}
	if off := q.offsets[x]; off != nil && a.Current.Kind != 0 {
		add(ir.OfBias, times(roundedOff(divide(off, unit), unit), response(impulses{input: 1})))
	}
	if u := units[ir.NeuronReset]; u != nil {
		each := by(1)
		if a.Reset == ir.ResetSubtract {
			each = response(impulses{bias: 1})
		}
		add(ir.OfReset, times(roundedOff(u, unit), each))
	}
	if u := units[ir.NeuronInit]; u != nil {
		add(ir.OfReset, roundedOff(u, unit))
	}
	add(ir.OfLeak, times(unit, response(impulses{leak: roundsBy(a.Leak), current: roundsBy(a.Current)})))
	add(ir.OfLeak, q.missedByLeaks(v, out, unit))
	if lost := lostOfGrowth(a, realLeaks(v).growth, q.steps); lost > 0 { // the membrane less that
		add(ir.OfLeak, times(unit, by(lost*q.seenGrowth(a, realLeaks(v)))))
	}
	delete(q.off, v) // spikes are given, and a silent neuron's result is its membrane
	if a.Silent {
		q.off[v] = d
	}
	if q.options.Bound != nil {
		q.stateMembrane(v, out, unit, d)
	}
	if th := v.Args[ir.NeuronThreshold].Const(); th != nil {
		return q.precise(v, d, th, "its membrane may be off by %.3g, and its threshold is %.3g")
	}
	return nil
}

func (q *quantiser) stateMembrane(v, out *ir.Value, unit *ir.Tensor, d deviation) {
	a := v.Attrs.(ir.NeuronAttrs)
	b := &ir.Bound{Real: v.Name, Fixed: out.Name, Membrane: !a.Silent, Unit: unit, Offset: constant(0, ir.Shape{})}
	if !a.Silent {
		b.Against = leastMagnitude(v.Args[ir.NeuronThreshold].Const().F)
	}
	q.tellBound(b, d)
}

// leastMagnitude is the smallest that is not 0; 0 when all are.
func leastMagnitude(list []float64) float64 {
	out := 0.0
	for _, f := range list {
		if f = math.Abs(f); f != 0 && (out == 0 || f < out) {
			out = f
		}
	}
	return out
}

// roundsBy is less than how many units a leak rounds off.
func roundsBy(l ir.Leak) float64 {
	switch l.Kind {
	case ir.LeakShift, ir.LeakDecay, ir.LeakCSD:
		return 1 - math.Ldexp(1, -l.K)
	}
	return 0
}

// impulses are the numbers that are added in each step to a neuron's input, to its
// membrane, and to its membrane and its current as they leak.
type impulses struct{ input, bias, leak, current float64 }

// leaks are the factors of a membrane, of its current, and of what its threshold has grown by.
type leaks struct{ membrane, current, growth float64 }

// responseOf is the largest membrane that follows, without a spike, in so many steps.
func responseOf(a ir.NeuronAttrs, steps int, in impulses) float64 {
	return responseTo(a, leaks{membrane: remains(a.Leak), current: remains(a.Current)}, steps, in)
}

// responseTo is that of other leaks.
func responseTo(a ir.NeuronAttrs, by leaks, steps int, in impulses) float64 {
	keeps, wanes := by.membrane, by.current
	v, i := 0.0, 0.0
	for step := range steps {
		before := v
		v = v*keeps + in.leak + in.bias
		switch {
		case a.Current.Kind == 0:
			v += in.input
		case a.Order == ir.OrderAfter:
			v += i + in.input
			i = (i+in.input)*wanes + in.current
		case a.Order == ir.OrderLate:
			v += i
			i = i*wanes + in.current + in.input
		default:
			i = i*wanes + in.current + in.input
			v += i
		}
		if step > 1 && v == before {
			break
		}
	}
	return v
}
