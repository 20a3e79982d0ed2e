package integers

import (
	"math"
	"math/bits"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// levels brings thresholds into units of 2^-guard of the numbers that reach them. The distance of
// two is an integer by the choice of units, so that rounding the first one up changes no number:
// n ≥ f + k·s is n ≥ ⌈f⌉ + k·s for integers n and s. What the layers before still have to add, their
// offset, is taken off the first.
func (q *quantiser) levels(v *ir.Value) (*ir.Value, error) {
	a, x := v.Attrs.(ir.LevelsAttrs), v.Args[0]
	unit, first, step := scaleOf(x), rewrite.Reals(v.Args[1].Const()), rewrite.Reals(v.Args[2].Const())
	if off := q.offsets[x]; off != nil {
		first = layers.Plus(first, layers.Times(off, rewrite.Scalar(-1)))
	}
	if err := q.precise(v, q.off[x], step, "its numbers may be off by %.3g, and its thresholds are %.3g apart"); err != nil {
		return nil, err
	}
	n := q.r.Of(x)
	guard := q.levelGuard(v, n.Range, inUnits(step, unit, 0))
	if err := apart(v, inUnits(step, unit, guard)); err != nil {
		return nil, err
	}
	if guard > 0 {
		var err error
		if n, err = q.r.Add(ir.OpShl, q.r.Unique(x.Name+".shl"), ir.ShlAttrs{K: guard}, n); err != nil {
			return nil, err
		}
	}
	reach := float64(scales.LargestMagnitude(n.Range) + 1)
	steps := rewrite.Zip(roundedAll(inUnits(step, unit, guard)), rewrite.Scalar(1), math.Max)
	firsts := rewrite.Zip(wholeThreshold(inUnits(first, unit, guard), ir.GE), steps, func(f, step float64) float64 {
		return min(max(f, -reach-float64(float64(a.Count)*step)), reach) // further down, all are reached
	})
	args := []*ir.Value{n}
	for i, t := range []*ir.Tensor{firsts, steps} {
		c, err := q.integers(v.Name+"."+v.Op.Operands()[1+i].Name, operandShape(t, x.Type.Shape))
		if err != nil {
			return nil, err
		}
		args = append(args, c)
	}
	return q.r.CopyWith(v, a, args...)
}

// apart refuses thresholds whose distance, in units, is so little that rounding changes it by more
// than 2^-CoarsestBits: by as much all words are off.
func apart(v *ir.Value, steps *ir.Tensor) error {
	for _, units := range steps.F {
		if math.Abs(math.Max(math.Round(units), 1)-units) > math.Ldexp(units, -scales.CoarsestBits) {
			return rewrite.Refuse(v, diag.NotExact, "its thresholds are %.3g units apart, and within %d bits there is no room for finer units", units, engineBits).
				WithHelp("fewer bits of words (--activations) have thresholds further apart")
		}
	}
	return nil
}

// levelGuard is the least number of guard bits at which distances of thresholds, in units, are
// integers; where there is none within the bits of engines, as many as keep the last threshold
// within a quarter of a distance, or as there is room for, which is told.
func (q *quantiser) levelGuard(v *ir.Value, x ir.Range, steps *ir.Tensor) int {
	count := v.Attrs.(ir.LevelsAttrs).Count
	wide := max(bits.Len64(uint64(scales.LargestMagnitude(x))), bits.Len64(uint64(scales.Greatest(steps)))+bits.Len(uint(count)))
	room := max(engineBits-2-wide, 0)
	for guard := range room + 1 {
		if scales.AllIntegers(steps.F, guard) {
			return guard
		}
	}
	need := max(0, int(math.Ceil(math.Log2(2*float64(count)/scales.LeastMagnitude(steps.F)))))
	if need > room {
		q.options.Remark(v, "its numbers are wide, so the distances of its thresholds are rounded to %d guard bits, not %d", room, need)
	}
	return min(need, room)
}
