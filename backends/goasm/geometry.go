package goasm

import (
	"slices"

	"nomul/backends/lower"
)

// image are the elements of the image that windows see, pixel by pixel, each with the channels
// of all groups; ok is false without windows.
func (f *folded) image() (image order, ok bool) {
	v, w, n := f.Fold.X, f.Windows, len(f.Windows.In)
	if n == 0 {
		return nil, false
	}
	start, dims, strides := v.Start, []int{}, []int{}
	along := func(axes []int, extents []int, first int) {
		for _, axis := range axes {
			dims, strides = append(dims, extents[axis-first]), append(strides, v.Strides[axis])
		}
	}
	places, taps := len(f.Fold.Places), len(f.Fold.Taps)
	along(f.PositionAxes[:len(f.PositionAxes)-n], f.Fold.Places, 0)
	for i, in := range w.In {
		place, tap := v.Strides[places-n+i], v.Strides[places+taps-n+i]
		stride := place / w.Stride[i]
		if stride*w.Stride[i] != place || stride*w.Dilation[i] != tap {
			return nil, false
		}
		start += w.Begin[i] * stride
		dims, strides = append(dims, in), append(strides, stride)
	}
	along(f.GroupAxes, f.Fold.Places, 0)
	for axis := range taps - n {
		along([]int{places + axis}, f.Fold.Taps, places)
	}
	return elements(start, dims, strides), true
}

// geometry is where the windows of a convolution lie in its padded image.
type geometry struct {
	rows                 order // for each padded line, the line of x; −1 outside, and where no window sees it
	starts               order // for each line of results, the pixel of its first window
	before, width, after int   // pixels of a line
	places, step         int
	parts                [][3]int // first and last pixel of a part, and the tap that its rows begin with
}

// oneLine is so many positions that do not see one another.
func oneLine(positions int) geometry {
	return geometry{rows: order{0}, starts: order{0}, width: positions, places: positions, step: 1, parts: [][3]int{{0, 1, 0}}}
}

// line is the number of pixels of a padded line.
func (g geometry) line() int { return g.before + g.width + g.after }

func (g geometry) pixels() int { return len(g.rows) * g.line() }

// tapWords has, for each input of a window, its word, counted from the window's first.
func (g geometry) tapWords(channels int) (out order) {
	for _, p := range g.parts {
		out = append(out, elements(p[0]*channels, []int{(p[1] - p[0]) * channels}, []int{1})...)
	}
	return out
}

// scaled multiplies by a factor; negative numbers stay.
func (o order) scaled(factor int) order {
	out := slices.Clone(o)
	for i, e := range out {
		if e >= 0 {
			out[i] = e * int32(factor)
		}
	}
	return out
}

// geometry is that of windows in images of these elements. Lines go along the last axis; those
// of a window, and of the windows' first ones, are counted in the padded images.
func (f *folded) geometry(image order) geometry {
	w, last := f.Windows, len(f.Windows.In)-1
	g := geometry{before: w.Begin[last], width: w.In[last], places: w.Out[last], step: w.Stride[last]}
	g.after = max(0, lower.Reach(w, last)-g.before-g.width)
	images := f.Channels()
	extents, lines := []int{images}, images
	for axis := range last {
		extents, lines = append(extents, lower.Reach(w, axis)), lines*lower.Reach(w, axis)
	}
	first, taps := lower.Strides(extents), lower.Strides(extents)[1:]
	for axis := range last {
		first[1+axis] *= w.Stride[axis]
		taps[axis] *= w.Dilation[axis]
	}
	starts, tapLines := elements(0, slices.Concat([]int{images}, w.Out[:last]), first), elements(0, w.Kernel[:last], taps)
	g.rows = slices.Repeat(order{-1}, lines)
	places, pixels := image.places(f.Fold.X.Array.Type.Size()), int32(len(image)/images/lower.Size(w.In)*g.width)
	for position := range f.Positions {
		for tap := range w.Taps() {
			if e := f.X(position, 0, tap); e >= 0 {
				g.rows[starts[position/g.places]+tapLines[tap/w.Kernel[last]]] = places[e] / pixels
			}
		}
	}
	g.starts = starts.scaled(g.line())
	for i, line := range tapLines {
		g.addParts(int(line)*g.line(), i*w.Kernel[last], w.Kernel[last], w.Dilation[last])
	}
	return g
}

// addParts adds the pixels of one line of a window: one run, or single ones
// when the window skips pixels. Rows are found by the distance from the
// window's first pixel, so single ones are set right by their own tap.
func (g *geometry) addParts(first, tap, kernel, dilation int) {
	if dilation == 1 || kernel == 1 {
		g.parts = append(g.parts, [3]int{first, first + kernel, tap})
		return
	}
	for k := range kernel {
		g.parts = append(g.parts, [3]int{first + k*dilation, first + k*dilation + 1, tap + k - k*dilation})
	}
}
