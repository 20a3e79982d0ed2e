package verilog

import (
	"nomul/backends/lower"
	"nomul/ir"
)

// view says, for each element of a value in C order, where it comes from: an
// element that a unit makes, or a constant. Ops that only move elements make no
// hardware; their views compose.
type view []origin

// origin names an element: (unit's number + 1)·2^40 + the element in C order; or
// a constant c as c + 2^39, and 0 as well for 0.
type origin int64

const (
	unitAt     = 40
	constantAt = origin(1) << 39
)

func made(u *unit, element int) origin { return origin(u.number+1)<<unitAt + origin(element) }

// unit is the number of the unit, −1 for a constant, and its element.
func (o origin) unit() (number, element int) {
	return int(o>>unitAt) - 1, int(o & (1<<unitAt - 1))
}

// constant is the number of an origin that is no unit's.
func (o origin) constant() int64 {
	if o == 0 {
		return 0
	}
	return int64(o - constantAt)
}

// moves are the ops that only move elements.
var moves = map[ir.Op]bool{
	ir.OpReshape: true, ir.OpTranspose: true, ir.OpConcat: true, ir.OpSlice: true, ir.OpPad: true, ir.OpBroadcast: true,
}

// view of a value: its own unit's elements, or what moving makes of its operands'.
func (p *plan) view(v *ir.Value) view {
	if seen := p.views[v]; seen != nil {
		return seen
	}
	out := make(view, v.Type.Size())
	switch u := p.byVal[v]; {
	case u != nil:
		for i := range out {
			out[i] = made(u, i)
		}
	case v.Const() != nil:
		for i, c := range v.Const().I {
			out[i] = constantAt + origin(c)
		}
	default:
		p.move(v, out)
	}
	p.views[v] = out
	return out
}

// move takes the origins of elements to where the op moves them.
func (p *plan) move(v *ir.Value, out view) {
	m := lower.MoveOf(v)
	for i := range out {
		out[i] = constantAt + origin(m.Fill)
	}
	for i, piece := range m.Pieces {
		x := p.view(v.Args[i])
		piece.Each(func(from, to int) { out[to] = x[from] })
	}
}

// spread stretches a view to a shape.
func (w view) spread(from, to ir.Shape) view {
	index := ir.Index(from, to)
	if index == nil {
		return w
	}
	out := make(view, len(index))
	for i, at := range index {
		out[i] = w[at]
	}
	return out
}

// permuted is the view with its axes in another order.
func (w view) permuted(s ir.Shape, perm []int) view {
	stride, dims := lower.Strides(s.Dims()), make([]int, s.Rank())
	for i, axis := range perm {
		dims[i] = s.Dim(axis)
	}
	out := make(view, 0, len(w))
	var walk func(axis, base int)
	walk = func(axis, base int) {
		if axis == len(perm) {
			out = append(out, w[base])
			return
		}
		for i := range dims[axis] {
			walk(axis+1, base+i*stride[perm[axis]])
		}
	}
	walk(0, 0)
	return out
}

// whole finds the unit whose elements a view is, each once, and the order in
// which they lie there.
func (p *plan) whole(w view) (*unit, []int) {
	number, _ := w[0].unit()
	if number < 0 || p.Units[number].N != len(w) {
		return nil, nil
	}
	u := p.Units[number]
	at := make([]int, len(w))
	for i := range at {
		at[i] = -1
	}
	for i, o := range w {
		n, element := o.unit()
		if n != number || at[element] >= 0 {
			return nil, nil
		}
		at[element] = i
	}
	order := make([]int, len(u.Order))
	for slot, element := range u.Order {
		order[slot] = -1
		if element >= 0 {
			order[slot] = at[element]
		}
	}
	return u, order
}

// stored is a unit that keeps all elements of a view, and the order in which
// they lie; a gather in C order when no unit has just these.
func (p *plan) stored(v *ir.Value, w view) (*unit, []int) {
	if u, order := p.whole(w); u != nil {
		return u, order
	}
	lanes, order := inOrder(len(w), p.Lanes)
	return p.gather(v, w, lanes, order), order
}

// arranged is a unit that keeps a view in a given order.
func (p *plan) arranged(v *ir.Value, w view, lanes int, order []int) *unit {
	if u, have := p.whole(w); u != nil && u.Lanes == lanes && sameOrder(have, order) {
		return u
	}
	return p.gather(v, w, lanes, order)
}

func sameOrder(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// pixels is a unit that keeps a view by pixels, the tiles of each pixel, and the
// channels in the lanes of these.
func (p *plan) pixels(v *ir.Value, w view, g grid) (u *unit, tiles [][]int, channels []int) {
	if u, order := p.whole(w); u != nil {
		if tiles, channels := g.pixelTiles(u.Lanes, order); tiles != nil {
			return u, tiles, channels
		}
	}
	lanes := g.width(p.Lanes)
	order := g.order()
	tiles, channels = g.pixelTiles(lanes, order)
	return p.gather(v, w, lanes, order), tiles, channels
}
