package goasm

import (
	"math/bits"
	"slices"

	"nomul/backends/lower"
)

// pool plans a fold without weights. Spikes are counted one by one where no two places see the
// same. All else is combined pixel by pixel: a pixel has the elements at the same tap of all
// positions that windows leave alone.
func (p *plan) pool(f *folded) {
	x := p.home(f.Fold.X.Array)
	if f.Fold.Monoid == lower.Sum && x.bits() {
		if to := f.apart(x.size); to != nil {
			p.collect(f, to)
			return
		}
	}
	wanted, taps, ends := f.pixels(x)
	form, call := full, map[lower.Monoid]string{lower.Sum: "pool(m.sum32, ", lower.Max: "pool(m.max32, ", lower.Min: "pool(min32, "}[f.Fold.Monoid]
	if f.Fold.Monoid == lower.Max && f.Fold.X.Array.Type.IsSpike() {
		form, call = packed, "poolSpikes("
	}
	t := p.stage(p.result(f.To, form, f.pooled()), f.Stage.String())
	from := p.take(f.Fold.X.Array, form, wanted)
	if form == packed {
		t.do("clear(m.%s)", t.dst.name)
	}
	t.do("%sm.%s, m.%s, %s, %s, %d)", call, t.dst.name, from.name, p.table(t.dst.name+"Taps", taps), p.table(t.dst.name+"Ends", ends), f.Channels())
	p.add(t)
}

// pooled is the order of a result: as many positions as a pixel has elements lie side by side.
func (f *folded) pooled() (out order) {
	p, pooled := f.Pixels()
	for pixel := range p.Count {
		for channel := range p.Channels {
			out = append(out, int32(f.Place(pooled(pixel, channel), 0, 0)))
		}
	}
	return out
}

// pixels are, for each place, where the pixels that it sees begin in memory, up to its end; and
// the elements that are wanted there, nil where the elements of each pixel lie side by side.
func (f *folded) pixels(x *home) (wanted, taps, ends order) {
	p, _ := f.Pixels()
	places, aside := x.order.places(x.size), true
	cells, seen := p.Cells()
	for _, cell := range cells {
		for channel, e := range cell {
			aside = aside && places[e] == places[cell[0]]+int32(channel)
			wanted = append(wanted, int32(e))
		}
	}
	for _, row := range seen {
		for _, cell := range row {
			if cell >= 0 {
				taps = append(taps, int32(cell*p.Channels))
			}
		}
		ends = append(ends, int32(len(taps)))
	}
	if aside {
		for i, tap := range taps {
			taps[i] = places[wanted[tap]]
		}
		wanted = nil
	}
	return wanted, taps, ends
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

// collect counts spikes, or numbers in planes, at the places that see them. Where memory is
// pixels of the result's size that are all added up, and whose channels fill whole words, they
// are summed in bit planes: a few operations for 64 channels of a pixel.
func (p *plan) collect(f *folded, to order) {
	x, size := p.home(f.Fold.X.Array), f.To.Type.Size()
	o := f.pooled().plain()
	places, at := o.places(size), make(order, x.size)
	pixels := size%64 == 0
	for place := range at {
		if at[place] = to[x.order.element(place)]; at[place] >= 0 {
			at[place] = places[at[place]]
		}
		pixels = pixels && int(at[place]) == place%size
	}
	form := full
	if pixels {
		form = planes
	}
	b := p.result(f.To, form, o)
	b.planes = bits.Len64(uint64(f.To.Range.Hi))
	t := p.stage(b, f.Stage.String())
	t.do("clear(m.%s)", b.name)
	if pixels {
		t.count(x.buffer)
	} else {
		t.do("countAt(m.%s, m.%s, %d, %s)", b.name, x.name, x.words(), p.table(b.name+"To", at))
	}
	p.add(t)
}
