package rounding

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// neighbours is how many inputs of a linear layer that follow one another are
// taken to be alike: a few pixels of a line.
const neighbours = 8

// Plain is W/s rounded to integers of at most a magnitude, with one scale per output, such that the errors of each
// kernel (the weights from one input channel to one output) add up to at most half a unit; in a
// linear layer, those of each run of neighbours. Neighbouring pixels and spikes are alike, so that
// the sum of the errors acts on them together; rounded each by itself it would grow with the root
// of the kernel. The weights that are moved to the other side are those nearest to the middle.
func Plain(w layers.Weighted, scale []float64, limit int64) *ir.Tensor {
	out := &ir.Tensor{Type: ir.SintType(64, w.Weights.Type.Shape), I: make([]int64, len(w.Weights.F))}
	kernel := w.Taps
	if w.Op == ir.OpLinear {
		kernel = neighbours
	}
	for output := range w.Outputs() {
		row, dst := w.Weights.F[output*w.Row():][:w.Row()], out.I[output*w.Row():][:w.Row()]
		for at := 0; at < len(row); at += kernel {
			run := row[at:min(at+kernel, len(row))]
			exact := make([]float64, len(run))
			for i, f := range run {
				exact[i] = max(-float64(limit), min(float64(limit), f/scale[output]))
			}
			RoundTogether(dst[at:at+len(run)], exact)
		}
	}
	return out
}

// RoundTogether rounds numbers to the nearest integers, halves away from zero,
// and then moves as many of them to their second nearest as their sum asks for.
// None is moved beyond the largest magnitude.
func RoundTogether(dst []int64, exact []float64) {
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
	order := rewrite.UpTo(len(exact))
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
