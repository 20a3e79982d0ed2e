package goasm

import (
	"math"
	"math/bits"

	"nomul/ir"
)

// pixels is the order in which the axes that a pool leaves alone lie side by side.
func pixels(s ir.Shape, spatial int) order {
	outer := s.Rank() - spatial
	return orderOf(s, append(upTo(s.Rank())[outer:], upTo(outer)...))
}

// taps lists, place by place of a pool, where the pixels of its window are, with
// so many elements a pixel; ends has where each place's list ends.
func taps(w ir.Windows, channels int) (list, ends []int) {
	places := [][]int{{0}}
	for axis := range w.Out {
		var next [][]int
		for _, outer := range places {
			for o := range w.Out[axis] {
				var window []int
				lo, hi := w.Span(axis, o)
				for _, at := range outer {
					for k := lo; k < hi; k++ {
						window = append(window, at*w.In[axis]+o*w.Stride[axis]+k*w.Dilation[axis]-w.Begin[axis])
					}
				}
				next = append(next, window)
			}
		}
		places = next
	}
	for _, window := range places {
		for _, pixel := range window {
			list = append(list, pixel*channels)
		}
		ends = append(ends, len(list))
	}
	return list, ends
}

// pool plans a pool: f on vectors, or on packed spikes.
func (p *plan) pool(v *ir.Value, f string, of form) {
	w := ir.WindowsOf(v)
	spatial, xs := len(w.In), v.Args[0].Type.Shape
	channels := 1
	for _, d := range xs.Dims()[:xs.Rank()-spatial] {
		channels *= d
	}
	s := p.call(v, p.result(v, of, pixels(v.Type.Shape, spatial)))
	x := p.convert(v.Args[0], of, pixels(xs, spatial))
	list, ends := taps(w, channels)
	if of == packed {
		s.do("clear(m.%s)", s.dst.name)
	}
	s.do("%s(m.%s, m.%s, m.%s, m.%s, %d)", f, s.dst.name, x.name, s.table(p, "Taps", list), s.table(p, "Ends", ends), channels)
	p.add(v.Clock, s)
}

func (p *plan) maxPool(v *ir.Value) {
	if v.Type.IsSpike() {
		p.pool(v, "poolSpikes", packed)
		return
	}
	p.pool(v, "m.poolMax", full)
}

// sumPool counts spikes one by one where no two windows share one.
func (p *plan) sumPool(v *ir.Value) {
	x := p.at(v.Args[0])
	if x.form == packed || x.form == planes {
		if to := apart(v); to != nil {
			p.collect(v, to, pixels(v.Type.Shape, len(ir.WindowsOf(v).In)), "addAt", 0)
			return
		}
	}
	p.pool(v, "m.poolSum", full)
}

// apart has, for each element of a pool's operand, the element of the result
// whose window it is in, or −1; nil when windows overlap.
func apart(v *ir.Value) []int {
	w, xs := ir.WindowsOf(v), v.Args[0].Type.Shape
	list, ends := taps(w, 1)
	in, out, outer := 1, len(ends), 1
	for _, d := range w.In {
		in *= d
	}
	for _, d := range xs.Dims()[:xs.Rank()-len(w.In)] {
		outer *= d
	}
	to := make([]int, in*outer)
	for i := range to {
		to[i] = -1
	}
	from := 0
	for place, end := range ends {
		for _, pixel := range list[from:end] {
			if to[pixel] >= 0 {
				return nil
			}
			for o := range outer {
				to[o*in+pixel] = o*out + place
			}
		}
		from = end
	}
	return to
}

// collect plans dst[to[i]] = f(dst[to[i]], x[i]) on a vector that is first filled.
func (p *plan) collect(v *ir.Value, to []int, o order, f string, first int64) {
	x := p.at(v.Args[0])
	spikes := x.form == packed || x.form == planes
	if spikes && f == "addAt" && p.countPixels(v, x, to, o) {
		return
	}
	s, places, table := p.call(v, p.result(v, full, o)), o.places(v.Type.Size()), make([]int, x.size)
	if spikes && f != "addAt" {
		x, spikes = p.vector(v.Args[0]), false
	}
	for place := range table {
		if table[place] = to[x.order.element(place)]; table[place] >= 0 {
			table[place] = places[table[place]]
		}
	}
	field := s.table(p, "To", table)
	s.do("fillWith(m.%s, %d)", s.dst.name, first)
	if spikes {
		s.do("countAt(m.%s, m.%s, %d, m.%s)", s.dst.name, x.name, x.words(), field)
	} else {
		s.do("%s(m.%s, %s, m.%s)", f, s.dst.name, x.elements(), field)
	}
	p.add(v.Clock, s)
}

// countPixels sums the pixels of an image, whose channels fill whole words, in
// bit planes: a few operations for 64 channels of a pixel.
func (p *plan) countPixels(v *ir.Value, x *view, to []int, o order) bool {
	n := v.Type.Size()
	if n%64 != 0 {
		return false
	}
	for place := range x.size {
		if to[x.order.element(place)] != o.element(place%n) {
			return false
		}
	}
	b := p.result(v, planes, o)
	b.planes = bits.Len64(uint64(v.Range.Hi))
	s, words := p.call(v, b), x.words()
	s.do("clear(m.%s)", b.name)
	for plane := range max(1, x.planes) {
		s.do("countPixels(m.%s[%d:], m.%s[%d:%d], %d)", b.name, plane*b.words(), x.name, plane*words, (plane+1)*words, b.words())
	}
	p.add(v.Clock, s)
	return true
}

// reduction plans a reduction over axes.
func reduction(f string, first int64) func(*plan, *ir.Value) {
	return func(p *plan, v *ir.Value) {
		x := v.Args[0].Type.Shape
		reduced := map[int]bool{}
		for _, axis := range v.Attrs.(ir.ReduceAttrs).Axes {
			reduced[axis] = true
		}
		to := []int{0}
		for axis := range x.Rank() {
			var next []int
			for _, at := range to {
				for i := range x.Dim(axis) {
					if reduced[axis] {
						next = append(next, at)
					} else {
						next = append(next, at*x.Dim(axis)+i)
					}
				}
			}
			to = next
		}
		p.collect(v, to, order{}, f, first)
	}
}

const (
	lowest  = math.MinInt32
	highest = math.MaxInt32
)
