package goasm

import (
	"slices"

	"nomul/ir"
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
	rows                 []int // for each padded line, the line of x; −1 outside, and where no window sees it
	starts               []int // for each line of results, the pixel of its first window
	before, width, after int   // pixels of a line
	places, step         int
	parts                [][3]int // first and last pixel of a part, and the tap that its rows begin with
}

// oneLine is so many positions that do not see one another.
func oneLine(positions int) geometry {
	return geometry{rows: []int{0}, starts: []int{0}, width: positions, places: positions, step: 1, parts: [][3]int{{0, 1, 0}}}
}

// line is the number of pixels of a padded line.
func (g geometry) line() int { return g.before + g.width + g.after }

func (g geometry) pixels() int { return len(g.rows) * g.line() }

// tapWords has, for each input of a window, its word, counted from the window's first.
func (g geometry) tapWords(channels int) []int {
	var out []int
	for _, p := range g.parts {
		for i := p[0] * channels; i < p[1]*channels; i++ {
			out = append(out, i)
		}
	}
	return out
}

// scaled multiplies by a factor.
func scaled(list []int, factor int) []int {
	out := slices.Clone(list)
	for i := range out {
		out[i] *= factor
	}
	return out
}

// lines has the element that each line begins with.
func (g geometry) lines(channels int) []int {
	out := slices.Clone(g.rows)
	for i, line := range out {
		if line >= 0 {
			out[i] = line * g.width * channels
		}
	}
	return out
}

// newGeometry is that of windows in as many images as there are elements.
func newGeometry(w ir.Windows, size, channels int) geometry {
	last := len(w.In) - 1
	for _, in := range w.In {
		size /= in
	}
	g := geometry{before: w.Begin[last], width: w.In[last], places: w.Out[last], step: w.Stride[last]}
	g.after = max(0, extent(w, last)-g.before-g.width)
	g.rows, g.starts = paddedLines(w, size/channels)
	for i := range g.starts {
		g.starts[i] *= g.line()
	}
	for i, line := range tapLines(w) {
		g.addParts(line*g.line(), i*w.Kernel[last], w.Kernel[last], w.Dilation[last])
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

// extent is how many padded elements of an axis the windows reach, at least all of x.
func extent(w ir.Windows, axis int) int {
	return max(w.Begin[axis]+w.In[axis], (w.Out[axis]-1)*w.Stride[axis]+(w.Kernel[axis]-1)*w.Dilation[axis]+1)
}

// paddedLines lists, over all axes but the last and all images, the line of x of
// each padded line, and the padded line of each line of results.
func paddedLines(w ir.Windows, outer int) (rows, starts []int) {
	rows = upTo(outer)
	starts = slices.Clone(rows)
	for axis := range len(w.In) - 1 {
		reach, visited := extent(w, axis), visited(w, axis)
		var nextRows, nextStarts []int
		for _, row := range rows {
			for i := range reach {
				at := i - w.Begin[axis]
				if row < 0 || at < 0 || at >= w.In[axis] || !visited[i] {
					nextRows = append(nextRows, -1)
				} else {
					nextRows = append(nextRows, row*w.In[axis]+at)
				}
			}
		}
		for _, start := range starts {
			for o := range w.Out[axis] {
				nextStarts = append(nextStarts, start*reach+o*w.Stride[axis])
			}
		}
		rows, starts = nextRows, nextStarts
	}
	return rows, starts
}

// visited tells which padded places of an axis windows see; strides may skip some.
func visited(w ir.Windows, axis int) map[int]bool {
	out := map[int]bool{}
	for o := range w.Out[axis] {
		for k := range w.Kernel[axis] {
			out[o*w.Stride[axis]+k*w.Dilation[axis]] = true
		}
	}
	return out
}

// tapLines lists the padded lines of a window, counted from its first.
func tapLines(w ir.Windows) []int {
	lines := []int{0}
	for axis := range len(w.In) - 1 {
		var next []int
		for _, line := range lines {
			for k := range w.Kernel[axis] {
				next = append(next, line*extent(w, axis)+k*w.Dilation[axis])
			}
		}
		lines = next
	}
	return lines
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
