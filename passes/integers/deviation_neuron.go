package integers

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/scales"
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
	unit := layers.Times(q.inputScale(v), layers.Constant(math.Ldexp(1, -guard), ir.Shape{}))
	by := func(f float64) *ir.Tensor { return layers.Constant(f, ir.Shape{}) }
	response := func(in scales.Impulses) *ir.Tensor { return by(scales.ResponseTo(a, realLeaks(v), q.steps, in)) }
	d := q.off[x].plus(q.off[v]).scaled(response(scales.Impulses{Input: 1}))
	add := func(cause ir.Cause, t *ir.Tensor) {
		if layers.AnyNonZero(t.F) {
			d = d.plus(deviation{cause: layers.Magnitude(t)})
		}
	}
	if r := rounded[ir.NeuronBias]; r != nil {
		u := units[ir.NeuronBias]
		if u == nil {
			u = by(0)
		}
		add(ir.OfBias, layers.Times(layers.Times(layers.Plus(u, layers.Times(roundedAll(r), by(-1))), unit), response(scales.Impulses{Bias: 1})))
	}
	if off := q.offsets[x]; off != nil && a.Current.Kind != 0 {
		add(ir.OfBias, layers.Times(roundedOff(layers.Divide(off, unit), unit), response(scales.Impulses{Input: 1})))
	}
	if u := units[ir.NeuronReset]; u != nil {
		each := by(1)
		if a.Reset == ir.ResetSubtract {
			each = response(scales.Impulses{Bias: 1})
		}
		add(ir.OfReset, layers.Times(roundedOff(u, unit), each))
	}
	if u := units[ir.NeuronInit]; u != nil {
		add(ir.OfReset, roundedOff(u, unit))
	}
	add(ir.OfLeak, layers.Times(unit, response(scales.Impulses{Leak: scales.RoundsBy(a.Leak), Current: scales.RoundsBy(a.Current)})))
	add(ir.OfLeak, q.missedByLeaks(v, out, unit))
	if lost := scales.LostOfGrowth(a, realLeaks(v).Growth, q.steps); lost > 0 { // the membrane less that
		add(ir.OfLeak, layers.Times(unit, by(lost*q.seenGrowth(a, realLeaks(v)))))
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
	b := &ir.Bound{Real: v.Name, Fixed: out.Name, Membrane: !a.Silent, Unit: unit, Offset: layers.Constant(0, ir.Shape{})}
	if !a.Silent {
		b.Against = scales.LeastMagnitude(v.Args[ir.NeuronThreshold].Const().F)
	}
	q.tellBound(b, d)
}
