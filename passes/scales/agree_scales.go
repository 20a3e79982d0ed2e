package scales

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
)

// lostBits is how many bits coarser a row's units may become, beside the thresholds
// that read it, because the rows of its layer have to agree; addedBits, because it is
// added to rows of other layers, where powers of two keep most of it, and conversion of
// every element in every step costs more than the layers do; toldBits, because an output
// tells it beside greater ones.
const (
	lostBits  = 1
	addedBits = 5
	toldBits  = 2
)

// agree demands that gauges agree, and reports whether they do. Where they cannot, or
// where neurons would fire by weights, or an output tell some, much more coarsely than in
// their row's own units, nothing changes.
func (s *scaler) agree(list, told []gauge, demand func() bool) bool {
	before, powers := classes{slices.Clone(s.classes.parent), slices.Clone(s.classes.weight)}, s.powers
	read := s.readersOf(list)
	read.told = told
	agreed := demand()
	if agreed && (len(read.summed)+len(told) == 0 || slices.Equal(before.parent, s.classes.parent)) {
		return true
	}
	if agreed && !s.costs(before, powers, list, read) {
		return true
	}
	s.classes, s.powers = before, powers
	return false
}

// reading has the gauges, and those of the weights in their classes, that neurons fire by,
// that they fire by in sums, and that an output tells.
type reading struct{ fired, summed, told []gauge }

// costs reports whether rows lose too much now that classes are brought together. An output's unit
// is a power of two besides, and may be that of exact numbers: only a solution shows which.
func (s *scaler) costs(before classes, powers, list []gauge, read reading) bool {
	bits := addedBits
	if s.meets(before, list) {
		bits = lostBits
	}
	if len(read.told) == 0 {
		return s.starve(before, read.fired, bits) || s.starve(before, read.summed, addedBits)
	}
	among := s.bound(list)
	apart, together := s.tried(among, before, powers), s.tried(among, s.classes, s.powers)
	return coarsens(apart, together, read.fired, bits) || coarsens(apart, together, read.summed, addedBits) ||
		coarsens(apart, together, read.told, toldBits)
}

// meets reports whether rows of one value are brought together.
func (s *scaler) meets(before classes, list []gauge) bool {
	for _, g := range list {
		row := map[int]int{} // by the class that it is in now
		for _, id := range g.id {
			old, _ := before.root(id)
			now, _ := s.classes.root(id)
			if first, ok := row[now]; ok && first != old {
				return true
			}
			row[now] = old
		}
	}
	return false
}

// coarsens reports whether units of values are coarser together than apart, by more than
// some bits.
func coarsens(apart, together *scaler, read []gauge, bits int) bool {
	for _, g := range read {
		own, now := apart.finest(g), together.units(g)
		for i, id := range g.id {
			if !together.exact(id) && now[i] > math.Ldexp(own[i], bits)*(1+wholeError) {
				return true
			}
		}
	}
	return false
}

// exact reports whether all numbers in a class are whole multiples of its unit.
func (s *scaler) exact(id int) bool {
	root, _ := s.classes.root(id)
	return s.asked[root].whole > 0
}

// finest are the units of a gauge's elements; where numbers are whole multiples of theirs,
// those in which their weights just fit, which is as fine as others would be.
func (s *scaler) finest(g gauge) []float64 {
	out := s.units(g)
	for i, id := range g.id {
		root, _ := s.classes.root(id)
		if fits := s.asked[root].fits; s.exact(id) && fits > 0 {
			out[i] *= min(1, fits/s.scale[root])
		}
	}
	return out
}

// tried solves all that is known so far of some classes for other ones, and other units that
// are to be powers of two, and leaves s as it is.
func (s *scaler) tried(among []bool, c classes, powers []gauge) *scaler {
	t := *s
	t.less = nil
	t.classes, t.powers, t.sources, t.sinks, t.constants = c, powers, make([]*source, len(s.sources)), nil, nil
	for i, src := range s.sources {
		own := &source{free: true} // asks for nothing
		if s.within(src.gauge, among) {
			*own = *src
			own.least = slices.Clone(src.least)
		}
		t.sources[i] = own
	}
	for _, k := range s.sinks {
		if s.within(k.gauge, among) {
			own := *k
			t.sinks = append(t.sinks, &own)
		}
	}
	for _, c := range s.constants {
		if s.within(c.gauge, among) {
			t.constants = append(t.constants, c)
		}
	}
	t.solve()
	return &t
}

