package lower

import (
	"encoding/binary"
	"slices"
)

// Classes are the elements of a grid less repetitions: places of an axis at which all elements are
// the same are of one class, which has them once. The border of padding leaves few classes of rows
// and of columns.
type Classes struct {
	// Data has the elements of the first place of each class, in C order.
	Data []int64
	// Strides are the distances in Data along the axes, 0 along those that go by class.
	Strides []int
	// Offsets are, for each axis that goes by class, those of its places in Data.
	Offsets [][]int64
}

// ClassesOf finds the classes of data in C order of a grid, along some axes. An axis goes by class
// where it has half as many classes as places or fewer.
func ClassesOf(data []int64, dims, axes []int) Classes {
	dims = slices.Clone(dims)
	classes := make([][]int, len(dims))
	for _, axis := range axes {
		if of, first := classesAlong(data, dims, axis); 2*len(first) <= len(of) {
			data, classes[axis] = placesAlong(data, dims, axis, first), of
			dims[axis] = len(first)
		}
	}
	c := Classes{data, Strides(dims), make([][]int64, len(dims))}
	for axis, of := range classes {
		for _, class := range of {
			c.Offsets[axis] = append(c.Offsets[axis], int64(class*c.Strides[axis]))
		}
		if of != nil {
			c.Strides[axis] = 0
		}
	}
	return c
}

// classesAlong numbers the classes of the places of an axis, and lists the first place of each.
func classesAlong(data []int64, dims []int, axis int) (of, first []int) {
	number := map[string]int{}
	for place := range dims[axis] {
		var elements []byte
		for _, n := range placesAlong(data, dims, axis, []int{place}) {
			elements = binary.LittleEndian.AppendUint64(elements, uint64(n))
		}
		class, known := number[string(elements)]
		if !known {
			class = len(first)
			number[string(elements)], first = class, append(first, place)
		}
		of = append(of, class)
	}
	return of, first
}

// placesAlong are the elements at some places of an axis, in C order.
func placesAlong(data []int64, dims []int, axis int, places []int) []int64 {
	inner := Size(dims[axis+1:])
	out := make([]int64, 0, len(data)/dims[axis]*len(places))
	for outer := 0; outer < len(data); outer += inner * dims[axis] {
		for _, place := range places {
			out = append(out, data[outer+place*inner:][:inner]...)
		}
	}
	return out
}
