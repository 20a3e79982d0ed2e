package raise

import (
	"math"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// OfSpikes reports whether comparisons alone decide a value.
func OfSpikes(v *ir.Value) bool {
	return canonical.DecidedBy(v, func(x *ir.Value) (fires, fits bool) { return x.Op == ir.OpCompare || x.Op == ir.OpDelay, true })
}

// symbols are comparisons as people write them.
var symbols = map[ir.Compare]string{ir.GE: "≥", ir.GT: ">", ir.LE: "≤", ir.LT: "<", ir.EQ: "=", ir.NE: "≠"}

// turnedRound are comparisons with their operands exchanged.
var turnedRound = map[ir.Compare]ir.Compare{ir.GE: ir.LE, ir.GT: ir.LT, ir.LE: ir.GE, ir.LT: ir.GT, ir.EQ: ir.EQ, ir.NE: ir.NE}

// ShownComparison is a comparison without its membrane: > 1.
func ShownComparison(v *ir.Value) string {
	is, threshold := canonical.Comparison(v), v.Args[1].Const()
	if threshold == nil {
		is, threshold = turnedRound[is], v.Args[0].Const()
	}
	if threshold == nil {
		return symbols[is]
	}
	return symbols[is] + " " + Shown(threshold)
}

// resetTo is the value c/β that a reset sets membranes to. Where a leak of 0 leaves
// nothing of it any value is right: that of the other neurons, where they have one. Nil
// when a spike adds something there.
func resetTo(c, beta *ir.Tensor) *ir.Tensor {
	of := canonical.Ratio(c, beta)
	var kept []float64
	for _, f := range of.F {
		switch {
		case math.IsInf(f, 0):
			return nil
		case !math.IsNaN(f):
			kept = append(kept, f)
		}
	}
	return canonical.Combine(of, rewrite.Scalar(0), func(f, _ float64) float64 {
		if math.IsNaN(f) {
			return kept[0]
		}
		return f
	})
}

// OnlyCurrent is the help for a second state of a neuron.
const OnlyCurrent = "leave that state out, or let it be a current that drives the membrane: i = a*i + x, h = b*h + i"
