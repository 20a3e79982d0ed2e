package verilog

import (
	"nomul/ir"
)

// entry is one word to scan: a tile of the operand, and the weight row of its
// first element.
type entry struct{ Tile, Row int }

// conv is what is particular to the hardware of a convolution. A list of words is
// scanned for each tile of results, or once for each of the Repeat tiles of a
// pixel, with the rows moved on by Rows.
type conv struct {
	Lists      [][]entry
	Repeat     int
	Rows       int
	Depth      int // weight rows in all
	WeightBits int
	Bias       param

	x       grid  // of the operand
	lanes   int   // of the operand
	inputs  []int // the channel in each lane of a pixel's tiles
	outputs int   // channels of the result
	taps    int
	groups  int
	stretch []int // of a matmul's left operand: its element for each that is scanned; nil when it is itself
}

// Entries is the words of all lists.
func (c conv) Entries() int {
	n := 0
	for _, l := range c.Lists {
		n += len(l)
	}
	return n
}

// conv plans a convolution, or a linear over several axes, which has one tap.
func (p *plan) conv(v *ir.Value) {
	x, w := gridOf(v.Args[0].Type.Shape, v), v.Args[1].Type.Shape
	from, tiles, inputs := p.pixels(v.Args[0], p.view(v.Args[0]), x)
	c := conv{x: x, lanes: from.Lanes, inputs: inputs, outputs: w.Dim(0), taps: 1, groups: 1}
	seen := onePixel(x.Inner)
	if a, ok := v.Attrs.(ir.ConvAttrs); ok {
		c.groups = a.Groups
		c.taps = w.Size() / (w.Dim(0) * w.Dim(1))
		seen = looks(ir.WindowsOf(v))
	}
	y := grid{x.Outer, c.outputs, v.Type.Size() / (x.Outer * c.outputs)}
	lanes := y.width(p.Lanes)
	u := &unit{Kind: kindConv, V: v, Clock: v.Clock, Xs: []*unit{from}, vector: newVector(v, lanes, y.order())}
	c.list(tiles, seen, y, lanes)
	c.WeightBits = min(bitsOf(v.Args[1].Const().Range()), u.Bits)
	c.Bias = newParam("bias", biasMap(v), v.Type.Shape, max(u.Bits, from.Bits), u.vector)
	u.Conv = c
	p.add(u, true)
}

// gridOf is the operand of a conv, pool or linear by pixels: the channels are
// the axis before the windows' axes, or the last one of a linear.
func gridOf(s ir.Shape, v *ir.Value) grid {
	spatial := 0
	if v.Op != ir.OpLinear {
		spatial = len(ir.WindowsOf(v).Kernel)
	}
	g := grid{1, 1, 1}
	for i, d := range s.Dims() {
		switch at := s.Rank() - 1 - spatial; {
		case i < at:
			g.Outer *= d
		case i == at:
			g.C = d
		default:
			g.Inner *= d
		}
	}
	return g
}

// look is a place of the input that a window sees through a tap.
type look struct{ place, tap int }

// onePixel is the windows of a layer that sees one pixel at a time.
func onePixel(places int) [][]look {
	out := make([][]look, places)
	for i := range out {
		out[i] = []look{{i, 0}}
	}
	return out
}

// looks lists, for each place of the result, what its window sees.
func looks(w ir.Windows) [][]look {
	out := [][]look{{{0, 0}}}
	for axis := range w.In {
		next := make([][]look, 0, len(out)*w.Out[axis])
		for _, before := range out {
			for o := range w.Out[axis] {
				next = append(next, through(before, w, axis, o))
			}
		}
		out = next
	}
	return out
}

// through extends what is seen on the axes before by one axis, at place o there.
func through(before []look, w ir.Windows, axis, o int) []look {
	lo, hi := w.Span(axis, o)
	var out []look
	for _, b := range before {
		for k := lo; k < hi; k++ {
			at := o*w.Stride[axis] + k*w.Dilation[axis] - w.Begin[axis]
			out = append(out, look{b.place*w.In[axis] + at, b.tap*w.Kernel[axis] + k})
		}
	}
	return out
}

// list makes the lists of words, and numbers the weight rows: those of a tile of
// output channels together, by tap, by word of a pixel, by lane.
func (c *conv) list(tiles [][]int, seen [][]look, y grid, lanes int) {
	perPixel := c.outputs / lanes
	c.Rows = c.taps * c.x.C
	c.Depth, c.Repeat = c.Rows*perPixel, perPixel
	if c.groups > 1 {
		c.Repeat = 1
	}
	for outer := range c.x.Outer {
		for _, window := range seen {
			for t := range perPixel / c.Repeat {
				var words []entry
				for _, l := range window {
					words = append(words, c.words(tiles[outer*c.x.Inner+l.place], l.tap, t, lanes)...)
				}
				c.Lists = append(c.Lists, words)
			}
		}
	}
}

// words are a pixel's tiles under a tap that have weights to tile t of the outputs.
func (c *conv) words(tiles []int, tap, t, lanes int) []entry {
	var out []entry
	for w, tile := range tiles {
		row := tap*c.x.C + w*c.lanes
		if c.groups > 1 && !c.meets(c.inputs[w*c.lanes:(w+1)*c.lanes], t*lanes, lanes) {
			continue
		}
		out = append(out, entry{tile, row + t*c.Rows})
	}
	return out
}

// meets tells whether any of the channels is in a group of the outputs.
func (c *conv) meets(channels []int, first, count int) bool {
	for _, in := range channels {
		for m := first; m < first+count; m++ {
			if c.group(m, c.outputs) == c.group(in, c.x.C) {
				return true
			}
		}
	}
	return false
}

func (c *conv) group(channel, channels int) int { return channel / (channels / c.groups) }

// weight is that from input channel in to output channel m under a tap.
func (c *conv) weight(w []int64, m, in, tap int) int64 {
	each := c.x.C / c.groups
	if c.group(m, c.outputs) != c.group(in, c.x.C) {
		return 0
	}
	return w[(m*each+in%each)*c.taps+tap]
}

// biasMap is a conv's bias with one entry per channel, made to stretch over the
// places behind it.
func biasMap(v *ir.Value) *ir.Value {
	b := v.Args[2]
	if b == nil || b.Type.Shape.Rank() != 1 || v.Op == ir.OpLinear {
		return b
	}
	dims := []int{b.Type.Shape.Dim(0)}
	for range ir.WindowsOf(v).Kernel {
		dims = append(dims, 1)
	}
	data := *b.Const()
	data.Type = b.Type.WithShape(ir.ShapeOf(dims...))
	stretched := *b
	stretched.Type, stretched.Attrs = data.Type, ir.ConstAttrs{Data: &data}
	return &stretched
}

// RowAddr is the bits of a weight row's number.
func (c conv) RowAddr() int { return indexBits(c.Depth) }

// At is the bits of an entry's number.
func (c conv) At() int { return indexBits(c.Entries()) }

// Entry is the bits of an entry: the last flag, the row, the tile.
func (u *unit) Entry() int { return 1 + u.Conv.RowAddr() + u.X.Addr() }

// Replays tells whether a list is gone through more than once.
func (u *unit) Replays() bool { return u.Planes() > 1 || u.Conv.Repeat > 1 }
