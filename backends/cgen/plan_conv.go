package cgen

import (
	"nomul/backends/lower"
	"nomul/ir"
)

// conv is a planned convolution: for every place of the output, the rows of
// what its window sees are listed and added as in a linear layer, in memory of
// its own, and the sums go to the channels' places.
//
// The input is thought of with its padding around it, in C order, so that a
// window is the same list of taps everywhere. Spikes are first sorted by place:
// the list of a window is then that of its taps, and a row is a channel at a
// tap. Words are copied to between their padding, if there is any; then a window
// is collected from there, channel by channel, and sorted by digits.
type conv struct {
	rowSum
	x, y    place
	windows ir.Windows
	leads   int // before the channels
	inputs  int // channels of a group
	padded  []int
	places  int    // of the input, per channel
	taps    *array // from the first of a window, in the padded input
	inside  *array // of each place of the input, where it is in the padded one; nil: the same
	chunks  []chunk
	sums    string
	window  string // words of a window
	margin  string // words with their padding; empty: there is none
}

// chunk is a run of channels whose spikes are listed together, and the
// segments that consist of them.
type chunk struct {
	first, channels int
	segments        []segment
}

func (p *plan) planConv(v *ir.Value) {
	x, w, a := v.Arg(0), v.Arg(1), v.Attrs.(ir.ConvAttrs)
	c := &conv{x: p.place[x], y: p.place[v], windows: ir.WindowsOf(v), inputs: w.Type.Shape.Dim(1)}
	p.convs[v] = c
	c.rowSum = newRowSum(c.y.elem, w, a.Groups)
	c.places = product(c.windows.In)
	c.leads = x.Type.Size() / (c.places * c.inputs * c.groups)
	c.padded = paddedOf(c.windows)
	c.planDigits(c.x.elem, x.Range)
	if c.x.elem.packed {
		c.planChunks(w.Const().I)
		p.planPlaces(c, v)
	} else {
		c.cut(w.Const().I, 0, c.rows)
		p.planWindow(c)
	}
	p.planWeights(&c.rowSum, v)
	p.planTaps(c, v)
	out := product(c.windows.Out)
	bias := ir.Index(biasShape(v, len(c.windows.Out)), ir.ShapeOf(append([]int{c.groups * c.outs}, c.windows.Out...)...))
	p.planStart(&c.rowSum, v, out, func(n, at int) int64 { return biasAt(v, bias, n*out+at) })
	c.sums = p.lend("sums"+c.elem.suffix()[1:], c.elem, roundUp(c.outs, 4), "sums of one place, of the layer that runs")
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// paddedOf is the extent of the input with all the padding that windows look at.
func paddedOf(w ir.Windows) []int {
	out := make([]int, len(w.In))
	for i := range out {
		seen := (w.Out[i]-1)*w.Stride[i] + (w.Kernel[i]-1)*w.Dilation[i] + 1
		out[i] = max(w.Begin[i]+w.In[i], seen)
	}
	return out
}

// isPadded tells whether there is padding at all.
func (c *conv) isPadded() bool { return product(c.padded) != c.places }

// planChunks cuts the channels into chunks, such that a chunk's rows at one tap
// can be added in one go, and gathers taps into segments. A row is a channel at a
// tap; the taps of a chunk follow one another.
func (c *conv) planChunks(w []int64) {
	taps := c.windows.Taps()
	for size := c.inputs; ; size = max(1, size/2) {
		c.order, c.chunks, c.segments = nil, nil, nil
		for first := 0; first < c.inputs; first += size {
			k := chunk{first: first, channels: min(size, c.inputs-first)}
			for tap := range taps {
				for channel := range k.channels {
					c.order = append(c.order, (first+channel)*taps+tap)
				}
			}
			c.chunks = append(c.chunks, k)
		}
		if c.cutChunks(w, taps) || size == 1 {
			return
		}
	}
}

// cutChunks gathers the taps of every chunk into segments; false when one tap is too much.
func (c *conv) cutChunks(w []int64, taps int) bool {
	row := 0
	for i := range c.chunks {
		k := &c.chunks[i]
		if k.channels*c.places > maxEvents || k.channels > 32 && !c.fitTaps(w, row, k.channels, taps) {
			return false
		}
		for end := row + taps*k.channels; row < end; {
			n := k.channels
			for row+n < end && c.fits(w, row, row+n+k.channels) {
				n += k.channels
			}
			k.segments = append(k.segments, segment{row, n})
			row += n
		}
		c.segments = append(c.segments, k.segments...)
	}
	return true
}

func (c *conv) fitTaps(w []int64, row, channels, taps int) bool {
	for range taps {
		if !c.fits(w, row, row+channels) {
			return false
		}
		row += channels
	}
	return true
}

// maxEvents bounds the spikes listed at a time, and the places of a padded
// input: both are counted in 16 bits.
const maxEvents = 1<<16 - 1

// planPlaces asks for what spikes are sorted in.
func (p *plan) planPlaces(c *conv, v *ir.Value) {
	word := elem{16, false, false}
	p.lend("place_ends", word, product(c.padded)+1, "ends of the places in place_spikes, of the layer that runs")
	for _, k := range c.chunks {
		p.lend("place_spikes", word, k.channels*c.places, "spikes by place, of the layer that runs")
	}
	if !c.isPadded() {
		return
	}
	w := newWalk(c.windows.In)
	at := w.along(c.offset(c.windows.Begin), lower.Strides(c.padded))
	c.inside = p.flash(v, "inside", word, w.visit(at), "places in the padded input")
}

// offset is a position in the padded input.
func (c *conv) offset(position []int) int {
	at := 0
	for i, s := range lower.Strides(c.padded) {
		at += position[i] * s
	}
	return at
}

// planWindow asks for what words are collected in.
func (p *plan) planWindow(c *conv) {
	e := c.x.elem
	c.window = p.lend("window_"+e.suffix(), e, c.rows, "words of one window, of the layer that runs")
	if c.isPadded() {
		c.margin = p.lend("padded_"+e.suffix(), e, c.inputs*product(c.padded), "words with their padding, of the layer that runs")
	}
}

// planTaps lists the taps of a window, as offsets in the padded input.
func (p *plan) planTaps(c *conv, v *ir.Value) {
	w := newWalk(c.windows.Kernel)
	strides := lower.Strides(c.padded)
	for i, d := range c.windows.Dilation {
		strides[i] *= d
	}
	c.taps = p.flash(v, "taps", elem{16, false, false}, w.visit(w.along(0, strides)), "offsets of a window's taps")
}

// visit lists where a path of a walk comes by.
func (w *walk) visit(p *path) []int64 {
	out := []int64{int64(p.start)}
	for axis, d := range w.dims {
		next := make([]int64, 0, len(out)*d)
		for _, base := range out {
			for i := range d {
				next = append(next, base+int64(i*p.strides[axis]))
			}
		}
		out = next
	}
	return out
}
