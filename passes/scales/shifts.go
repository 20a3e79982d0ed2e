package scales

import (
	"math"
	"slices"
)

// rowBits is how many powers of two the shift of a row may be more than it asks for itself, before it gets one of
// its own: rows of one shift cost less.
const rowBits = 3

// chooseShifts finds how many powers of two coarser a layer is than the finest that
// it is added to, on average over its channels, and at least as many as make the
// units fine enough for the sources without weights.
func (s *scaler) chooseShifts(classes []asked) {
	sum, count, wanted := map[*source]float64{}, map[*source]float64{}, map[*source]float64{}
	s.eachEntry(func(src *source, i, root int, w float64) {
		c := classes[root]
		switch {
		case src.free:
		case c.whole > 0 && c.meets && c.free > 0:
			wanted[src] = max(wanted[src], math.Ceil(math.Log2(c.whole/float64(c.parts)/c.free)))
		case c.whole <= 0:
			sum[src] += max(0, math.Log2(src.least[i]/w/c.least))
			count[src]++
			if c.free > 0 {
				wanted[src] = max(wanted[src], math.Ceil(math.Log2(src.least[i]/w/c.free)))
			}
		}
	})
	for _, src := range s.sources {
		src.shift = int(max(math.Round(sum[src]/max(count[src], 1)), wanted[src]))
	}
	s.shiftRows(classes)
}

// shiftRows makes the shifts of rows less that ask for far less than their layers have, where words read a sum with
// them: one small channel would make the sums of all others too wide. A class with several rows of a layer has
// the layer's shift.
func (s *scaler) shiftRows(classes []asked) {
	less, rows := map[int]int{}, map[*source]map[int]bool{}
	s.eachEntry(func(src *source, i, root int, w float64) {
		if src.free {
			return
		}
		c, spare := classes[root], 0
		if c.usable > 0 && c.whole <= 0 && !rows[src][root] {
			finest := c.least
			if c.free > 0 {
				finest = min(finest, c.free)
			}
			spare = src.shift - int(math.Ceil(max(0, math.Log2(src.least[i]/w/finest))))
		}
		if old, ok := less[root]; !ok || spare < old {
			less[root] = spare
		}
		if rows[src] == nil {
			rows[src] = map[int]bool{}
		}
		rows[src][root] = true
	})
	s.less = map[int]int{}
	s.eachEntry(func(src *source, i, root int, _ float64) {
		if !src.free && less[root] > rowBits {
			s.less[src.gauge.id[i]] = less[root]
		}
	})
}

// shiftAt is the free power of two of a row of a source.
func (s *scaler) shiftAt(src *source, i int) int { return src.shift - s.less[src.gauge.id[i]] }

// shiftOf is that of an entry of a gauge, as a factor.
func (s *scaler) shiftOf(g gauge, i int) float64 {
	if g.source < 0 {
		return 1
	}
	return math.Ldexp(1, s.sources[g.source].shift-s.less[g.id[i]])
}

// findUsable finds, where weights are added to other numbers, the units beyond which words of the sum tell nothing.
// Weights of a thousandth of the others' would make the sum too wide, and a factor of a thousandth all rows of
// the layer that it is added to.
func (s *scaler) findUsable(classes []asked) {
	first, joined := map[int]*source{}, map[int]bool{}
	s.eachEntry(func(src *source, _, root int, _ float64) {
		if first[root] == nil {
			first[root] = src
		}
		joined[root] = joined[root] || first[root] != src
	})
	for root, apart := range s.toldApart() {
		if classes[root].weighs && joined[root] {
			classes[root].usable = math.Ldexp(apart, -PreciseBits)
		}
	}
}

// toldApart are the distances of thresholds by class, also of words that read its conversions.
func (s *scaler) toldApart() []float64 {
	out := s.distances()
	for _, src := range slices.Backward(s.sources) {
		if src.from == nil {
			continue
		}
		for i, id := range src.gauge.id {
			to, w := s.classes.root(id)
			apart := out[to] * w * src.gauge.ratio[i]
			if src.from.factor != nil {
				apart /= math.Abs(src.from.factor[i])
			}
			from, w := s.classes.root(src.from.gauge.id[i])
			if apart /= w * src.from.gauge.ratio[i]; apart > 0 && !math.IsInf(apart, 1) && (out[from] == 0 || apart < out[from]) {
				out[from] = apart
			}
		}
	}
	return out
}

// The bits that units of factors and of weights may be finer than readers tell: the rounding of weights adds up.
const (
	factorSpare = 3
	weightSpare = 5
)

// bound makes units as coarse as readers tell, of weights with room for the sum of their roundings.
func (c *asked) bound() {
	if c.free > 0 {
		c.free = max(c.free, math.Ldexp(c.usable, -factorSpare))
	}
	if c.least > 0 {
		c.least = max(c.least, math.Ldexp(c.usable, -weightSpare))
	}
}
