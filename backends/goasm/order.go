package goasm

import (
	"slices"

	"nomul/backends/lower"
	"nomul/ir"
)

// order is how the elements of a value lie in memory. Convolutions want all
// channels of a pixel side by side, so a value need not lie in C order; whoever
// reads it takes its order over or has it put in another.
type order struct {
	at   []int32 // for each place in memory, the element in C order; nil for C order
	axes []int   // the axes from the outermost in memory to the innermost, where it is that simple
}

// orderOf is the order in which memory runs through permuted axes.
func orderOf(s ir.Shape, axes []int) order {
	stride := lower.Strides(s.Dims())
	at := []int32{0}
	for _, axis := range axes {
		next := make([]int32, 0, len(at)*s.Dim(axis))
		for _, from := range at {
			for i := range s.Dim(axis) {
				next = append(next, from+int32(i*stride[axis]))
			}
		}
		at = next
	}
	return order{at: at, axes: axes}.plain()
}

// plain is C order where it is.
func (o order) plain() order {
	for i, e := range o.at {
		if e != int32(i) {
			return o
		}
	}
	return order{}
}

func (o order) same(p order) bool { return slices.Equal(o.at, p.at) }

// axesOf are the axes of a value in memory, or nil.
func (o order) axesOf(s ir.Shape) []int {
	if o.at != nil {
		return o.axes
	}
	return upTo(s.Rank())
}

// element is the element at a place in memory.
func (o order) element(place int) int {
	if o.at == nil {
		return place
	}
	return int(o.at[place])
}

// places is, for each element in C order, its place in memory.
func (o order) places(size int) []int {
	out := make([]int, size)
	for place := range size {
		out[o.element(place)] = place
	}
	return out
}

// pick puts data from C order into this order; nil stays nil.
func (o order) pick(data []int64) []int64 {
	if o.at == nil || data == nil {
		return data
	}
	out := make([]int64, len(data))
	for place, e := range o.at {
		out[place] = data[e]
	}
	return out
}

// renamed is the order when element e becomes element to[e].
func (o order) renamed(to []int) order {
	out := order{at: make([]int32, len(to))}
	for place := range to {
		out.at[place] = int32(to[o.element(place)])
	}
	return out.plain()
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// channelLast are the axes with axis c innermost and the others in their order.
func channelLast(rank, c int) []int {
	return append(slices.Delete(upTo(rank), c, c+1), c)
}

// innermost tells whether the elements along an axis lie side by side, in their order.
func (o order) innermost(s ir.Shape, axis int) bool {
	extent, stride := s.Dim(axis), 1
	for _, d := range s.Dims()[axis+1:] {
		stride *= d
	}
	for place := range s.Size() {
		first := place - place%extent
		if o.element(place) != o.element(first)+place%extent*stride {
			return false
		}
	}
	return true
}

// stretch is the order of a value that is like one with axis a innermost, but
// has another extent there.
func (o order) stretch(from, to ir.Shape, a int) order {
	if axes := o.axesOf(from); axes != nil {
		i := slices.Index(axes, a) // an axis of extent 1 may stand anywhere
		return orderOf(to, append(slices.Delete(slices.Clone(axes), i, i+1), a))
	}
	var out order
	n, m := from.Dim(a), to.Dim(a)
	stride := 1
	for _, d := range from.Dims()[a+1:] {
		stride *= d
	}
	for place := 0; place < from.Size(); place += n {
		e := o.element(place)
		outer, inner := e/(n*stride), e%stride
		for i := range m {
			out.at = append(out.at, int32((outer*m+i)*stride+inner))
		}
	}
	return out.plain()
}
