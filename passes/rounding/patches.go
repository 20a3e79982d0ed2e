package rounding

import (
	"nomul/ir"
	"nomul/passes/layers"
)

// patchesPerStep bounds the vectors that are taken of a layer's operand in a step: neighbouring patches
// of an image tell the same.
const patchesPerStep = 32

// entry is an element of a vector that is not 0.
type entry struct {
	column int
	value  float64
}

// patches takes vectors of a layer's operand, as its rows of weights meet them.
type patches struct {
	layers.Weighted
	zero    *ir.Tensor // the pixel that stands for 0, by element of the operand, nil for none
	windows []window   // of a convolution, by place
	plane   int        // the elements of a channel
	image   int        // of all channels
	taken   []entry
}

// window is a place of a convolution: the taps that see no padding, and where in a channel each
// looks.
type window struct{ taps, at []int }

func newPatches(w layers.Weighted) patches {
	p := patches{Weighted: w, zero: layers.ZeroPixels(w.Args[0])}
	if w.Op == ir.OpConv {
		geometry := ir.WindowsOf(w.Value)
		p.windows, p.plane = windowsOf(geometry), 1
		for _, in := range geometry.In {
			p.plane *= in
		}
		p.image = w.Groups() * w.Row() / w.Taps * p.plane
	}
	return p
}

// windowsOf lists the places of a convolution in C order.
func windowsOf(w ir.Windows) []window {
	out := []window{{taps: []int{0}, at: []int{0}}}
	for axis := range w.In {
		var next []window
		for _, outer := range out {
			for o := range w.Out[axis] {
				var both window
				lo, hi := w.Span(axis, o)
				for i := range outer.taps {
					for k := lo; k < hi; k++ {
						both.taps = append(both.taps, outer.taps[i]*w.Kernel[axis]+k)
						both.at = append(both.at, outer.at[i]*w.In[axis]+o*w.Stride[axis]+k*w.Dilation[axis]-w.Begin[axis])
					}
				}
				next = append(next, both)
			}
		}
		out = next
	}
	return out
}

// count is how many vectors an operand has for each group of channels.
func (p *patches) count() int {
	if p.Op == ir.OpLinear {
		return p.Args[0].Type.Size() / p.Row()
	}
	return p.Args[0].Type.Size() / p.image * len(p.windows)
}

// vector is vector i of an operand for a group; it is overwritten by the next.
func (p *patches) vector(t *ir.Tensor, i, group int) []entry {
	p.taken = p.taken[:0]
	if p.Op == ir.OpLinear {
		for column := range p.Row() {
			p.take(t, column, i*p.Row()+column)
		}
		return p.taken
	}
	w := p.windows[i%len(p.windows)]
	channels := p.Row() / p.Taps
	first := i / len(p.windows) * p.image
	for c := range channels {
		at := first + (group*channels+c)*p.plane
		for k, tap := range w.taps {
			p.take(t, c*p.Taps+tap, at+w.at[k])
		}
	}
	return p.taken
}

// take adds an element of the operand, as it differs from the pixel that stands for 0.
func (p *patches) take(t *ir.Tensor, column, at int) {
	x := t.At(at)
	if p.zero != nil {
		x -= p.zero.F[at]
	}
	if x != 0 {
		p.taken = append(p.taken, entry{column, x})
	}
}
