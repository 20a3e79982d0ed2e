package onnx

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// window is the geometry of a convolution or pool, as the attributes say it.
type window struct {
	kernel, strides, dilations []int
	begin, end                 []int
}

// pads lists begins, then ends.
func (w window) pads() []int { return append(slices.Clone(w.begin), w.end...) }

// window reads the attributes for an input with the spatial extents given.
func (n *node) window(x *tensor, kernel []int) (window, error) {
	rank := x.shape.Rank() - 2
	w := window{kernel: kernel}
	var err error
	if w.strides, err = n.perAxis("strides", rank, 1); err != nil {
		return w, err
	}
	if w.dilations, err = n.perAxis("dilations", rank, 1); err != nil {
		return w, err
	}
	pads, err := n.perAxis("pads", 2*rank, 0)
	if err != nil {
		return w, err
	}
	w.begin, w.end = pads[:rank], pads[rank:]
	return w, n.autoPad(&w, x.shape.Dims()[2:])
}

// perAxis is a list attribute of count numbers that an extent may have, all
// absent when it is not there.
func (n *node) perAxis(name string, count, absent int) ([]int, error) {
	list, given := n.intsAttr(name)
	switch {
	case n.err != nil:
		return nil, n.err
	case !given:
		return slices.Repeat([]int{absent}, count), nil
	case len(list) != count:
		return nil, n.errorf(diag.BadAttribute, "attribute %q has %d numbers, wanted %d", name, len(list), count)
	}
	out := make([]int, count)
	for i, v := range list {
		if v < int64(absent) || v > ir.MaxSize {
			return nil, n.errorf(diag.UnsupportedAttribute, "attribute %q is %v, wanted numbers of at least %d", name, list, absent)
		}
		out[i] = int(v)
	}
	return out, nil
}

// autoPad works out padding that is not written down: SAME pads so that a stride
// of s gives ⌈extent/s⌉ places, the odd element at the end (UPPER) or the beginning.
func (n *node) autoPad(w *window, extents []int) error {
	mode := n.stringAttr("auto_pad", "NOTSET")
	switch {
	case n.err != nil || mode == "NOTSET" || mode == "":
		return n.err
	case mode != "SAME_UPPER" && mode != "SAME_LOWER" && mode != "VALID":
		return n.errorf(diag.BadAttribute, "attribute \"auto_pad\" is %q, wanted NOTSET, VALID, SAME_UPPER or SAME_LOWER", mode)
	case slices.Max(w.pads()) > 0:
		return n.errorf(diag.BadAttribute, "has both pads and auto_pad=%s", mode)
	case mode == "VALID":
		return nil
	}
	for i, extent := range extents {
		places := (extent + w.strides[i] - 1) / w.strides[i]
		total := max(0, (places-1)*w.strides[i]+w.span(i)-extent)
		w.begin[i], w.end[i] = total/2, total-total/2
		if mode == "SAME_LOWER" {
			w.begin[i], w.end[i] = w.end[i], w.begin[i]
		}
	}
	return nil
}

// span is the number of elements from the first to the last tap of an axis.
func (w window) span(axis int) int { return (w.kernel[axis]-1)*w.dilations[axis] + 1 }

// conv is Conv. Its weights may be computed too.
func conv(n *node) (*tensor, error) {
	x, weight, bias := n.in[0], n.in[1], n.arg(2)
	if err := n.floats(x, weight, bias); err != nil {
		return nil, err
	}
	return n.convolve("", x.elem, x, weight, bias)
}

// convolve applies the node's attributes.
func (n *node) convolve(suffix string, e elem, x, weight, bias *tensor) (*tensor, error) {
	a, err := n.convAttrs(x, weight)
	if err != nil {
		return nil, err
	}
	return n.convolved(suffix, e, a, x, weight, bias)
}

// convolved is a convolution. Padding so wide that a window sees nothing else
// becomes elements of the input.
func (n *node) convolved(suffix string, e elem, a ir.ConvAttrs, x, weight, bias *tensor) (*tensor, error) {
	var err error
	if spatial := len(a.Strides); widePads(a, x.shape.Dims()[2:], weight.shape.Dims()[2:]) {
		around := ir.PadAttrs{Before: append([]int{0, 0}, a.Pads[:spatial]...), After: append([]int{0, 0}, a.Pads[spatial:]...)}
		if x, err = n.emit(suffix+suffixIf(suffix != "", ".")+"padded", x.elem, ir.OpPad, around, x); err != nil {
			return nil, err
		}
		a.Pads = make([]int, 2*spatial)
	}
	return n.emit(suffix, e, ir.OpConv, a, x, weight, bias)
}

// widePads reports whether all taps of a window may lie in the padding.
func widePads(a ir.ConvAttrs, extents, kernel []int) bool {
	for i, extent := range extents {
		span := (kernel[i]-1)*a.Dilations[i] + 1
		begin, end := a.Pads[i], a.Pads[len(extents)+i]
		if begin+end > 0 && (begin >= span || end >= span || a.Dilations[i] > extent) {
			return true
		}
	}
	return false
}

