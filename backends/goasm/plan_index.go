package goasm

import (
	"math/bits"
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
)

// reshape and transpose leave a value where it is; only the meaning of its
// elements changes.
func (p *plan) reshape(v *ir.Value) {
	x := p.at(v.Args[0])
	p.of[v] = &view{x.buffer, order{at: x.order.at}}
}

func (p *plan) transpose(v *ir.Value) {
	x, perm := p.at(v.Args[0]), v.Attrs.(ir.PermAttrs).Perm
	// from has, for each element of the result, the element of x.
	from := ints32(orderOf(v.Args[0].Type.Shape, perm), x.size)
	o := x.order.renamed(inverse(from))
	if axes := x.order.axesOf(v.Args[0].Type.Shape); axes != nil && o.at != nil {
		for _, axis := range axes {
			o.axes = append(o.axes, slices.Index(perm, axis))
		}
	}
	p.of[v] = &view{x.buffer, o}
}

// ints32 lists the elements of an order.
func ints32(o order, size int) []int {
	out := make([]int, size)
	for place := range out {
		out[place] = o.element(place)
	}
	return out
}

// piece is an operand whose elements go to places of the result: to has, for
// each element, the element of the result, or −1.
type piece struct {
	x  *ir.Value
	to []int
}

// scatter plans a result that is put together from pieces, on a ground of constants.
func (p *plan) scatter(v *ir.Value, pieces []piece, ground []int64) {
	o := p.orderLike(v, pieces[0].x)
	f := p.scatterForm(v, pieces, ground)
	b := p.result(v, f, o)
	if f == planes {
		b.planes = bits.Len64(uint64(v.Range.Hi))
	}
	s, places := p.call(v, b), o.places(v.Type.Size())
	for i, q := range pieces {
		c := q.x.Const()
		for e, to := range q.to {
			switch {
			case to < 0:
			case c != nil:
				ground[to] = c.I[e]
			default:
				ground[to] = 0 // for spikes are set, not cleared
			}
		}
		if c != nil {
			pieces[i].x = nil
		}
	}
	s.ground(p, o.pick(ground))
	for _, q := range pieces {
		if q.x != nil {
			p.scatterPiece(s, q, places)
		}
	}
	p.add(v.Clock, s)
}

// ground lays the constants that pieces are put on.
func (s *callStage) ground(p *plan, data []int64) {
	empty := !slices.ContainsFunc(data, func(e int64) bool { return e != 0 })
	switch {
	case empty:
		s.do("clear(m.%s)", s.dst.name)
	case s.dst.form == packed:
		s.do("copy(m.%s, m.%s)", s.dst.name, s.spikes(p, "Ground", data))
	default:
		s.do("copy(m.%s, m.%s)", s.dst.name, s.vector(p, "Ground", data))
	}
}

func (p *plan) scatterPiece(s *callStage, q piece, places []int) {
	x := p.at(q.x)
	if s.dst.form == packed && x.form != packed {
		x = p.spikes(q.x, x.order)
	}
	if s.dst.form == full && (x.form == packed || x.form == planes) {
		x = p.vector(q.x)
	}
	table := make([]int, x.size)
	for place := range table {
		if table[place] = q.to[x.order.element(place)]; table[place] >= 0 {
			table[place] = places[table[place]]
		}
	}
	field := s.table(p, "To", table)
	if s.dst.form == full {
		s.do("scatter(m.%s, %s, m.%s)", s.dst.name, x.elements(), field)
		return
	}
	s.scatterBits(x, field)
}

// scatterForm keeps spikes packed, and numbers in bit planes.
func (p *plan) scatterForm(v *ir.Value, pieces []piece, ground []int64) form {
	if v.Type.IsSpike() {
		return packed
	}
	for _, q := range pieces {
		if q.x.Const() != nil || p.at(q.x).form != packed && p.at(q.x).form != planes {
			return full
		}
	}
	if slices.ContainsFunc(ground, func(e int64) bool { return e != 0 }) {
		return full
	}
	return planes
}

// orderLike is the order of x, for a value of as many axes.
func (p *plan) orderLike(v, x *ir.Value) order {
	if x.Const() != nil || x.Type.Shape.Rank() != v.Type.Shape.Rank() {
		return order{}
	}
	axes := p.at(x).order.axesOf(x.Type.Shape)
	if axes == nil {
		return order{}
	}
	return orderOf(v.Type.Shape, axes)
}

// move scatters the operands to the places of a concat, pad or slice.
func (p *plan) move(v *ir.Value) {
	m := lower.MoveOf(v)
	var pieces []piece
	for i, from := range m.Pieces {
		to := slices.Repeat([]int{-1}, v.Args[i].Type.Size())
		from.Each(func(element, place int) { to[element] = place })
		pieces = append(pieces, piece{v.Args[i], to})
	}
	p.scatter(v, pieces, slices.Repeat([]int64{m.Fill}, v.Type.Size()))
}

// broadcast copies elements to several places.
func (p *plan) broadcast(v *ir.Value) {
	s := p.call(v, p.result(v, full, order{}))
	p.stretch(s, v.Args[0], v.Type.Shape, order{})
	p.add(v.Clock, s)
}

// stretch fills the stage's vector with x, stretched to a shape.
func (p *plan) stretch(s *callStage, arg *ir.Value, to ir.Shape, o order) {
	x := p.at(arg)
	if x.form == packed || x.form == planes {
		x = p.vector(arg)
	}
	index, places := ir.Index(arg.Type.Shape, to), x.order.places(x.size)
	from := make([]int, to.Size())
	for place := range from {
		e := o.element(place)
		if index != nil {
			e = index[e]
		}
		from[place] = places[e]
	}
	s.do("gather(%s, %s, m.%s)", s.dst.elements(), x.elements(), s.table(p, "From", from))
}
