package goasm

import (
	"slices"

	"nomul/ir"
)

// convolved is a convolution, with weights as a matrix whose inputs are those of
// a window, pixel by pixel.
type convolved struct {
	weights   matrix
	windows   ir.Windows
	rank      int // of the operand
	channel   int // its axis
	channels  int
	outer     int // images: the product of the axes before the channel
	pointwise bool
}

func convShape(v *ir.Value) convolved {
	w, xs := ir.WindowsOf(v), v.Args[0].Type.Shape
	c := convolved{windows: w, rank: xs.Rank(), channel: xs.Rank() - len(w.In) - 1, outer: 1}
	c.channels = xs.Dim(c.channel)
	for _, d := range xs.Dims()[:c.channel] {
		c.outer *= d
	}
	c.pointwise = true
	for i := range w.In {
		c.pointwise = c.pointwise && w.Kernel[i] == 1 && w.Out[i] == w.In[i] && w.Begin[i] == 0
	}
	c.weights = convMatrix(v, w.Taps(), c.channels)
	return c
}

// linearShape is a linear at several positions, as windows of one position.
func linearShape(v *ir.Value) convolved {
	xs := v.Args[0].Type.Shape
	c := convolved{weights: matrixOf(v.Args[1]), rank: xs.Rank(), channel: xs.Rank() - 1, outer: 1, pointwise: true}
	c.channels = c.weights.inputs
	return c
}

// mostAbreast is the most inputs of positions taken at once: their rows stay in the nearest cache.
const mostAbreast = 256

// abreast takes as many of the positions at once as fill a row of sums, where a
// layer of few outputs sees them one by one: each has its own inputs and outputs,
// which lie side by side, and for those of the others a weight of 0.
func (c convolved) abreast(positions int) convolved {
	most := 1
	for n := 2; c.pointwise && n*c.weights.outputs <= tile8x64.outputs && n*c.channels <= mostAbreast; n++ {
		if positions%n == 0 {
			most = n
		}
	}
	c.weights, c.channels = c.weights.repeated(most), most*c.channels
	return c
}

// convMatrix has the weights[M,C/G,taps…] as outputs and inputs[taps,C]; what is
// in another group counts as 0.
func convMatrix(v *ir.Value, taps, channels int) matrix {
	data, outputs := v.Args[1].Const().I, v.Args[1].Type.Shape.Dim(0)
	groups := v.Attrs.(ir.ConvAttrs).Groups
	m := matrix{outputs: outputs, inputs: taps * channels, data: make([]int64, outputs*taps*channels)}
	of := channels / groups
	for n := range outputs {
		first := n / (outputs / groups) * of
		for c := range of {
			for tap := range taps {
				m.data[n*m.inputs+tap*channels+first+c] = data[(n*of+c)*taps+tap]
			}
		}
	}
	return m
}

// axes are those of the operand and the result in memory: channels innermost.
func (c convolved) axes() []int { return channelLast(c.rank, c.channel) }

// geometry is where the windows of a convolution lie in its padded image.
type geometry struct {
	rows                 []int // for each padded line, the line of x; −1 outside, and where no window sees it
	starts               []int // for each line of results, the pixel of its first window
	before, width, after int   // pixels of a line
	places, step         int
	parts                [][3]int // first and last pixel of a part, and the tap that its rows begin with
	taps                 int
}

// oneLine is so many positions that do not see one another.
func oneLine(positions int) geometry {
	return geometry{rows: []int{0}, starts: []int{0}, width: positions, places: positions, step: 1, parts: [][3]int{{0, 1, 0}}, taps: 1}
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

func (c convolved) geometry(size int) geometry {
	if c.pointwise {
		return oneLine(size / c.channels)
	}
	w, last := c.windows, len(c.windows.In)-1
	g := geometry{before: w.Begin[last], width: w.In[last], places: w.Out[last], step: w.Stride[last], taps: w.Taps()}
	g.after = max(0, extent(w, last)-g.before-g.width)
	g.rows, g.starts = paddedLines(w, c.outer)
	windowLines := tapLines(w)
	for i := range g.starts {
		g.starts[i] *= g.line()
	}
	for i, line := range windowLines {
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
	rows, starts = upTo(outer), upTo(outer)
	for axis := range len(w.In) - 1 {
		reach, seen := extent(w, axis), seen(w, axis)
		var nextRows, nextStarts []int
		for _, row := range rows {
			for i := range reach {
				at := i - w.Begin[axis]
				if row < 0 || at < 0 || at >= w.In[axis] || !seen[i] {
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

// seen tells which padded places of an axis windows see; strides may skip some.
func seen(w ir.Windows, axis int) map[int]bool {
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
