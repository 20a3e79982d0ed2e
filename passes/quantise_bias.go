package passes

import "nomul/ir"

// bias gives a layer its bias operand, or notes it as an offset.
//
// What rounding the weights changes at the pixel that stands for 0 is put right
// here, so that it acts on differences from that pixel only (R11).
func (q *quantiser) bias(w weighted, rounded *ir.Tensor, scale []float64, zero *ir.Tensor) (*ir.Value, error) {
	bias := w.bias()
	if zero != nil {
		lost := ir.NewTensor(w.w.Type)
		for i, f := range w.w.F {
			lost.F[i] = f - float64(float64(rounded.I[i])*scale[i/w.row()])
		}
		change, err := w.response(lost, zero)
		if err != nil {
			return nil, err
		}
		if bias == nil {
			bias = change
		} else {
			bias = plus(bias, change)
		}
	}
	switch {
	case bias == nil || !anyNonZero(bias.F):
		return nil, nil
	case !q.keepsBias(w.Value):
		q.offsets[w.Value] = bias
		return nil, nil
	}
	units := divide(bias, w.Scale.Data)
	q.loses(w.Value, ir.OfBias, compact(roundedOff(units, w.Scale.Data)))
	return q.integers(w.Name+".bias", w.biasOperand(units))
}

// keepsBias tells whether a layer keeps its own bias: where it is read out, and
// where its units are fine, that is where it is added to no finer ones and no
// neuron behind it has guard bits.
func (q *quantiser) keepsBias(v *ir.Value) bool {
	if v.Clock == ir.End {
		return true
	}
	for _, r := range q.readers[v] {
		_, weights := asWeighted(r)
		switch {
		case r.Op == ir.OpNeuron:
			if _, guard := q.guard(r); guard > 0 {
				return false
			}
		case joins[r.Op] && !everywhere(divide(scaleOf(v), scaleOf(r)), func(f float64) bool { return f < 1.5 }):
			return false
		case !weights && !q.keepsBias(r):
			return false
		}
	}
	return true
}

// joins are the ops that bring operands into one unit.
var joins = map[ir.Op]bool{ir.OpAdd: true, ir.OpSub: true, ir.OpMin: true, ir.OpMax: true, ir.OpWhere: true}

// zeroPixels is the pixel that stands for 0, per element, where x is an input
// with a normalisation, at most moved; else nil. Padding is no pixel.
func zeroPixels(x *ir.Value) *ir.Tensor {
	if x.Op == ir.OpInput {
		if a := x.Attrs.(ir.InputAttrs); a.Mean == nil && a.Std == nil && a.Scale == nil {
			return nil
		}
		gain, shift := normalisation(x)
		return spreadTo(divide(times(shift, constant(-1, shift.Type.Shape)), gain), x.Type.Shape)
	}
	if !movesOnly[x.Op] {
		return nil
	}
	zero := zeroPixels(x.Args[0])
	if zero == nil {
		return nil
	}
	moved, err := compute(x.Op, x.Attrs, zero)
	if err != nil {
		return nil
	}
	return moved
}

// movesOnly are the ops of one operand whose result has its elements, and zeros.
var movesOnly = map[ir.Op]bool{ir.OpReshape: true, ir.OpTranspose: true, ir.OpSlice: true, ir.OpBroadcast: true, ir.OpPad: true}
