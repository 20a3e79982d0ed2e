package lower

import (
	"slices"

	"nomul/ir"
)

// View is where the elements of a grid are in an array: the one at index i is element
// Start + Σ Strides[axis]·i[axis].
type View struct {
	Array   *Array
	Start   int
	Strides []int
	// Within leave out elements: all must hold of an index, else there is padding.
	Within []Within
}

// Within holds of an index i where Start + Σ Strides[axis]·i[axis] is in 0..Extent−1.
type Within struct {
	Start   int
	Strides []int
	Extent  int
}

// At returns the element at an index, or −1 for padding.
func (v *View) At(index []int) int {
	for _, w := range v.Within {
		if at := along(w.Start, w.Strides, index); at < 0 || at >= w.Extent {
			return -1
		}
	}
	return along(v.Start, v.Strides, index)
}

func along(start int, strides, index []int) int {
	for axis, i := range index {
		start += strides[axis] * i
	}
	return start
}

// Size returns the number of elements of a grid.
func Size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Elements returns those of a grid in C order, by the first one and the strides of the axes.
func Elements[T int | int32 | int64](first int, dims, strides []int) []T {
	out := []T{T(first)}
	for axis, d := range dims {
		next := make([]T, 0, len(out)*d)
		for _, from := range out {
			for i := range d {
				next = append(next, from+T(i*strides[axis]))
			}
		}
		out = next
	}
	return out
}

// Repeats reports whether data repeat after so many.
func Repeats(data []int64, after int) bool {
	for i := after; i < len(data); i++ {
		if data[i] != data[i-after] {
			return false
		}
	}
	return true
}

// Pick lists the items of some axes.
func Pick(items, axes []int) []int {
	var out []int
	for _, axis := range axes {
		out = append(out, items[axis])
	}
	return out
}

// Reach is the extent, with its padding, of the elements that windows go over along an axis, all of
// the operand's at least.
func Reach(w ir.Windows, axis int) int {
	return max(w.Begin[axis]+w.In[axis], (w.Out[axis]-1)*w.Stride[axis]+(w.Kernel[axis]-1)*w.Dilation[axis]+1)
}

// grid is a value as a view of some shape: how its elements lie in an array.
type grid struct {
	array   *Array
	start   int
	dims    []int
	strides []int
}

// whole is the grid of an array in C order.
func whole(a *Array) grid {
	dims := a.Type.Shape.Dims()
	return grid{a, 0, dims, Strides(dims)}
}

// Strides returns the distances of neighbours along each axis in C order.
func Strides(dims []int) []int {
	out, stride := make([]int, len(dims)), 1
	for axis, d := range slices.Backward(dims) {
		out[axis] = stride
		stride *= d
	}
	return out
}

// through is the view of a grid's array with other strides, from the same element on.
func (g grid) through(strides []int) View {
	return View{Array: g.array, Start: g.start, Strides: strides}
}

// stretched is the view of a grid broadcast to more or larger axes.
func (g grid) stretched(dims []int) View {
	v := g.through(make([]int, len(dims)))
	for axis, d := range g.dims {
		if d > 1 {
			v.Strides[len(dims)-len(g.dims)+axis] = g.strides[axis]
		}
	}
	return v
}

// permuted is the grid with its axes in another order.
func (g grid) permuted(perm []int) grid {
	out := grid{array: g.array, start: g.start}
	for _, p := range perm {
		out.dims, out.strides = append(out.dims, g.dims[p]), append(out.strides, g.strides[p])
	}
	return out
}

// sliced is every step-th element along an axis, from one on.
func (g grid) sliced(axis, from, count, step int) grid {
	out := grid{g.array, g.start + from*g.strides[axis], slices.Clone(g.dims), slices.Clone(g.strides)}
	out.dims[axis], out.strides[axis] = count, step*g.strides[axis]
	return out
}

// broadcast is the grid with more or larger axes.
func (g grid) broadcast(dims []int) grid {
	v := g.stretched(dims)
	return grid{g.array, g.start, dims, v.Strides}
}

// reshaped is the grid with other axes over the same elements in the same order; ok is
// false where no strides go through the array like that.
func (g grid) reshaped(dims []int) (out grid, ok bool) {
	g = g.squeezed()
	out = grid{g.array, g.start, dims, make([]int, len(dims))}
	for from, to := 0, 0; from < len(g.dims); {
		// A group is the fewest axes of both that have as many elements.
		a, b, n, m := from+1, to+1, g.dims[from], dims[to]
		for n != m {
			if n < m {
				n *= g.dims[a]
				a++
			} else {
				m *= dims[b]
				b++
			}
		}
		stride, ok := OneStride(g.dims[from:a], g.strides[from:a])
		if !ok {
			return out, false
		}
		for axis, s := range Strides(dims[to:b]) {
			out.strides[to+axis] = s * stride
		}
		from, to = a, b
	}
	return out, true
}

// squeezed is the grid without axes of extent 1.
func (g grid) squeezed() grid {
	out := grid{array: g.array, start: g.start}
	for axis, d := range g.dims {
		if d > 1 {
			out.dims, out.strides = append(out.dims, d), append(out.strides, g.strides[axis])
		}
	}
	return out
}

// OneStride reports whether axes are gone through as if they were one, and its stride.
func OneStride(dims, strides []int) (stride int, ok bool) {
	n := 1
	for axis, d := range slices.Backward(dims) {
		switch {
		case d == 1:
		case n == 1:
			stride = strides[axis]
		case strides[axis] != stride*n:
			return 0, false
		}
		n *= d
	}
	return stride, true
}
