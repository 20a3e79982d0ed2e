package scales

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// Units that are converted into are 2^wantedBits finer than those that come out of
// it. Rounds bound how many conversions may follow one another for that.
const (
	WantedBits = 4
	maxRounds  = 8
	// spreadBits is how much finer than the largest of them asks units are for the
	// smallest: a small number beside a large one is told less finely.
	spreadBits = 8
	// wholeError is how exactly numbers are multiples of a unit: as float32 is.
	wholeError = 1e-6
)

// asked holds the bounds that the sources of a class set its unit; 0 is none.
type asked struct {
	fits   float64 // the least unit at which all weights fit, each by the power of two of its layer
	least  float64 // the least at which those of one layer do, without that
	free   float64 // the largest in which all that has no weights may be told
	whole  float64 // the unit that all numbers are whole multiples of
	parts  int     // how many units that is made of
	fine   bool    // constants are added that no parts make whole
	meets  bool    // conversions are added, which are as exact as the unit is fine
	weighs bool    // there are weights
	own    float64 // the least of all sources but conversions
	coarse float64 // the largest that a conversion asks for
	shift  int     // the largest of its layers
	usable float64 // of weights that are added to other numbers, as fine as their readers tell; 0 is any
	still  bool    // there are constants alone; distances of thresholds are whole multiples of the unit
}

// solve gives every class its unit. The unit of a conversion depends on the units it
// is made from, so all settle in as many rounds as conversions follow one another.
func (s *scaler) solve() {
	classes := s.wholeUnits()
	s.asked = classes
	for range maxRounds {
		old := s.scale
		s.askConverted(classes)
		s.askAll(classes)
		s.chooseShifts(classes)
		s.settle(classes)
		if old != nil && slices.Equal(old, s.scale) {
			return
		}
	}
}

// settle places the units, such that thresholds are integers with the guard bits
// that are wished for. A unit that grows may want another guard, and the other way
// round; it settles at once or soon.
func (s *scaler) settle(classes []asked) {
	need := s.needs(classes)
	s.guards(need, false)
	for range 8 {
		s.place(classes, need)
		if s.guards(s.scale, true) {
			break
		}
	}
}

// guards chooses the guard bits of all neurons, and reports whether none changed.
func (s *scaler) guards(scale []float64, placed bool) bool {
	settled := true
	for _, k := range s.sinks {
		units := s.sinkUnits(k, func(root int) float64 { return scale[root] })
		_, guard := GuardBits(k.lost, units, placed)
		settled = settled && guard == k.guard
		k.guard = guard
	}
	return settled
}

// eachEntry visits the entries of all sources that ask for something.
func (s *scaler) eachEntry(f func(src *source, i, root int, weight float64)) {
	for _, src := range s.sources {
		for i, least := range src.least {
			if least > 0 || src.from != nil {
				root, w := s.classes.root(src.gauge.id[i])
				f(src, i, root, w*src.gauge.ratio[i])
			}
		}
	}
}

// wholeUnits finds the classes whose numbers are whole multiples of one unit in
// which their weights fit, and where constants ask for a finer one.
func (s *scaler) wholeUnits() []asked {
	classes := make([]asked, len(s.classes.parent))
	s.askConstants()
	s.askAll(classes)
	apart := make([]bool, len(classes)) // where some numbers are multiples of no unit
	s.eachEntry(func(src *source, i, root int, _ float64) {
		c := &classes[root]
		c.weighs, c.meets = c.weighs || !src.free, c.meets || src.from != nil
		apart[root] = apart[root] || src.from == nil && src.whole[i] == 0
	})
	units := map[int][]float64{}
	s.eachEntry(func(src *source, i, root int, w float64) {
		if src.from == nil && !apart[root] {
			units[root] = append(units[root], src.whole[i]/w)
		}
	})
	for root, list := range units {
		if c := classes[root]; c.weighs || !c.meets {
			classes[root].whole = commonUnit(list, 1<<factorBits)
		}
	}
	s.eachEntry(func(src *source, i, root int, w float64) {
		if c := &classes[root]; !src.free {
			c.fits = max(c.fits, src.least[i]/w)
		}
	})
	for i := range classes {
		if c := &classes[i]; c.fits > c.whole*(1+wholeError) {
			c.whole = 0
		}
	}
	s.divideWholes(classes)
	s.divideSilent(classes)
	s.findUsable(classes)
	return classes
}

