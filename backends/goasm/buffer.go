package goasm

import (
	"encoding/binary"
	"slices"

	"nomul/ir"
)

// form is how a value lies in memory.
type form uint8

const (
	array  form = iota // an input or output: an array as the user sees it
	narrow             // a vector of int16, padded to whole tiles
	full               // a vector of int32, padded to whole tiles, with room for one more
	packed             // spikes, 64 to a word
	planes             // numbers in bit planes, each like packed spikes
)

// buffer is the memory of one value.
type buffer struct {
	name   string
	form   form
	size   int    // elements
	elem   string // of an array
	steps  int    // of an input that has a new value each step: how many; else 0
	planes int
	value  *ir.Value
}

// words is the length of packed spikes or of one bit plane.
func (b *buffer) words() int { return padded(b.size) / 64 }

// view is a value in memory: several views share a buffer when they differ in
// the meaning of its elements only.
type view struct {
	*buffer
	order order
}

// conversion is a buffer in another form or order; from has, for each place, the
// place that it is copied from, nil when they are the same.
type conversion struct {
	form form
	from []int
	to   *buffer
}

func (p *plan) buffer(v *ir.Value, name string, f form) *buffer {
	b := &buffer{name: p.scope.claim(name), form: f, size: v.Type.Size(), value: v}
	p.buffers = append(p.buffers, b)
	return b
}

// result makes the buffer of a value, in an order.
func (p *plan) result(v *ir.Value, f form, o order) *buffer {
	b := p.buffer(v, v.Name, f)
	p.of[v] = &view{b, o}
	return b
}

// at is where a value lies. A constant that is read like any other value is laid
// out when it is first asked for; most are parameters and laid out with their reader.
func (p *plan) at(v *ir.Value) *view {
	if c := v.Const(); c != nil && p.of[v] == nil {
		f := full
		if v.Type.IsSpike() {
			f = packed
		}
		s := p.call(v, p.result(v, f, order{}))
		s.ground(p, c.I)
		p.add(ir.Once, s)
	}
	return p.of[v]
}

// convert gives a view in another form and order; it adds a stage where needed.
func (p *plan) convert(v *ir.Value, f form, o order) *view {
	x := p.at(v)
	from := x.moves(o)
	if x.form == f && from == nil {
		return x
	}
	for _, c := range p.converted[x.buffer] {
		if c.form == f && slices.Equal(c.from, from) {
			return &view{c.to, o}
		}
	}
	b := p.buffer(root(v), root(v).Name+map[form]string{full: "Vector", packed: "Spikes", planes: "Counts"}[f], f)
	b.size, b.planes = x.size, x.buffer.planes
	p.converted[x.buffer] = append(p.converted[x.buffer], conversion{f, from, b})
	p.add(v.Clock, p.conversionStage(x, b, from))
	return &view{b, o}
}

// moves says where each place in the given order is copied from; nil if nothing moves.
func (x *view) moves(o order) []int {
	if x.order.same(o) {
		return nil
	}
	places, out := x.order.places(x.size), make([]int, x.size)
	for place := range out {
		out[place] = places[o.element(place)]
	}
	return out
}

// vector gives a value as a vector in the order it has.
func (p *plan) vector(v *ir.Value) *view {
	x := p.at(v)
	if x.form == narrow {
		return x
	}
	return p.convert(v, full, x.order)
}

// full gives a value as a vector of 32 bits in an order.
func (p *plan) full(v *ir.Value, o order) *view { return p.convert(v, full, o) }

// spikes gives spikes packed, and numbers that lie in bit planes as they are, in an order.
func (p *plan) spikes(v *ir.Value, o order) *view {
	if p.at(v).form == planes {
		return p.convert(v, planes, o)
	}
	return p.convert(v, packed, o)
}

// conversionStage copies x to b.
func (p *plan) conversionStage(x *view, b *buffer, from []int) *callStage {
	s := p.call(x.value, b)
	s.line = "%" + x.value.Name + " in another form"
	to := inverse(from)
	bits := x.form == packed || x.form == planes
	switch vector := b.form == full || b.form == array; {
	case vector && from == nil && bits:
		s.do("unpack(%s, m.%s, %d)", b.elements(), x.name, x.words())
	case vector && from == nil:
		s.do("widen(%s, %s)", b.elements(), x.elements())
	case vector && bits:
		s.do("unpackAt(%s, m.%s, %d, m.%s)", b.elements(), x.name, x.words(), s.table(p, "To", to))
	case vector:
		s.do("gather(%s, %s, m.%s)", b.elements(), x.elements(), s.table(p, "From", from))
	case bits:
		s.do("clear(m.%s)", b.name)
		s.scatterBits(x, s.table(p, "To", to))
	case from == nil:
		s.do("pack(m.%s, %s)", b.name, x.elements())
	default:
		s.do("packAt(m.%s, %s, m.%s)", b.name, x.elements(), s.table(p, "From", from))
	}
	return s
}

// scatterBits sets, in every plane, the bits that a table says.
func (s *callStage) scatterBits(x *view, table string) {
	for plane := range max(1, x.planes) {
		s.do("scatterBits(m.%s[%d:], m.%s[%d:%d], m.%s)", s.dst.name, plane*s.dst.words(),
			x.name, plane*x.words(), (plane+1)*x.words(), table)
	}
}

// inverse says where each place goes, if from says where it comes from.
func inverse(from []int) []int {
	out := make([]int, len(from))
	for to, place := range from {
		out[place] = to
	}
	return out
}

// room returns bytes with room for more: twice as much as before, at least. Memory that is
// not written yet costs nothing, but append clears it, and copies more often.
func room(out []byte, more int) []byte {
	if cap(out)-len(out) >= more {
		return out
	}
	return append(make([]byte, 0, max(2*cap(out), len(out)+more)), out...)
}

// integers appends numbers to weights.bin, filled up to whole tiles.
func (p *plan) integers(data []int64, size, bytes int, fill int64) section {
	from, zero := len(p.blob), fill == 0
	p.blob = room(p.blob, padded(size)*bytes)
	for i := range padded(size) {
		e := fill
		if i < len(data) {
			e = data[i]
		}
		zero = zero && e == 0
		if bytes == 2 {
			p.blob = binary.LittleEndian.AppendUint16(p.blob, uint16(e))
		} else {
			p.blob = binary.LittleEndian.AppendUint32(p.blob, uint32(e))
		}
	}
	if zero {
		p.zeros = max(p.zeros, len(p.blob)-from)
		p.blob = p.blob[:from]
		return section{}
	}
	return section{from, len(p.blob)}
}

// table appends numbers of 32 bits to weights.bin, as many as there are; what
// follows begins on a cache line again.
func (p *plan) table(data []int) section {
	from := len(p.blob)
	p.blob = room(p.blob, 4*len(data)+63)
	for _, e := range data {
		p.blob = binary.LittleEndian.AppendUint32(p.blob, uint32(e))
	}
	to := len(p.blob)
	p.blob = append(p.blob, make([]byte, -to&63)...)
	return section{from, to}
}