// within reports whether some of a gauge's classes are among some.
func (s *scaler) within(g gauge, among []bool) bool {
	return slices.ContainsFunc(g.id, func(id int) bool {
		root, _ := s.classes.root(id)
		return among[root]
	})
}

// bound returns the classes whose units depend on those of some gauges: through the power
// of two of a layer, the guard bits of a neuron, and the operand of a conversion.
func (s *scaler) bound(list []gauge) []bool {
	among := s.classes.of(list)
	for grows := true; grows; {
		grows = false
		add := func(g gauge) {
			for _, id := range g.id {
				root, _ := s.classes.root(id)
				grows = grows || !among[root]
				among[root] = true
			}
		}
		for _, src := range s.sources {
			if s.within(src.gauge, among) {
				add(src.gauge)
				if src.from != nil {
					add(src.from.gauge)
				}
			}
		}
		for _, k := range s.sinks {
			if s.within(k.gauge, among) {
				add(k.gauge)
			}
		}
	}
	return among
}

// readersOf returns how the classes of a list are read. Values that are only moved share
// their classes, which are looked at once.
func (s *scaler) readersOf(list []gauge) reading {
	var out reading
	among, parts := s.classes.of(list), map[shared]gauge{}
	for v, g := range s.gauges {
		if len(g.id) == 0 || !s.fires(v, true) {
			continue
		}
		key := shared{&g.id[0], &g.ratio[0], len(g.id), g.source}
		part, known := parts[key]
		if !known {
			part = s.pickIn(g, among)
			parts[key] = part
		}
		if len(part.id) > 0 {
			out.summed = append(out.summed, part)
			if s.fires(v, false) {
				out.fired = append(out.fired, part)
			}
		}
	}
	out.fired = append(out.fired, s.weightsIn(s.classes.of(out.fired))...)
	out.summed = append(out.summed, s.weightsIn(s.classes.of(out.summed))...)
	return out
}

// shared tells gauges apart that have other arrays.
type shared struct {
	id     *int
	ratio  *float64
	length int
	source int
}

// weightsIn returns the gauges of the weights in some classes.
func (s *scaler) weightsIn(among []bool) []gauge {
	var out []gauge
	for _, src := range s.sources {
		if src.free {
			continue
		}
		if part := s.pickIn(src.gauge, among); len(part.id) > 0 {
			out = append(out, part)
		}
	}
	return out
}

// pickIn returns the elements of a gauge whose classes are among some.
func (s *scaler) pickIn(g gauge, among []bool) gauge {
	var index []int
	for i, id := range g.id {
		if root, _ := s.classes.root(id); among[root] {
			index = append(index, i)
		}
	}
	return g.pick(ir.Shape{}, index)
}

// fires reports whether a neuron that fires reads a value, at most moved, masked or times
// a constant on the way, or also added to other values.
func (s *scaler) fires(v *ir.Value, added bool) bool {
	return slices.ContainsFunc(s.readers[v], func(r *ir.Value) bool {
		if r.Selected() != nil {
			return s.fires(r, added)
		}
		switch r.Op {
		case ir.OpNeuron:
			return r.Attrs.(ir.NeuronAttrs).Fires()
		case ir.OpNeg:
			return s.fires(r, added)
		case ir.OpReduceSum, ir.OpSumPool:
			return added && s.fires(r, added)
		case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv:
			sum := added && (r.Op == ir.OpAdd || r.Op == ir.OpSub)
			return (sum || layers.RealConst(r.Args[0]) || layers.RealConst(r.Args[1])) && s.fires(r, added)
		}
		return false
	})
}