// divideWholes finds the largest fraction of each common unit in which the constants
// of its class are whole, too; where there is none, and not only neurons have them,
// the finest in which the weights fit.
func (s *scaler) divideWholes(classes []asked) {
	numbers := map[int][]float64{}
	s.eachConstant(func(c noted, f float64, root int, w float64) {
		if class := &classes[root]; class.whole > 0 {
			units := f / (w * class.whole)
			numbers[root] = append(numbers[root], units)
			class.fine = class.fine || !c.guarded && !IsWhole(units)
		}
	})
	for root := range classes {
		c := &classes[root]
		if c.parts = 1; c.whole <= 0 {
			continue
		}
		most := 1 << layers.WeightBits
		if c.fits > 0 {
			most = int(c.whole / c.fits * (1 + wholeError))
		}
		for n := 1; n <= most; n++ {
			if !slices.ContainsFunc(numbers[root], func(f float64) bool { return !IsWhole(f * float64(n)) }) {
				c.parts, c.fine = n, false
				break
			}
		}
		if c.fine {
			c.parts = most
		}
		if c.meets {
			c.parts *= most / c.parts
		}
	}
}

// eachConstant visits the numbers of all constants that are noted.
func (s *scaler) eachConstant(f func(c noted, number float64, root int, weight float64)) {
	for _, c := range s.constants {
		shape, _ := ir.Broadcast(c.gauge.shape, c.numbers.Type.Shape)
		g := c.gauge.stretch(shape)
		for i, number := range rewrite.Stretched(c.numbers, shape) {
			root, w := s.classes.root(g.id[i])
			f(c, number, root, w*g.ratio[i])
		}
	}
}

// IsWhole reports whether a number is an integer, up to rounding.
func IsWhole(f float64) bool { return math.Abs(f-math.Round(f)) <= wholeError*math.Abs(f) }

// askConstants lets constants ask for the units of classes in which there is nothing
// else: small ones beside large ones are told less finely.
func (s *scaler) askConstants() {
	known, most := map[int]bool{}, map[int]float64{}
	s.eachEntry(func(_ *source, _, root int, _ float64) { known[root] = true })
	each := func(f func(root int, units float64)) {
		s.eachConstant(func(_ noted, number float64, root int, w float64) {
			if !known[root] {
				f(root, math.Abs(number)/w)
			}
		})
	}
	each(func(root int, units float64) { most[root] = max(most[root], units) })
	each(func(root int, units float64) {
		if units > 0 {
			units = max(units, math.Ldexp(most[root], -spreadBits))
			s.ask(&source{gauge: gauge{id: []int{root}, ratio: []float64{1}, source: -1},
				least: []float64{math.Ldexp(units, -factorBits)}, whole: []float64{0}, free: true})
		}
	})
}

// askAll gathers the bounds of all sources by class.
func (s *scaler) askAll(classes []asked) {
	for i := range classes {
		classes[i].least, classes[i].free, classes[i].own, classes[i].coarse = 0, 0, 0, 0
	}
	s.eachEntry(func(src *source, i, root int, w float64) {
		c := &classes[root]
		asks := []*float64{&c.least}
		if src.free {
			asks[0] = &c.free
		}
		if src.from == nil {
			asks = append(asks, &c.own)
		}
		for _, at := range asks {
			if least := src.least[i] / w; least > 0 && (*at == 0 || least < *at) {
				*at = least
			}
		}
		if src.from != nil {
			c.coarse = max(c.coarse, src.least[i]/w)
		}
	})
	for i := range classes {
		c := &classes[i]
		if c.free = max(c.free, math.Ldexp(c.coarse, -spreadBits)); c.own > 0 && c.least == 0 {
			c.free = min(c.free, c.own)
		}
		c.bound()
	}
}

