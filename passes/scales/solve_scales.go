package scales

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// The bounds of guard bits and thresholds. A threshold of minThreshold units
// keeps the rounding of weights small against it; one that is no integer gets
// roundedThreshold units; one of fineThreshold needs no more guard bits than its
// bound asks for, others get the usual ones where there is room.
const (
	MaxGuard         = 16
	minThreshold     = 1 << 6
	roundedThreshold = 1 << 10
	fineThreshold    = 1 << 12
	usualGuard       = 4
)

// GuardBits is how many fraction bits the membrane of a neuron needs that loses so many units, and how many
// it gets where that leaves it 16 bits, from its thresholds and amounts in units of
// its input. The rounding of all steps, of its leaks and of the bias, and that of the
// first membrane are to stay within 2^-leakBits of the least of them; where a scale
// was placed such that they are integers, they stay so.
func GuardBits(lost float64, units []float64, placed bool) (need, wish int) {
	least := LeastMagnitude(units)
	if least == 0 {
		return usualGuard, usualGuard
	}
	if lost > 0 {
		need = min(max(0, int(math.Ceil(layers.LeakBits+math.Log2(lost/least)))), MaxGuard)
	}
	raise := func(to float64) {
		for need < MaxGuard && math.Ldexp(least, need) < to {
			need++
		}
	}
	if whole := AllIntegers(units, need); lost > 0 || !whole || !placed {
		raise(minThreshold)
	}
	if placed && !AllIntegers(units, need) {
		raise(roundedThreshold)
	}
	if wish = need; lost > 0 && least < fineThreshold {
		wish = max(need, usualGuard)
	}
	for exact := need; placed && exact <= wish; exact++ {
		if AllIntegers(units, exact) {
			return exact, wish
		}
	}
	return need, wish
}

// AllIntegers reports whether each unit divides 1, with so many guard bits.
func AllIntegers(units []float64, guard int) bool {
	for _, u := range units {
		if _, exact := layers.Snapped(math.Ldexp(u, guard)); !exact {
			return false
		}
	}
	return true
}

// WholeSlots are the operands of a neuron that are to be whole in units of its membrane.
var WholeSlots = []int{ir.NeuronThreshold, ir.NeuronReset, ir.NeuronJump}

// sinkUnits are the thresholds and amounts of a sink in units of its class's scales.
func (s *scaler) sinkUnits(k *sink, scale func(root int) float64) []float64 {
	var out []float64
	for _, c := range k.numbers {
		shape, _ := ir.Broadcast(k.gauge.shape, c.Type.Shape)
		g := k.gauge.stretch(shape)
		for i, f := range rewrite.Stretched(c, shape) {
			root, w := s.classes.root(g.id[i])
			out = append(out, f/(scale(root)*w*g.ratio[i]*s.shiftOf(g, i)))
		}
	}
	return out
}

// units are the scales of a gauge's elements.
func (s *scaler) units(g gauge) []float64 {
	out := make([]float64, len(g.id))
	for i, id := range g.id {
		root, w := s.classes.root(id)
		out[i] = s.scale[root] * w * g.ratio[i] * s.shiftOf(g, i)
	}
	return out
}

// commonUnit is the largest unit of which numbers are whole multiples, of at most
// the limit, as exactly as float32 tells; 0 when there is none.
func commonUnit(numbers []float64, limit float64) float64 {
	most := 0.0
	for _, f := range numbers {
		most = max(most, math.Abs(f))
	}
	for n := 1.0; n <= limit && most > 0; n++ {
		if unit, ok := unitOf(numbers, most/n); ok {
			return unit
		}
	}
	return 0
}

// unitOf is the unit near a guess that fits numbers best, if they are multiples of
// it; the guess itself, where it is as exact as float64.
func unitOf(numbers []float64, guess float64) (float64, bool) {
	over, under, exact := 0.0, 0.0, true
	for _, f := range numbers {
		k := math.Round(f / guess)
		exact = exact && math.Abs(f/guess-k) <= 1e-15*math.Abs(k)
		if math.Abs(f/guess-k) > 2*wholeError*math.Abs(k) {
			return 0, false
		}
		over, under = over+float64(f*k), under+float64(k*k)
	}
	if exact {
		return guess, true
	}
	unit := over / under
	for _, f := range numbers {
		if !IsWhole(f / unit) {
			return 0, false
		}
	}
	return unit, true
}
