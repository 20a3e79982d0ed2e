package integers

import (
	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/rounding"
)

// bias gives a layer its bias operand, or notes it as an offset.
//
// The error of rounded weights at the pixel that stands for 0, or on average, is corrected here.
func (q *quantiser) bias(w *rounding.Layer) (*ir.Value, error) {
	change, err := w.BiasChange()
	if err != nil {
		return nil, err
	}
	bias := layers.Plus(w.Bias(), change)
	switch {
	case bias == nil || !layers.AnyNonZero(bias.F):
		return nil, nil
	case !q.keepsBias(w.Value):
		q.offsets[w.Value] = bias
		return nil, nil
	}
	units := layers.Divide(bias, w.Scale.Data)
	q.loses(w.Value, ir.OfBias, layers.Compact(roundedOff(units, w.Scale.Data)))
	return q.integers(w.Name+".bias", w.BiasOperand(units))
}

// keepsBias reports whether a layer keeps its own bias: where it is read out, and
// where its units are fine, that is where it is added to no finer ones and no
// neuron behind it has guard bits.
func (q *quantiser) keepsBias(v *ir.Value) bool {
	if v.Clock == ir.End {
		return true
	}
	for _, r := range q.readers[v] {
		_, weights := layers.AsWeighted(r)
		switch {
		case r.Op == ir.OpLevels:
			return false
		case r.Op == ir.OpNeuron:
			if _, guard := q.guard(r); guard > 0 {
				return false
			}
		case r.Op.Class() == ir.Element && r.Op != ir.OpMul && r.Op != ir.OpDiv && !rewrite.Everywhere(layers.Divide(scaleOf(v), scaleOf(r)), func(f float64) bool { return f < 1.5 }):
			return false
		case !weights && !q.keepsBias(r):
			return false
		}
	}
	return true
}
