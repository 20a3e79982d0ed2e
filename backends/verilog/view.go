package verilog

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"nomul/backends/lower"
)

// origin is where an element comes from: (a unit's number + 1)·2^40 + its element in C order;
// or a constant c as c + 2^39, and 0 as well for 0. Moves make no hardware; origins compose.
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

// source returns the origin of each element of an array; that of −1, padding, is the number 0.
func (p *plan) source(a *lower.Array) func(element int) origin {
	u, moved := p.makers[a], p.moved[a]
	return func(element int) origin {
		switch {
		case element < 0:
			return constantAt
		case a.Const():
			return constantAt + origin(a.Data.I[element])
		case moved != nil:
			return moved[element]
		}
		return made(u, element)
	}
}

// origins are those of a view's elements, in C order of its grid.
func (p *plan) origins(v lower.View, dims []int) []origin {
	source := p.source(v.Array)
	var out []origin
	for _, element := range lower.Elements[int](v.Start, dims, v.Strides) {
		out = append(out, source(element))
	}
	return out
}

// move returns the origins of the elements that a move writes.
func (p *plan) move(m *lower.Move, size int) []origin {
	out := make([]origin, size)
	for i := range out {
		out[i] = constantAt + origin(m.Fill)
	}
	for _, piece := range m.Pieces {
		source := p.source(piece.From.Array)
		piece.Each(func(from, to int) { out[to] = source(from) })
	}
	return out
}

// inPlaces is origins in the order of places, of which −1 holds none.
func inPlaces(w []origin, order []int) []origin {
	out := make([]origin, len(order))
	for place, at := range order {
		if at >= 0 {
			out[place] = w[at]
		}
	}
	return out
}

// maker is the unit that makes an element, or nil.
func (p *plan) maker(o origin) *unit {
	if number, _ := o.unit(); number >= 0 {
		return p.Units[number]
	}
	return nil
}

// whole finds the unit whose elements these are, each once, and the order in which they lie
// there.
func (p *plan) whole(w []origin) (*unit, []int) {
	u := p.maker(w[0])
	if u == nil || u.N != len(w) {
		return nil, nil
	}
	order := slices.Repeat([]int{-1}, len(u.Order))
	for i, o := range w {
		place := u.place(o)
		if place < 0 || order[place] >= 0 {
			return nil, nil
		}
		order[place] = i
	}
	return u, order
}

// stored is a unit that keeps all of some elements of an array, and the order in which they
// lie; a gather in C order when no unit has just these.
func (p *plan) stored(a *lower.Array, w []origin) (*unit, []int) {
	if u, order := p.whole(w); u != nil {
		return u, order
	}
	lanes, order := inOrder(len(w), p.Lanes)
	return p.gather(a, inPlaces(w, order), lanes), order
}

// arranged is a unit that keeps elements in these places.
func (p *plan) arranged(a *lower.Array, places []origin, lanes int) *unit {
	if u := p.maker(places[0]); u != nil && u.Lanes == lanes && slices.Equal(u.kept(), places) {
		return u
	}
	return p.gather(a, places, lanes)
}

// kept is the element in each of the unit's places.
func (u *unit) kept() []origin {
	out := make([]origin, len(u.Order))
	for place, element := range u.Order {
		if element >= 0 {
			out[place] = made(u, element)
		}
	}
	return out
}

// place is where the unit keeps an element, or −1 for one of another unit.
func (u *unit) place(o origin) int {
	number, element := o.unit()
	if number != u.number {
		return -1
	}
	if u.places == nil {
		u.places = make([]int, u.N)
		for place, e := range u.Order {
			if e >= 0 {
				u.places[e] = place
			}
		}
	}
	return u.places[element]
}

// gather makes, once, the unit that brings elements of an array into these places, one a clock.
func (p *plan) gather(a *lower.Array, places []origin, lanes int) *unit {
	u := p.collector(a, places, lanes)
	key := u.key()
	if p.gathers[key] == nil {
		p.gathers[key] = p.add(u)
	}
	return p.gathers[key]
}

// collector is a gather of its own; an array that is computed once is gathered once.
func (p *plan) collector(a *lower.Array, places []origin, lanes int) *unit {
	order, n := make([]int, len(places)), 0
	for place, o := range places {
		order[place] = -1
		if o != 0 {
			order[place] = n
			n++
		}
	}
	u := &unit{Kind: kindGather, Array: a, Text: a.String(), Sources: places, vector: newVector(a.Range, lanes, order)}
	numbers := map[int]bool{}
	for _, o := range places {
		if n, _ := o.unit(); n >= 0 && !numbers[n] {
			numbers[n] = true
			u.Xs = append(u.Xs, p.Units[n])
		}
	}
	for _, x := range u.Xs {
		if x.Clock != u.Clock {
			u.Clock = p.clock
		}
	}
	return u
}

// key tells gathers apart, by a digest: the lists are long.
func (u *unit) key() [sha256.Size]byte {
	text := binary.LittleEndian.AppendUint64(nil, uint64(u.Lanes))
	text = binary.LittleEndian.AppendUint64(text, uint64(u.Clock))
	for _, from := range u.Sources {
		text = binary.LittleEndian.AppendUint64(text, uint64(from))
	}
	return sha256.Sum256(text)
}
