package goasm

import (
	"math/bits"
	"slices"

	"nomul/backends/lower"
)

// pool plans a fold without weights. Spikes are counted one by one where no two places see the
// same. All else is combined pixel by pixel: a pixel is what lies at the same tap of all
// positions that windows leave alone.
func (p *plan) pool(f *folded) {
	x := p.home(f.Fold.X.Array)
	if f.Fold.Monoid == lower.Sum && x.bits() {
		if to := f.apart(x.size); to != nil {
			p.collect(f, to)
			return
		}
	}
	wanted, taps, ends, channels := f.pixels(x.order)
	form, call := full, "m.pool"+map[lower.Monoid]string{lower.Sum: "Sum", lower.Max: "Max", lower.Min: "Min"}[f.Fold.Monoid]
	if f.Fold.Monoid == lower.Max && f.Fold.X.Array.Type.IsSpike() {
		form, call = packed, "poolSpikes"
	}
	t := p.stage(p.result(f.To, form, f.pooled(channels)), f.Stage.String())
	from := p.take(f.Fold.X.Array, form, wanted, f.Stage)
	if form == packed {
		t.do("clear(m.%s)", t.dst.name)
	}
	t.do("%s(m.%s, m.%s, %s, %s, %d)", call, t.dst.name, from.name, p.table(t.dst.name+"Taps", taps), p.table(t.dst.name+"Ends", ends), channels)
	p.add(f.Clock, t)
}

// pooled is the order of a result: as many positions as a pixel has elements lie side by side.
func (f *folded) pooled(channels int) order {
	var out order
	places := f.Positions / channels
	for place := range places {
		for channel := range channels {
			out = append(out, int32(f.Place(channel*places+place, 0, 0)))
		}
	}
	return out
}

// pixels are the elements that are wanted in memory, and for each place where in it the pixels
// that it sees begin, up to its end. Without windows the taps are the pixels, and there is one
// place; where padding is seen in another way, each element is a pixel.
func (f *folded) pixels(have order) (wanted, taps, ends order, channels int) {
	image, ok := f.image()
	switch {
	case ok && f.Inputs == f.Windows.Taps():
		channels = len(image)
		for _, in := range f.Windows.In {
			channels /= in
		}
		// The image has the windows' axes behind the others.
		size := len(image) / channels
		for pixel := range size {
			for channel := range channels {
				wanted = append(wanted, image[channel*size+pixel])
			}
		}
	case len(f.Fold.X.Within) == 0:
		for input := range f.Inputs {
			taps = append(taps, int32(input*f.Positions))
			for position := range f.Positions {
				wanted = append(wanted, int32(f.X(position, 0, input)))
			}
		}
		return wanted, taps, order{int32(f.Inputs)}, f.Positions
	default:
		channels = 1
	}
	places := wanted.places(f.Fold.X.Array.Type.Size())
	if wanted == nil {
		places = have.places(len(places))
	}
	for place := range f.Positions / channels {
		for _, e := range f.inputs(place) {
			if e >= 0 {
				taps = append(taps, places[e])
			}
		}
		ends = append(ends, int32(len(taps)))
	}
	return wanted, taps, ends, channels
}

// apart has, for each of so many elements, the element of the result whose place sees it, or
// −1; nil when two places see the same.
func (f *folded) apart(size int) order {
	to := slices.Repeat(order{-1}, size)
	for position := range f.Positions {
		for _, e := range f.inputs(position) {
			if e < 0 {
				continue
			}
			if to[e] >= 0 {
				return nil
			}
			to[e] = int32(f.Place(position, 0, 0))
		}
	}
	return to
}

// collect counts spikes, or numbers in planes, at the places that see them.
func (p *plan) collect(f *folded, to order) {
	x, size := p.home(f.Fold.X.Array), f.To.Type.Size()
	o := f.pooled(f.channels()).plain()
	if size%64 == 0 && x.isPixels(to, o, size) {
		p.countPixels(f, o)
		return
	}
	t := p.stage(p.result(f.To, full, o), f.Stage.String())
	places, at := o.places(size), make(order, x.size)
	for place := range at {
		if at[place] = to[x.order.element(place)]; at[place] >= 0 {
			at[place] = places[at[place]]
		}
	}
	t.do("clear(m.%s)", t.dst.name)
	t.do("countAt(m.%s, m.%s, %d, %s)", t.dst.name, x.name, x.words(), p.table(t.dst.name+"To", at))
	p.add(f.Clock, t)
}

// channels are the positions that windows leave alone; all of them without windows.
func (f *folded) channels() int {
	n := f.Positions
	for _, out := range f.Windows.Out {
		n /= out
	}
	return n
}

// isPixels reports whether memory is pixels of the result's size, in its order, that are all
// added up.
func (x *home) isPixels(to, o order, size int) bool {
	for place := range x.size {
		if int(to[x.order.element(place)]) != o.element(place%size) {
			return false
		}
	}
	return true
}

// countPixels sums the pixels of an image, whose channels fill whole words, in
// bit planes: a few operations for 64 channels of a pixel.
func (p *plan) countPixels(f *folded, o order) {
	x, b := p.home(f.Fold.X.Array), p.result(f.To, planes, o)
	b.planes = bits.Len64(uint64(f.To.Range.Hi))
	t := p.stage(b, f.Stage.String())
	t.do("clear(m.%s)", b.name)
	for plane := range max(1, x.planes) {
		t.do("countPixels(m.%s[%d:], m.%s[%d:%d], %d)", b.name, plane*b.words(), x.name, plane*x.words(), (plane+1)*x.words(), b.words())
	}
	p.add(f.Clock, t)
}
