package ir

import (
	"fmt"
	"slices"
)

// Windows are the windows of a convolution or pool over its last axes, one
// entry per spatial axis in each list: output place o looks through tap k at
// input place o·Stride + k·Dilation − Begin, which is padding when it lies outside 0..In−1.
type Windows struct {
	In, Out, Kernel, Stride, Dilation, Begin []int
}

// WindowsOf is the geometry of a conv or pool that has passed inference.
func WindowsOf(v *Value) Windows {
	w, err := newWindows(v.Args[0].Type.Shape, poolOf(v))
	if err != nil {
		panic(err) // inference refuses it
	}
	return w
}

// poolOf gives the windows' attributes, whatever the op.
func poolOf(v *Value) PoolAttrs {
	switch a := v.Attrs.(type) {
	case PoolAttrs:
		return a
	case AvgPoolAttrs:
		return a.Pool()
	case ConvAttrs:
		kernel := v.Args[1].Type.Shape.Dims()
		return PoolAttrs{kernel[min(2, len(kernel)):], a.Strides, a.Pads, a.Dilations}
	}
	return PoolAttrs{}
}

// maxPlaces bounds the windows along an axis and the taps of a window, which
// inference goes through one by one.
const maxPlaces = 1 << 20

// taps is the number of elements of a kernel, cut above maxPlaces.
func taps(kernel []int) int {
	n := 1
	for _, k := range kernel {
		n = min(n*k, maxPlaces+1)
	}
	return n
}

func newWindows(x Shape, a PoolAttrs) (w Windows, err error) {
	r := len(a.Kernel)
	switch {
	case r < 1 || r > 3 || x.Rank() < r:
		return w, fmt.Errorf("windows of %d axes on an operand of %d, wanted 1 to 3", r, x.Rank())
	case len(a.Strides) != r || len(a.Dilations) != r || len(a.Pads) != 2*r:
		return w, fmt.Errorf("%d strides, %d dilations and %d pads, wanted %d, %d and %d", len(a.Strides), len(a.Dilations), len(a.Pads), r, r, 2*r)
	case anyBelow(1, a.Kernel, a.Strides, a.Dilations) || anyBelow(0, a.Pads):
		return w, fmt.Errorf("kernel %v, strides %v and dilations %v must be positive, pads %v not negative", a.Kernel, a.Strides, a.Dilations, a.Pads)
	case slices.Max(slices.Concat(a.Kernel, a.Strides, a.Dilations, a.Pads)) > MaxSize || taps(a.Kernel) > maxPlaces:
		return w, fmt.Errorf("kernel %v, strides %v, dilations %v or pads %v are too large", a.Kernel, a.Strides, a.Dilations, a.Pads)
	}
	w = Windows{Kernel: a.Kernel, Stride: a.Strides, Dilation: a.Dilations, Begin: a.Pads[:r]}
	for i := range r {
		in := x.Dim(x.Rank() - r + i)
		room := in + a.Pads[i] + a.Pads[r+i] - a.Dilations[i]*(a.Kernel[i]-1) - 1
		w.In, w.Out = append(w.In, in), append(w.Out, room/a.Strides[i]+1)
		switch {
		case room < 0:
			return w, fmt.Errorf("kernel %v does not fit axis %d of extent %d", a.Kernel, i, in)
		case w.Out[i] > maxPlaces:
			return w, fmt.Errorf("%d windows on axis %d, at most %d are supported", w.Out[i], i, maxPlaces)
		}
		if o := w.blind(i); o >= 0 {
			return w, fmt.Errorf("window %d on axis %d sees padding only", o, i)
		}
	}
	return w, nil
}

// Span is the taps lo..hi−1 with which output place o of an axis sees the input.
func (w Windows) Span(axis, o int) (lo, hi int) {
	start, d := o*w.Stride[axis]-w.Begin[axis], w.Dilation[axis]
	if start < 0 {
		lo = (d - 1 - start) / d
	}
	hi = w.Kernel[axis]
	if left := w.In[axis] - start; left <= 0 {
		hi = 0
	} else {
		hi = min(hi, (left+d-1)/d)
	}
	return lo, max(lo, hi)
}

// blind is the first place of an axis whose window sees padding only, or −1.
func (w Windows) blind(axis int) int {
	for o := range w.Out[axis] {
		if lo, hi := w.Span(axis, o); lo == hi {
			return o
		}
	}
	return -1
}

// counts are the least and the most taps of an axis with which a window sees the input.
func (w Windows) counts(axis int) (least, most int) {
	least = w.Kernel[axis]
	for o := range w.Out[axis] {
		lo, hi := w.Span(axis, o)
		least, most = min(least, hi-lo), max(most, hi-lo)
	}
	return least, most
}

// Taps is the number of elements of a window.
func (w Windows) Taps() int {
	n := 1
	for _, k := range w.Kernel {
		n *= k
	}
	return n
}

// Padded reports, for each tap in C order, whether it sees padding in some window.
func (w Windows) Padded() []bool {
	out := []bool{false}
	for axis, k := range w.Kernel {
		var next []bool
		for _, before := range out {
			for tap := range k {
				first := tap*w.Dilation[axis] - w.Begin[axis]
				last := first + (w.Out[axis]-1)*w.Stride[axis]
				next = append(next, before || first < 0 || last >= w.In[axis])
			}
		}
		out = next
	}
	return out
}
