package goasm

import (
	"slices"

	"nomul/backends/lower"
)

// order is how the elements of an array lie in memory: for each place the element, or nil for
// C order. Convolutions want all channels of a pixel side by side, so an array need not lie in
// C order; whoever reads it takes its order over or has its elements put in another.
type order []int32

// elements are those of a grid in C order: of an array, by the strides of the grid's axes.
func elements(start int, dims, strides []int) order {
	return lower.Elements[int32](start, dims, strides)
}

// seen are the elements of a grid that a view goes through.
func seen(v *lower.View, dims []int) order { return elements(v.Start, dims, v.Strides) }

// orderOf is the order in which memory goes through axes of an array, the outermost first.
func orderOf(dims, axes []int) order {
	strides := lower.Strides(dims)
	return elements(0, lower.Pick(dims, axes), lower.Pick(strides, axes)).plain()
}

func (o order) same(p order) bool { return slices.Equal(o, p) }

// plain is C order where it is.
func (o order) plain() order {
	for i, e := range o {
		if e != int32(i) {
			return o
		}
	}
	return nil
}

// element is the element at a place in memory.
func (o order) element(place int) int {
	if o == nil {
		return place
	}
	return int(o[place])
}

// places has, for each of so many elements, its place in memory, or −1.
func (o order) places(size int) order {
	out := slices.Repeat(order{-1}, size)
	if o == nil {
		o = elements(0, []int{size}, []int{1})
	}
	for place, e := range o {
		if e >= 0 {
			out[e] = int32(place)
		}
	}
	return out
}

// pick puts the data of elements into an order; an element of −1 has 0.
func pick[S ~[]E, E int32 | int64](o order, data S) S {
	if o == nil {
		return data
	}
	out := make(S, len(o))
	for place, e := range o {
		if e >= 0 {
			out[place] = data[e]
		}
	}
	return out
}

// covers reports whether each of so many elements is there, once.
func (o order) covers(size int) bool {
	if len(o) != size {
		return false
	}
	met := make([]bool, size)
	for _, e := range o {
		if e < 0 || met[e] {
			return false
		}
		met[e] = true
	}
	return true
}