func (n *node) convAttrs(x, weight *tensor) (ir.ConvAttrs, error) {
	rank := x.shape.Rank()
	if rank < 3 || rank > 5 || weight.shape.Rank() != rank {
		return ir.ConvAttrs{}, n.errorf(diag.ShapeMismatch, "convolves %v with %v, wanted a batch, channels and 1 to 3 axes", x.shape, weight.shape)
	}
	kernel := weight.shape.Dims()[2:]
	if said, given := n.intsAttr("kernel_shape"); given {
		for i, k := range said {
			if len(said) != len(kernel) || k != int64(kernel[i]) {
				return ir.ConvAttrs{}, n.errorf(diag.BadAttribute, "attribute \"kernel_shape\" is %v, but the weights are %v", said, weight.shape)
			}
		}
	}
	w, err := n.window(x, kernel)
	if err != nil {
		return ir.ConvAttrs{}, err
	}
	groups := n.intAttr("group", 1)
	if groups < 1 || groups > ir.MaxSize {
		return ir.ConvAttrs{}, n.errorf(diag.BadAttribute, "attribute \"group\" is %d", groups)
	}
	return ir.ConvAttrs{Strides: w.strides, Pads: w.pads(), Dilations: w.dilations, Groups: int(groups)}, n.err
}

// maxPool is MaxPool without indices.
func maxPool(n *node) (*tensor, error) {
	x := n.in[0]
	if n.intAttr("storage_order", 0) != 0 {
		return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"storage_order\" is 1, which is not supported")
	}
	if err := n.numbers(x); err != nil {
		return nil, err
	}
	w, _, err := n.pool(x)
	if err != nil {
		return nil, err
	}
	return n.emit("", x.elem, ir.OpMaxPool, w.poolAttrs(), x)
}

func (w window) poolAttrs() ir.PoolAttrs {
	return ir.PoolAttrs{Kernel: w.kernel, Strides: w.strides, Pads: w.pads(), Dilations: w.dilations}
}

// pool is the window of a pool, and the padding at the ends that the file gives:
// ceil_mode may pad more, so that the last elements are in a window too.
func (n *node) pool(x *tensor) (w window, written []int, err error) {
	rank := x.shape.Rank() - 2
	if rank < 1 || rank > 3 {
		return w, nil, n.errorf(diag.ShapeMismatch, "pools %v, wanted a batch, channels and 1 to 3 axes", x.shape)
	}
	if !n.has("kernel_shape") {
		return w, nil, n.errorf(diag.BadAttribute, "attribute \"kernel_shape\" is missing")
	}
	kernel, err := n.perAxis("kernel_shape", rank, 1)
	if err != nil {
		return w, nil, err
	}
	if w, err = n.window(x, kernel); err != nil {
		return w, nil, err
	}
	written = slices.Clone(w.end)
	if n.intAttr("ceil_mode", 0) != 0 {
		for i, extent := range x.shape.Dims()[2:] {
			w.end[i] = w.ceilEnd(i, extent)
		}
	}
	return w, written, n.err
}

// ceilEnd is the padding at the end of an axis with which the last window,
// begun inside the padded input, is whole.
func (w window) ceilEnd(axis, extent int) int {
	padded := w.begin[axis] + extent + w.end[axis]
	places := (padded-w.span(axis)+w.strides[axis]-1)/w.strides[axis] + 1
	if (places-1)*w.strides[axis] >= w.begin[axis]+extent {
		places--
	}
	return max(0, (places-1)*w.strides[axis]+w.span(axis)-w.begin[axis]-extent)
}

// averagePool counts padding as zeros, or not at all. Whether ceil_mode's padding
// counts too is a question on which ONNX's own tests and the runtimes disagree.
func averagePool(n *node) (*tensor, error) {
	if err := n.floats(n.in[0]); err != nil {
		return nil, err
	}
	return n.averaged("", n.in[0])
}

func (n *node) averaged(suffix string, x *tensor) (*tensor, error) {
	w, written, err := n.pool(x)
	if err != nil {
		return nil, err
	}
	countPad := n.intAttr("count_include_pad", 0) != 0
	for i, end := range w.end {
		if countPad && end > written[i] {
			return nil, n.errorf(diag.UnsupportedAttribute, "has ceil_mode=1 and count_include_pad=1, and windows that leave the padded input along axis %d: it is not settled what they are divided by", i+2).
				WithHelp("export with ceil_mode=False or count_include_pad=False")
		}
	}
	return n.emit(suffix, x.elem, ir.OpAvgPool, ir.AvgPoolAttrs{
		Kernel: w.kernel, Strides: w.strides, Pads: w.pads(), Dilations: w.dilations, CountPad: countPad,
	}, x)
}
