package scales

import (
	"math"
)

// askConverted sets the units of conversions: fine beside the units they are made from,
// and beside the thresholds that read them; of integers among weights, only the latter.
func (s *scaler) askConverted(classes []asked) {
	thresholds := s.thresholds(preciseFor)
	for _, src := range s.sources {
		if src.from != nil {
			s.askNatural(classes, src)
		}
		for i, id := range src.gauge.id {
			root, w := s.classes.root(id)
			if th := thresholds[root]; src.read && th > 0 {
				if fine := th * w * src.gauge.ratio[i]; src.least[i] == 0 || fine < src.least[i] {
					src.least[i] = fine
				}
			}
		}
	}
}

// askNatural sets units in which a conversion loses little of its operand: by a power of
// two, so that units which differ by powers of two lose nothing. Beside weights it sets
// none: theirs are as fine as their sum with it.
func (s *scaler) askNatural(classes []asked, src *source) {
	if s.scale == nil {
		return
	}
	units := s.units(src.from.gauge)
	for i, id := range src.gauge.id {
		src.least[i] = 0
		root, _ := s.classes.root(id)
		if classes[root].weighs {
			continue
		}
		unit := units[i]
		if from, _ := s.classes.root(src.from.gauge.id[i]); from == root {
			unit *= classes[root].own / s.scale[root] // without the unit that this asked for itself
		}
		src.least[i] = unit * max(math.Ldexp(1, -WantedBits), math.Ldexp(PowerAbove(src.from.levels)/2, -factorBits))
		if src.from.factor != nil {
			src.least[i] *= math.Abs(src.from.factor[i])
		}
	}
}
