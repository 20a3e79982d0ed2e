package scales

import (
	"math"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// partsWorth is how many times as many units as parts a threshold must have, so that whole parts make its units coarser
// by little.
const partsWorth = 32

// parts returns, by class, the fewest parts of the least threshold of which all numbers beside it are whole multiples:
// resets, jumps, and bounds of values that meet it. They meet in integers where they meet in real numbers then. It is 1
// where many parts would be needed.
func (s *scaler) parts(least, need []float64, times func(*sink, gauge, int) float64) []float64 {
	out := make([]float64, len(least))
	for i := range out {
		out[i] = 1
	}
	most := func(root int) float64 { return least[root] / need[root] / partsWorth }
	divide := func(root int, size float64) {
		for known := out[root]; least[root] > 0 && out[root] <= most(root) && !IsWhole(size/least[root]*out[root]); {
			out[root] += known
		}
	}
	for _, k := range s.sinks {
		s.eachSize(k.gauge, k.numbers, func(g gauge, i int) float64 { return times(k, g, i) }, divide)
	}
	for _, c := range s.constants {
		if c.bounds {
			s.eachSize(c.gauge, []*ir.Tensor{c.numbers}, func(g gauge, i int) float64 { return 1 / s.shiftOf(g, i) }, divide)
		}
	}
	for root, n := range out {
		if n > most(root) {
			out[root] = 1
		}
	}
	return out
}

// eachSize calls f with the magnitude of each constant but 0, in units of its class times a factor.
func (s *scaler) eachSize(of gauge, list []*ir.Tensor, times func(gauge, int) float64, f func(root int, size float64)) {
	for _, c := range list {
		shape, _ := ir.Broadcast(of.shape, c.Type.Shape)
		g := of.stretch(shape)
		for i, x := range rewrite.Stretched(c, shape) {
			if x != 0 {
				root, w := s.classes.root(g.id[i])
				f(root, math.Abs(x)/(w*g.ratio[i])*times(g, i))
			}
		}
	}
}
