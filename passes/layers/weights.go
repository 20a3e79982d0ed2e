package layers

import (
	"math"
	"slices"

	"nomul/ir"
)

// MovesOnly reports whether the result of an op of one operand has its elements, and zeros.
func MovesOnly(op ir.Op) bool {
	return op.Class() == ir.Move && op != ir.OpConcat || op == ir.OpPad
}

// Lost is how far rounded weights are off at most, per output, over all operands in
// a range, and zeros where padding is; behind the correction of the bias, measured from the
// pixels that stand for 0 (nil for none).
func (w Weighted) Lost(rounded *ir.Tensor, scale []float64, x ir.Range, zero *ir.Tensor) *ir.Tensor {
	lo, hi := float64(x.Lo), float64(x.Hi)
	if zero != nil {
		least, most := slices.Min(zero.F), slices.Max(zero.F)
		lo, hi = lo-most, hi-least
	}
	out, padded := make([]float64, w.Outputs()), w.padded()
	for output := range out {
		up, down, s := 0.0, 0.0, scale[output]
		for i := output * w.Row(); i < (output+1)*w.Row(); i++ {
			miss := w.Weights.F[i] - float64(float64(rounded.I[i])*s)
			more, less := max(miss*lo, miss*hi), min(miss*lo, miss*hi)
			if padded[i%len(padded)] {
				more, less = max(more, 0), min(less, 0)
			}
			up += more
			down += less
		}
		out[output] = max(up, -down)
	}
	return w.PerOutput(out)
}

// WeightBits is the default width of quantised weights.
const WeightBits = 8

// Snapped is the integer that a number is but for the rounding of float64.
func Snapped(f float64) (float64, bool) {
	r := math.Round(f)
	return r, math.Abs(f-r) <= 1e-9*math.Abs(f)
}
