package goasm

import (
	"cmp"
	"math/bits"
	"slices"

	"nomul/backends/lower"
)

// piece is an array whose elements go to places of a result.
type piece struct {
	of       *lower.Array
	from, to order // elements
}

// pieces are those of a move that are not constant, and the constants that they are put on.
func pieces(s *lower.Stage) (out []piece, ground []int64) {
	ground = slices.Repeat([]int64{s.Move.Fill}, s.To.Type.Size())
	for _, q := range s.Move.Pieces {
		from, to := seen(&q.From, q.Dims), seen(&q.To, q.Dims)
		for i, at := range to {
			ground[at] = 0 // for spikes are set, not cleared
			if q.From.Array.Const() {
				ground[at] = q.From.Array.Data.I[from[i]]
			}
		}
		if !q.From.Array.Const() {
			out = append(out, piece{q.From.Array, from, to})
		}
	}
	return out, ground
}

// move puts a result together from pieces.
func (p *plan) move(s *lower.Stage) {
	pieces, ground := pieces(s)
	size := s.To.Type.Size()
	var o order
	if len(pieces) > 0 {
		o = p.orderLike(&s.Move.Pieces[0], s.To.Type.Shape.Dims())
	}
	b := p.result(s.To, p.moved(s.To, pieces, ground), o)
	if b.form == planes {
		b.planes = bits.Len64(uint64(s.To.Range.Hi))
	}
	t := p.stage(b, s.String())
	if ground = pick(o, ground); zero(ground) {
		t.do("clear(m.%s)", b.name)
	} else {
		t.do("copy(m.%s, m.%s)", b.name, p.constant(b.name+"Ground", b.form, ground).name)
	}
	for _, q := range pieces {
		p.scatter(t, q, o.places(size))
	}
	p.add(t)
}

func zero(data []int64) bool {
	return !slices.ContainsFunc(data, func(e int64) bool { return e != 0 })
}

// scatter copies a piece to its places in the stage's result.
func (p *plan) scatter(t *stage, q piece, places order) {
	x := *p.home(q.of)
	f := x.form
	switch {
	case t.dst.form == full && x.bits():
		f = full
	case t.dst.form == packed && !x.bits():
		f = packed
	}
	from := q.from
	if distinct := from.places(x.size).places(len(from)).same(from); distinct {
		x.buffer = p.take(q.of, f, nil)
		from = pick(from, x.order.places(x.size))
	} else {
		x.buffer = p.take(q.of, max(f, full), from)
		from = elements(0, []int{len(from)}, []int{1})
	}
	to := slices.Repeat(order{-1}, x.size)
	for i, at := range from {
		to[at] = places[q.to[i]]
	}
	field := p.table(t.dst.name+"To", to)
	if t.dst.form == full {
		t.do("scatter(m.%s, %s, %s)", t.dst.name, x.elements(), field)
		return
	}
	t.scatterBits(x.buffer, field)
}

// moved is the form of a result: spikes are packed, and numbers kept in bit planes.
func (p *plan) moved(to *lower.Array, pieces []piece, ground []int64) form {
	if to.Type.IsSpike() {
		return packed
	}
	vector := func(q piece) bool { return !p.home(q.of).bits() }
	if len(pieces) == 0 || slices.ContainsFunc(pieces, vector) || !zero(ground) {
		return full
	}
	return planes
}

// orderLike is the order of a result of as many axes as a piece, whose axes lie as those of the
// piece do.
func (p *plan) orderLike(q *lower.Piece, dims []int) order {
	if q.From.Array.Const() || len(q.Dims) != len(dims) {
		return nil
	}
	x := p.home(q.From.Array)
	places, axes, strides := x.order.places(x.size), []int{}, make([]int32, len(dims))
	for axis, d := range q.Dims {
		axes = append(axes, axis)
		if d > 1 {
			strides[axis] = places[q.From.Start+q.From.Strides[axis]] - places[q.From.Start]
		}
	}
	slices.SortStableFunc(axes, func(a, b int) int { return cmp.Compare(strides[b], strides[a]) })
	return orderOf(dims, axes)
}

// latched makes the memory of an array that a step keeps for the next.
func (p *plan) latched(a *lower.Array) {
	f := full
	if a.Type.IsSpike() {
		f = packed
	}
	p.latch[a] = p.stage(p.result(a, f, nil), "")
}

// start sets a latched array before the first step.
func (p *plan) start(s *lower.Stage) {
	_, ground := pieces(s)
	t := p.latch[s.To]
	t.onReset("copy(m.%s, m.%s)", t.dst.name, p.constant(t.dst.name+"Init", t.dst.form, ground).name)
}

// keep takes the next content of arrays that latches write, in their order, behind all copies of it
// in other forms. Those that are held have a copy, and write last.
func (p *plan) keep(latches []*lower.Stage) {
	var writes, held []*stage
	for _, s := range latches {
		t, q := p.latch[s.To], s.Move.Pieces[0]
		wanted := seen(&q.To, q.Dims).places(s.To.Type.Size())
		x := p.take(q.From.Array, t.dst.form, pick(wanted, seen(&q.From, q.Dims)))
		if p.laid.Held[s] && x == p.homes[q.From.Array].buffer {
			x = p.buffer(t.dst.name+"Next", x.form, x.size)
			x.text = "the next " + s.To.Name
			copied := p.stage(x, x.text)
			copied.do("copy(m.%s, m.%s)", x.name, p.home(q.From.Array).name)
			p.add(copied)
		}
		t.text, t.group = s.String(), p.group
		t.do("copy(m.%s, m.%s)", t.dst.name, x.name)
		if p.laid.Held[s] {
			held = append(held, t)
		} else {
			writes = append(writes, t)
		}
	}
	for _, t := range append(writes, held...) {
		p.add(t)
	}
}
