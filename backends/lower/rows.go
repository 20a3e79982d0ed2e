package lower

import (
	"slices"

	"nomul/ir"
)

// Rows describes a fold as layers of a network are described. An axis of the places is of
// groups, where X and Weight both go along it, of outputs, where Weight alone does, or of
// positions. An input is a tap that a place sees; with windows, one of a channel at a tap of
// the kernel. Positions, groups, outputs and inputs are numbered in C order of their axes.
type Rows struct {
	// Axes of the places, and how many of each there are.
	GroupAxes, OutputAxes, PositionAxes []int
	Groups, Outputs, Positions, Inputs  int
	// Windows are those of the last axes of the positions over the last axes of the taps; it
	// has none where each position sees elements of its own.
	Windows ir.Windows

	x, weight, start, place route
	within                  []route
	extents                 []int
}

// The classes of the axes of a fold.
const (
	positions = iota
	groups
	outputs
	inputs
	classes
)

// route is a view by class: the element at a position, group, output and input is the sum of
// the first one and of an offset for each.
type route struct {
	first int
	by    [classes][]int
}

// newRoute takes a view apart by the axes of each class; strides of axes that it lacks are 0.
func newRoute(first int, strides, dims []int, axes [classes][]int) route {
	r := route{first: first}
	for class, of := range axes {
		var extents, along []int
		for _, axis := range of {
			stride := 0
			if axis < len(strides) {
				stride = strides[axis]
			}
			extents, along = append(extents, dims[axis]), append(along, stride)
		}
		r.by[class] = Elements[int](0, extents, along)
	}
	return r
}

func (r *route) at(position, group, output, input int) int {
	return r.first + r.by[positions][position] + r.by[groups][group] + r.by[outputs][output] + r.by[inputs][input]
}

// Rows returns the description of a fold.
func (f *Fold) Rows() *Rows {
	r := &Rows{}
	var axes [classes][]int
	for axis := range f.Places {
		class := f.class(axis)
		axes[class] = append(axes[class], axis)
	}
	for axis := range f.Taps {
		axes[inputs] = append(axes[inputs], len(f.Places)+axis)
	}
	r.PositionAxes, r.GroupAxes, r.OutputAxes = axes[positions], axes[groups], axes[outputs]
	dims := slices.Concat(f.Places, f.Taps)
	r.place = newRoute(0, Strides(f.Places), dims, axes)
	r.x = newRoute(f.X.Start, f.X.Strides, dims, axes)
	if f.Weight != nil {
		r.weight = newRoute(f.Weight.Start, f.Weight.Strides, dims, axes)
	}
	if f.Start != nil {
		r.start = newRoute(f.Start.Start, f.Start.Strides, dims, axes)
	}
	for _, w := range f.X.Within {
		r.within, r.extents = append(r.within, newRoute(w.Start, w.Strides, dims, axes)), append(r.extents, w.Extent)
	}
	by := r.x.by
	r.Positions, r.Groups, r.Outputs, r.Inputs = len(by[positions]), len(by[groups]), len(by[outputs]), len(by[inputs])
	r.Windows = f.Windows()
	return r
}

// class of an axis of the places.
func (f *Fold) class(axis int) int {
	switch {
	case f.Weight == nil || f.Weight.Strides[axis] == 0:
		return positions
	case f.X.Strides[axis] == 0:
		return outputs
	}
	return groups
}

// Windows returns those of the last axes, one for each within; none where a within is of
// another kind.
func (f *Fold) Windows() ir.Windows {
	var w ir.Windows
	n := len(f.X.Within)
	for i, in := range f.X.Within {
		place, tap := len(f.Places)-n+i, len(f.Places)+len(f.Taps)-n+i
		if place < 0 || tap < len(f.Places) || !in.ties(place, tap) {
			return ir.Windows{}
		}
		w.In, w.Begin = append(w.In, in.Extent), append(w.Begin, -in.Start)
		w.Out, w.Kernel = append(w.Out, f.Places[place]), append(w.Kernel, f.Taps[tap-len(f.Places)])
		w.Stride, w.Dilation = append(w.Stride, in.Strides[place]), append(w.Dilation, in.Strides[tap])
	}
	return w
}

// ties reports whether a within goes along these two axes alone.
func (w *Within) ties(place, tap int) bool {
	for axis, stride := range w.Strides {
		if stride != 0 && axis != place && axis != tap {
			return false
		}
	}
	return w.Strides[place] > 0 && w.Strides[tap] > 0
}

// Bounded reports whether positions see padding, but through no windows.
func (r *Rows) Bounded() bool { return len(r.within) > 0 && len(r.Windows.In) == 0 }

// X returns the element that an input of a position is, or -1 for padding.
func (r *Rows) X(position, group, input int) int {
	for i := range r.within {
		if at := r.within[i].at(position, group, 0, input); at < 0 || at >= r.extents[i] {
			return -1
		}
	}
	return r.x.at(position, group, 0, input)
}

// Weight returns the element of the weights from an input to an output.
func (r *Rows) Weight(group, output, input int) int { return r.weight.at(0, group, output, input) }

// Start returns the element of the start values for a place.
func (r *Rows) Start(position, group, output int) int { return r.start.at(position, group, output, 0) }

// Place returns the element of the result.
func (r *Rows) Place(position, group, output int) int { return r.place.at(position, group, output, 0) }

// Channels is the number of positions that windows leave alone: all of them without windows,
// but one where padding is seen in another way.
func (r *Rows) Channels() int {
	if r.Bounded() {
		return 1
	}
	return r.Positions / Size(r.Windows.Out)
}

// Pixels describes a fold without weights by pixels: each position of the windows is one, and has
// as many channels as positions are left alone. Pooled returns the position of a channel.
func (r *Rows) Pixels() (p Pixels, pooled func(pixel, channel int) int) {
	n := r.Positions / r.Channels()
	pooled = func(pixel, channel int) int { return channel*n + pixel }
	return Pixels{n, r.Inputs, r.Channels(), func(pixel, tap, channel int) int { return r.X(pooled(pixel, channel), 0, tap) }}, pooled
}

// Pixels are the places of a fold and, under each tap, a pixel of the operand: X is the element of
// each of its channels, or -1 for padding.
type Pixels struct {
	Count, Taps, Channels int
	X                     func(pixel, tap, channel int) int
}

// Cells lists the pixels of the operand, by the elements of their channels, and the number
// of the one under each tap of each pixel of the result; −1 is padding.
func (p Pixels) Cells() (cells, seen [][]int) {
	number := map[int]int{} // of a cell, by its first element
	for pixel := range p.Count {
		row := make([]int, p.Taps)
		for tap := range row {
			row[tap] = p.X(pixel, tap, 0)
			if first := row[tap]; first >= 0 && number[first] == 0 {
				cell := make([]int, p.Channels)
				for c := range cell {
					cell[c] = p.X(pixel, tap, c)
				}
				cells = append(cells, cell)
				number[first] = -1
			}
		}
		seen = append(seen, row)
	}
	slices.SortFunc(cells, func(a, b []int) int { return a[0] - b[0] })
	for i, cell := range cells {
		number[cell[0]] = i
	}
	for _, row := range seen {
		for tap, first := range row {
			if first >= 0 {
				row[tap] = number[first]
			}
		}
	}
	return cells, seen
}
