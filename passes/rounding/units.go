package rounding

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

const (
	// fewBits is the width below which weights of a row are told best in units in which the largest do not fit:
	// they are cut, and the many small ones are told more finely.
	fewBits = 8
	// searchColumns bounds the rows whose units are chosen by error feedback: in longer ones the weights
	// make good one another's errors in any unit, and trying takes long.
	searchColumns = 512
	// unitParts is how many parts of the unit in which a row fits are told apart, and coarseParts how many of them
	// are a step where each trial is error feedback.
	unitParts, coarseParts = 128, 4
)

// FewBits are the rows of a layer whose weights have few bits, and the loss that rounding is in a unit.
type FewBits struct {
	layers.Weighted
	limit    int64
	feedback []*feedback // by group of channels; nil where the loss is the sum of squares
}

// Few returns the rows of layers whose weights were asked to have few bits. With calibration samples their losses are
// those on their operands in the network of real numbers.
func Few(n *ir.Net, o *rewrite.Options, widths map[*ir.Value]int) (map[*ir.Value]*FewBits, error) {
	out := map[*ir.Value]*FewBits{}
	if !o.Weights.Said() {
		return out, nil
	}
	var short []layers.Weighted
	for _, v := range n.Values {
		w, ok := layers.AsWeighted(v)
		if !ok || widths[v] >= fewBits {
			continue
		}
		out[v] = &FewBits{Weighted: w, limit: LimitOf(widths[v])}
		if w.Row() <= searchColumns && !w.Args[0].Type.IsReal() {
			short = append(short, w)
		}
	}
	if o.Samples == nil || len(short) == 0 {
		return out, nil
	}
	meters, err := measured(n, o, short, themselves(n))
	if err != nil {
		return nil, err
	}
	for _, m := range meters {
		few := out[m.Value]
		for _, blocks := range m.groups {
			few.feedback = append(few.feedback, newFeedback(blocks[0].covariance(), m.Row()))
		}
	}
	return out, nil
}

// Finest returns for each row the unit, not above that in which all its weights fit, in which rounding and cutting
// them loses least.
func (f *FewBits) Finest() []float64 {
	out, step := f.RowMax(), 1
	if f.feedback != nil {
		step = coarseParts
	}
	eachRow(len(out), func(k int) {
		fits := out[k] / float64(f.limit)
		best, least := fits, math.Inf(1)
		for i := unitParts; i > unitParts/8; i -= step {
			unit := fits * float64(i) / unitParts
			if lost := f.Loss(k, unit); lost < least {
				best, least = unit, lost
			}
		}
		out[k] = best
	})
	return out
}

// Loss is the rounding and cutting of a row in a unit loses: the variance of its result's error, or
// without samples the sum of the weights' squared errors.
func (f *FewBits) Loss(row int, unit float64) float64 {
	weights := f.Weights.F[row*f.Row():][:f.Row()]
	if !(unit > 0) {
		return 0
	}
	if f.feedback == nil {
		return squaredLoss(weights, unit, float64(f.limit))
	}
	return unit * unit * f.feedback[row/(f.Outputs()/f.Groups())].loss(weights, unit, f.limit)
}

// squaredLoss is the sum of squared errors of weights that are rounded in a unit, each by itself.
func squaredLoss(weights []float64, unit, limit float64) float64 {
	lost := 0.0
	for _, f := range weights {
		e := f - unit*math.Round(max(-limit, min(limit, f/unit)))
		lost += float64(e * e)
	}
	return lost
}

// loss is the cost of the errors of a row of weights in units of a scale, in its square.
func (f *feedback) loss(weights []float64, scale float64, limit int64) float64 {
	dst, exact := make([]int64, f.size), make([]float64, f.size)
	for i, w := range weights {
		exact[i] = w / scale
	}
	f.round(dst, exact, limit)
	for i, k := range dst {
		exact[i] -= float64(k)
	}
	return variance(f.cost, exact)
}
