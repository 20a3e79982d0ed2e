package integers

import (
	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// bias gives a layer its bias operand, or notes it as an offset.
//
// The error of rounded weights at the pixel that stands for 0 is corrected
// here, so that it acts on differences from that pixel only (R11).
func (q *quantiser) bias(w layers.Weighted, rounded *ir.Tensor, scale []float64, zero *ir.Tensor) (*ir.Value, error) {
	bias := w.Bias()
	if zero != nil {
		lost := ir.NewTensor(w.Weights.Type)
		for i, f := range w.Weights.F {
			lost.F[i] = f - float64(float64(rounded.I[i])*scale[i/w.Row()])
		}
		change, err := w.Response(lost, zero)
		if err != nil {
			return nil, err
		}
		if bias == nil {
			bias = change
		} else {
			bias = layers.Plus(bias, change)
		}
	}
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

// zeroPixels is the pixel that stands for 0, per element, where x is an input
// with a normalisation, at most moved; else nil. Padding is no pixel.
func zeroPixels(x *ir.Value) *ir.Tensor {
	if x.Op == ir.OpInput {
		if a := x.Attrs.(ir.InputAttrs); a.Mean == nil && a.Std == nil && a.Scale == nil {
			return nil
		}
		gain, shift := layers.Normalisation(x)
		return layers.SpreadTo(layers.Divide(layers.Times(shift, layers.Constant(-1, shift.Type.Shape)), gain), x.Type.Shape)
	}
	if !layers.MovesOnly(x.Op) {
		return nil
	}
	zero := zeroPixels(x.Args[0])
	if zero == nil {
		return nil
	}
	moved, err := rewrite.Compute(x.Op, x.Attrs, zero)
	if err != nil {
		return nil
	}
	return moved
}