// needs returns the least unit of each class that keeps its bounds. Without a bound
// any does: the least threshold is 127 of it.
func (s *scaler) needs(classes []asked) []float64 {
	for i := range classes {
		classes[i].fits, classes[i].shift = 0, 0
	}
	s.eachEntry(func(src *source, i, root int, w float64) {
		if !src.free {
			classes[root].fits = max(classes[root].fits, math.Ldexp(src.least[i]/w, -s.shiftAt(src, i)))
		}
	})
	s.fitWhole(classes)
	thresholds := s.thresholds(func(*sink, gauge, int) float64 { return 1 })
	need, apart := make([]float64, len(classes)), s.distances()
	for root := range classes {
		c := &classes[root]
		c.still = c.free > 0 && c.whole <= 0 && c.fits == 0 && !c.meets && apart[root] > 0
		switch th := thresholds[root]; {
		case c.whole > 0:
			need[root] = math.Ldexp(c.whole/float64(c.parts), -c.shift)
		case c.fits > 0:
			need[root] = max(c.fits, math.Ldexp(c.usable, -weightSpare-c.shift))
		case c.still:
			need[root] = apart[root] / math.Ceil(apart[root]/c.free)
		case c.free > 0:
			need[root] = c.free
		case th > 0:
			need[root] = th / (1<<(layers.WeightBits-1) - 1)
		default:
			need[root] = 1
		}
	}
	return need
}

// fitWhole gives up common units in which weights do not fit, because their layer is
// shifted for the sake of other channels.
func (s *scaler) fitWhole(classes []asked) {
	s.eachEntry(func(src *source, i, root int, _ float64) {
		classes[root].shift = max(classes[root].shift, s.shiftAt(src, i))
	})
	for root := range classes {
		if c := &classes[root]; c.whole > 0 && math.Ldexp(c.whole/float64(c.parts), -c.shift)*(1+wholeError) < c.fits {
			c.whole = 0
		}
	}
}

// place chooses the units: the least that fits at which the smallest threshold
// of the class is an integer, or a power of two before an output.
func (s *scaler) place(classes []asked, need []float64) {
	s.scale = append([]float64{}, need...)
	times := func(k *sink, g gauge, i int) float64 { return math.Ldexp(1/s.shiftOf(g, i), k.guard) }
	least := s.thresholds(times)
	for root, parts := range s.parts(least, need, times) {
		c := classes[root]
		n := math.Floor(least[root]/need[root]/parts) * parts
		if c.fits == 0 {
			n = math.Ceil(least[root]/need[root]/parts) * parts
		}
		if n >= 1 && c.whole <= 0 && !c.still {
			s.scale[root] = least[root] / n
		}
	}
	for _, out := range s.powers {
		root, w := s.classes.root(out.id[0])
		w *= out.ratio[0] * s.shiftOf(out, 0)
		if c := classes[root]; c.whole <= 0 {
			s.scale[root] = PowerAbove(need[root]*w) / w
			if half := s.scale[root] / 2; c.fits == 0 && s.scale[root] > need[root] || s.tellsMore(root, half) {
				s.scale[root] = half
			}
		}
	}
}

// tellsMore reports whether a class whose weights are all of few bits loses less in a unit, although the largest are
// cut, than in twice that.
func (s *scaler) tellsMore(root int, unit float64) bool {
	finer, coarser, few := 0.0, 0.0, true
	s.eachEntry(func(src *source, i, in int, w float64) {
		if in != root || src.free {
			return
		}
		if few = few && src.few != nil; few {
			own := math.Ldexp(unit*w, s.shiftAt(src, i))
			finer, coarser = finer+src.few.Loss(i, own), coarser+src.few.Loss(i, 2*own)
		}
	})
	return few && finer < coarser
}

// preciseFor divides thresholds into units in which rounding the input of a neuron by
// half of one in every step stays within 2^-preciseBits of them.
func preciseFor(k *sink, _ gauge, _ int) float64 {
	return 1 / max(minThreshold, math.Ldexp(k.grows, PreciseBits-1))
}

// thresholds returns, by class, the least magnitude of the thresholds of its neurons, in the
// class's own units times a factor: that of layers and guard bits, where they have to be
// integers. It is 0 where there are none, or only zeros.
func (s *scaler) thresholds(times func(*sink, gauge, int) float64) []float64 {
	out := make([]float64, len(s.classes.parent))
	for _, k := range s.sinks {
		s.eachSize(k.gauge, k.limits, func(g gauge, i int) float64 { return times(k, g, i) }, func(root int, th float64) {
			if out[root] == 0 || th < out[root] {
				out[root] = th
			}
		})
	}
	return out
}

// PowerAbove is the least power of two that is not below f > 0.
func PowerAbove(f float64) float64 {
	frac, exp := math.Frexp(f)
	if frac == 0.5 {
		exp--
	}
	return math.Ldexp(1, exp)
}
