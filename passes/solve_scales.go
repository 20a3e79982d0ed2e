package passes

import (
	"math"

	"nomul/ir"
)

// weightBits is the default width of quantised weights.
const weightBits = 8

// weightLimit is the largest integer weight of a layer: the range is symmetric,
// so that a negated row has the same width.
func (o *Options) weightLimit(v *ir.Value) int64 {
	bits := weightBits
	if o.PixelBits > 0 && readsPixels(v) {
		bits = o.PixelBits
	}
	return 1<<(bits-1) - 1
}

// readsPixels tells whether a layer's operand is an input of words, at most moved.
func readsPixels(v *ir.Value) bool {
	x := v.Args[0]
	for x.Op != ir.OpInput && len(x.Args) == 1 {
		x = x.Args[0]
	}
	return x.Op == ir.OpInput && x.Type.Bits > 1
}

// The bounds of guard bits and thresholds. A threshold of minThreshold units
// keeps the rounding of bias and leak small against it; one of fineThreshold
// needs no guard bits; one that is no integer gets roundedThreshold units.
const (
	maxGuard         = 16
	minThreshold     = 1 << 6
	roundedThreshold = 1 << 10
	fineThreshold    = 1 << 12
	usualGuard       = 4
)

// guardBits is how many fraction bits a neuron's membrane gets, from its
// thresholds and amounts in units of its input.
func guardBits(a ir.NeuronAttrs, units []float64, steps int) int {
	least := math.Inf(1)
	for _, u := range units {
		if u != 0 {
			least = min(least, math.Abs(u))
		}
	}
	if math.IsInf(least, 1) {
		return usualGuard
	}
	guard := usualGuard
	if least >= fineThreshold {
		guard = 0
	}
	guard = max(guard, leakGuard(a, least, steps))
	raise := func(to float64) {
		for guard < maxGuard && math.Ldexp(least, guard) < to {
			guard++
		}
	}
	raise(minThreshold)
	if !allIntegers(units, guard) {
		raise(roundedThreshold)
	}
	return guard
}

func allIntegers(units []float64, guard int) bool {
	for _, u := range units {
		if _, exact := snapped(math.Ldexp(u, guard)); !exact {
			return false
		}
	}
	return true
}

// snapped is the integer that a number is but for the rounding of float64.
func snapped(f float64) (float64, bool) {
	r := math.Round(f)
	return r, math.Abs(f-r) <= 1e-9*math.Abs(f)
}

// units are the thresholds and amounts of a sink in units of its class's scales.
func (s *scaler) sinkUnits(k *sink, scale func(root int) float64) []float64 {
	var out []float64
	for _, slot := range []int{ir.NeuronThreshold, ir.NeuronReset} {
		c := k.value.Args[slot].Const()
		if c == nil {
			continue
		}
		shape, _ := ir.Broadcast(k.gauge.shape, c.Type.Shape)
		sp := k.gauge.stretch(shape)
		for i, f := range stretched(c, shape) {
			root, w := s.classes.root(sp.id[i])
			out = append(out, f/(scale(root)*w*sp.ratio[i]*s.shiftOf(sp)))
		}
	}
	return out
}

// shiftOf is the free power of two of a gauge's source.
func (s *scaler) shiftOf(sp gauge) float64 {
	if sp.source < 0 {
		return 1
	}
	return math.Ldexp(1, s.sources[sp.source].shift)
}

// units are the scales of a gauge's elements.
func (s *scaler) units(sp gauge) []float64 {
	out := make([]float64, len(sp.id))
	for i, id := range sp.id {
		root, w := s.classes.root(id)
		out[i] = s.scale[root] * w * sp.ratio[i] * s.shiftOf(sp)
	}
	return out
}

// solve gives every class its scale.
func (s *scaler) solve() error {
	s.chooseShifts()
	need := s.needs()
	for _, k := range s.sinks {
		k.guard = guardBits(k.value.Attrs.(ir.NeuronAttrs), s.sinkUnits(k, func(root int) float64 { return need[root] }), s.steps)
	}
	// A scale that grows may want another guard, and the other way round; it settles at once or soon.
	for range 8 {
		s.place(need)
		settled := true
		for _, k := range s.sinks {
			guard := guardBits(k.value.Attrs.(ir.NeuronAttrs), s.sinkUnits(k, func(root int) float64 { return s.scale[root] }), s.steps)
			settled = settled && guard == k.guard
			k.guard = guard
		}
		if settled {
			break
		}
	}
	return nil
}

