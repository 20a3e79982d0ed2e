package verilog

import (
	"slices"

	"nomul/ir"
)

// pool is what is particular to the hardware of a pool or reduction: for each
// tile of results a list of tiles, which are joined lane by lane.
type pool struct {
	Lists [][]int
	Max   bool // the larger of two; else their sum
	Min   bool // the smaller of two
}

// Entries is the tiles of all lists.
func (p pool) Entries() int {
	n := 0
	for _, l := range p.Lists {
		n += len(l)
	}
	return n
}

// At is the bits of an entry's number.
func (p pool) At() int { return indexBits(p.Entries()) }

func (p *plan) pool(v *ir.Value) {
	x := gridOf(v.Args[0].Type.Shape, v)
	p.joined(v, p.view(v.Args[0]), x, looks(ir.WindowsOf(v)))
}

// reduce sees the axes that stay as channels, and joins all places.
func (p *plan) reduce(v *ir.Value) {
	s := v.Args[0].Type.Shape
	axes := v.Attrs.(ir.ReduceAttrs).Axes
	var perm []int
	g := grid{1, 1, 1}
	for i, d := range s.Dims() {
		if !slices.Contains(axes, i) {
			perm = append(perm, i)
			g.C *= d
		}
	}
	for i, d := range s.Dims() {
		if slices.Contains(axes, i) {
			perm = append(perm, i)
			g.Inner *= d
		}
	}
	var all []look
	for i := range g.Inner {
		all = append(all, look{place: i})
	}
	p.joined(v, p.view(v.Args[0]).permuted(s, perm), g, [][]look{all})
}

// joined makes the unit that joins what each place of the result sees.
func (p *plan) joined(v *ir.Value, w view, x grid, seen [][]look) {
	from, tiles, channels := p.pixels(v.Args[0], w, x)
	y := grid{x.Outer, x.C, len(seen)}
	var lists [][]int
	var order []int
	for outer := range x.Outer {
		for at, window := range seen {
			for t := range x.C / from.Lanes {
				var list []int
				for _, l := range window {
					list = append(list, tiles[outer*x.Inner+l.place][t])
				}
				lists = append(lists, list)
				for _, c := range channels[t*from.Lanes : (t+1)*from.Lanes] {
					order = append(order, y.index(outer*y.Inner+at, c))
				}
			}
		}
	}
	u := &unit{Kind: kindPool, V: v, Clock: v.Clock, Xs: []*unit{from}, vector: newVector(v, from.Lanes, order)}
	u.Pool = pool{Lists: lists, Max: v.Op == ir.OpMaxPool || v.Op == ir.OpReduceMax, Min: v.Op == ir.OpReduceMin}
	p.add(u, true)
}

// gather is what is particular to the hardware that brings elements into
// another order, one a clock: where each comes from.
type gather struct{ From []origin }

// gather makes, once, the unit that keeps a view in an order.
func (p *plan) gather(v *ir.Value, w view, lanes int, order []int) *unit {
	u := p.collector(v, w, lanes, order)
	key := u.Gather.key(lanes)
	if p.gathers[key] == nil {
		p.gathers[key] = p.add(u, false)
	}
	return p.gathers[key]
}

// copied is a unit of its own that keeps a view in an order.
func (p *plan) copied(v *ir.Value, w view, lanes int, order []int) *unit {
	return p.add(p.collector(v, w, lanes, order), false)
}

func (p *plan) collector(v *ir.Value, w view, lanes int, order []int) *unit {
	u := &unit{Kind: kindGather, V: v, Clock: v.Clock, vector: newVector(v, lanes, order)}
	u.N = len(w)
	numbers := map[int]bool{}
	for _, at := range order {
		o := origin(0)
		if at >= 0 {
			o = w[at]
		}
		u.Gather.From = append(u.Gather.From, o)
		if n, _ := o.unit(); n >= 0 && !numbers[n] {
			numbers[n] = true
			u.Xs = append(u.Xs, p.Units[n])
		}
	}
	return u
}
