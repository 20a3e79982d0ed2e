package scales

import (
	"math"

	"nomul/ir"
)

// divideSilent makes units finer in which integers are whole and weights, all of them 0, ask for
// none: distances of thresholds that read them do.
func (s *scaler) divideSilent(classes []asked) {
	apart := s.distances()
	for _, src := range s.sources {
		for i, id := range src.gauge.id {
			root, _ := s.classes.root(id)
			c := &classes[root]
			if silent := !src.free && src.least[i] == 0; silent && !c.weighs && c.whole > 0 && apart[root] > 0 {
				c.parts = max(c.parts, int(math.Ceil(math.Ldexp(c.whole, WantedBits)/apart[root])))
			}
		}
	}
}

// distances are, by class, the least of thresholds of words, in the class's own units; 0 where
// there are none.
func (s *scaler) distances() []float64 {
	out := s.thresholds(func(k *sink, g gauge, i int) float64 {
		if k.value.Op != ir.OpLevels {
			return math.Inf(1)
		}
		return 1 / s.shiftOf(g, i)
	})
	for i, d := range out {
		if math.IsInf(d, 1) {
			out[i] = 0
		}
	}
	return out
}