// chooseShifts finds how many powers of two coarser a source is than the finest
// that it is added to, on average over its channels. What has to stay exact is
// never coarser than it may be.
func (s *scaler) chooseShifts() {
	s.refineExact()
	finest := map[int]float64{}
	s.eachLeast(func(_ *source, root int, least float64) {
		if old, ok := finest[root]; !ok || least < old {
			finest[root] = least
		}
	})
	sum, count, lowest := map[*source]float64{}, map[*source]float64{}, map[*source]float64{}
	s.eachLeast(func(src *source, root int, least float64) {
		coarser := math.Log2(least / finest[root])
		if sum[src] += coarser; count[src] == 0 || coarser < lowest[src] {
			lowest[src] = coarser
		}
		count[src]++
	})
	for src, n := range count {
		if src.shift = int(math.Round(sum[src] / n)); src.exact {
			src.shift = int(math.Floor(lowest[src]))
		}
	}
}

// exactLimit is how finely an integer times powers of two is told where its unit
// is not its own: as weights are, so that a unit a little coarser than wanted, or
// one that fits a threshold, does not round a spike away.
const exactLimit = 1 << weightBits

// refineExact asks for finer units of what is exact in its own ones, where other
// sources or thresholds have a say in them.
func (s *scaler) refineExact() {
	others, shared := map[int]*source{}, map[int]bool{}
	for root := range s.thresholds() {
		shared[root] = true
	}
	s.eachLeast(func(src *source, root int, _ float64) {
		if other := others[root]; other != nil && other != src {
			shared[root] = true
		}
		others[root] = src
	})
	refined := map[*source]bool{}
	s.eachLeast(func(src *source, root int, _ float64) { refined[src] = refined[src] || src.exact && shared[root] })
	for _, src := range s.sources {
		for i := range src.least {
			if refined[src] {
				src.least[i] /= exactLimit
			}
		}
	}
}

// eachLeast visits the entries of all sources that have weights: the least scale
// that they ask of their class, without the source's power of two.
func (s *scaler) eachLeast(f func(src *source, root int, least float64)) {
	for _, src := range s.sources {
		for i, least := range src.least {
			if least > 0 {
				root, w := s.classes.root(src.gauge.id[i])
				f(src, root, least/w)
			}
		}
	}
}

// needs is the least scale of each class at which all weights fit. Where there
// are no weights, any scale does: the least threshold is one unit of 1/127.
func (s *scaler) needs() []float64 {
	need := make([]float64, len(s.classes.parent))
	s.eachLeast(func(src *source, root int, least float64) {
		need[root] = max(need[root], math.Ldexp(least, -src.shift))
	})
	for root, thresholds := range s.thresholds() {
		if need[root] == 0 {
			need[root] = least(thresholds) / float64(1<<(weightBits-1)-1)
		}
	}
	for i, n := range need {
		if n == 0 {
			need[i] = 1
		}
	}
	return need
}

// thresholds lists, by class, what has to be an integer there, in units of the
// class's own scale.
func (s *scaler) thresholds() map[int][]float64 {
	out := map[int][]float64{}
	for _, k := range s.sinks {
		c := k.value.Args[ir.NeuronThreshold].Const()
		shape, _ := ir.Broadcast(k.gauge.shape, c.Type.Shape)
		sp := k.gauge.stretch(shape)
		for i, f := range stretched(c, shape) {
			if f == 0 {
				continue
			}
			root, w := s.classes.root(sp.id[i])
			out[root] = append(out[root], math.Ldexp(math.Abs(f)/(w*sp.ratio[i]*s.shiftOf(sp)), k.guard))
		}
	}
	return out
}

func least(list []float64) float64 {
	out := math.Inf(1)
	for _, f := range list {
		out = min(out, f)
	}
	return out
}

// place chooses the scales: the least that fits at which the smallest threshold
// of the class is an integer, or a power of two before an output.
func (s *scaler) place(need []float64) {
	s.scale = append([]float64{}, need...)
	for root, thresholds := range s.thresholds() {
		t := least(thresholds)
		if n := math.Floor(t / need[root]); n >= 1 {
			s.scale[root] = t / n
		}
	}
	for _, out := range s.powers {
		root, w := s.classes.root(out.id[0])
		w *= out.ratio[0] * s.shiftOf(out)
		s.scale[root] = powerAbove(need[root]*w) / w
	}
}

// powerAbove is the least power of two that is not below f > 0.
func powerAbove(f float64) float64 {
	frac, exp := math.Frexp(f)
	if frac == 0.5 {
		exp--
	}
	return math.Ldexp(1, exp)
}
