package passes

import (
	"math"
	"slices"

	"nomul/ir"
)

// neighbours is how many inputs of a linear layer that follow one another are
// taken to be alike: a few pixels of a line.
const neighbours = 8

// rounded is W/s rounded to integers, with one scale per output, such that the
// errors of each kernel (the weights from one input channel to one output) add
// up to at most half a unit; in a linear layer, those of each run of neighbours. Neighbouring pixels and spikes are alike, so that
// what acts on them together is the sum of the errors; rounded each by itself
// it would grow with the root of the kernel. The weights that are moved to the
// other side are those nearest to the middle.
func (w weighted) rounded(scale []float64) *ir.Tensor {
	out := &ir.Tensor{Type: ir.SintType(64, w.w.Type.Shape), I: make([]int64, len(w.w.F))}
	kernel := w.taps
	if w.Op == ir.OpLinear {
		kernel = neighbours
	}
	for output := range w.outputs() {
		row, dst := w.w.F[output*w.row():][:w.row()], out.I[output*w.row():][:w.row()]
		for at := 0; at < len(row); at += kernel {
			run := row[at:min(at+kernel, len(row))]
			exact := make([]float64, len(run))
			for i, f := range run {
				exact[i] = f / scale[output]
			}
			roundTogether(dst[at:at+len(run)], exact)
		}
	}
	return out
}

// lost is how far rounded weights are off at most, per output, over all operands in
// a range, and zeros where padding is; behind the correction of the bias, measured from the
// pixels that stand for 0 (nil for none).
func (w weighted) lost(rounded *ir.Tensor, scale []float64, x ir.Range, zero *ir.Tensor) *ir.Tensor {
	lo, hi := float64(x.Lo), float64(x.Hi)
	if zero != nil {
		least, most := slices.Min(zero.F), slices.Max(zero.F)
		lo, hi = lo-most, hi-least
	}
	out, padded := make([]float64, w.outputs()), w.padded()
	for output := range out {
		up, down, s := 0.0, 0.0, scale[output]
		for i := output * w.row(); i < (output+1)*w.row(); i++ {
			miss := w.w.F[i] - float64(float64(rounded.I[i])*s)
			more, less := max(miss*lo, miss*hi), min(miss*lo, miss*hi)
			if padded[i%len(padded)] {
				more, less = max(more, 0), min(less, 0)
			}
			up += more
			down += less
		}
		out[output] = max(up, -down)
	}
	return w.perOutput(out)
}

// roundTogether rounds numbers to the nearest integers, halves away from zero,
// and then moves as many of them to their second nearest as their sum asks for.
// None is moved beyond the largest magnitude.
func roundTogether(dst []int64, exact []float64) {
	lost, most := 0.0, int64(0)
	for i, f := range exact {
		dst[i] = int64(math.Round(f))
		lost += f - float64(dst[i])
		most = max(most, dst[i], -dst[i])
	}
	step := int64(1)
	if lost < 0 {
		step = -1
	}
	order := upTo(len(exact))
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := (exact[a]-float64(dst[a]))*float64(step), (exact[b]-float64(dst[b]))*float64(step)
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	moves := int(math.Ceil(math.Abs(lost) - 0.5))
	for _, i := range order {
		if moves == 0 || (exact[i]-float64(dst[i]))*float64(step) <= 0 {
			return
		}
		if moved := dst[i] + step; moved <= most && -moved <= most {
			dst[i] = moved
			moves--
		}
	}
}
