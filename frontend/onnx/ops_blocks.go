package onnx

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// depthToSpace makes blocks of places of channels: the block's two axes stand before
// the channels that stay (DCR) or behind them (CRD), and go behind the places.
func depthToSpace(n *node) (*tensor, error) {
	x := n.in[0]
	block, err := n.blockSize(x)
	if err != nil {
		return nil, err
	}
	d := x.shape.Dims()
	if d[1]%(block*block) != 0 {
		return nil, n.errorf(diag.ShapeMismatch, "makes blocks of %d×%d of %d channels", block, block, d[1])
	}
	left := d[1] / (block * block)
	apart, perm := []int{d[0], block, block, left, d[2], d[3]}, []int{0, 3, 4, 1, 5, 2}
	switch mode := n.stringAttr("mode", "DCR"); {
	case mode == "CRD":
		apart, perm = []int{d[0], left, block, block, d[2], d[3]}, []int{0, 1, 4, 2, 5, 3}
	case mode != "DCR":
		return nil, n.errorf(diag.BadAttribute, "attribute \"mode\" is %q, wanted DCR or CRD", mode)
	}
	return n.rearranged(x, apart, perm, []int{d[0], left, d[2] * block, d[3] * block})
}

// spaceToDepth makes channels of blocks of places.
func spaceToDepth(n *node) (*tensor, error) {
	x := n.in[0]
	block, err := n.blockSize(x)
	if err != nil {
		return nil, err
	}
	d := x.shape.Dims()
	if d[2]%block != 0 || d[3]%block != 0 {
		return nil, n.errorf(diag.ShapeMismatch, "makes blocks of %d×%d of %d×%d places", block, block, d[2], d[3])
	}
	high, wide := d[2]/block, d[3]/block
	return n.rearranged(x, []int{d[0], d[1], high, block, wide, block}, []int{0, 3, 5, 1, 2, 4}, []int{d[0], d[1] * block * block, high, wide})
}

func (n *node) blockSize(x *tensor) (int, error) {
	if x.empty || x.shape.Rank() != 4 {
		return 0, n.errorf(diag.ShapeMismatch, "rearranges %v, wanted a batch, channels and two axes", x.shape)
	}
	block := n.intAttr("blocksize", 0)
	if n.err == nil && (block < 1 || block > 1<<12) {
		return 0, n.errorf(diag.BadAttribute, "attribute \"blocksize\" is %d", block)
	}
	return int(block), n.err
}

// rearranged parts axes, exchanges them, and joins them again.
func (n *node) rearranged(x *tensor, apart, perm, joined []int) (*tensor, error) {
	return n.chain(x).then("apart", x.elem, ir.OpReshape, ir.ShapeAttrs{Shape: apart}).
		then("exchanged", x.elem, ir.OpTranspose, ir.PermAttrs{Perm: perm}).
		then("", x.elem, ir.OpReshape, ir.ShapeAttrs{Shape: joined}).end()
}

// convTranspose spreads each entry of x over a window: a convolution, with the
// weights turned round, of x with strides−1 zeros between its entries.
func convTranspose(n *node) (*tensor, error) {
	x, weight, bias := n.in[0], n.in[1], n.arg(2)
	if err := n.floats(x, weight, bias); err != nil {
		return nil, err
	}
	t, err := n.transposedWindow(x, weight)
	if err != nil {
		return nil, err
	}
	if weight, err = n.imp.turned(n, weight, t.groups); err != nil {
		return nil, err
	}
	for i, stride := range t.strides {
		if x, err = n.stuffed(x, 2+i, stride); err != nil {
			return nil, err
		}
	}
	return t.convolve(x, weight, bias)
}

// spreading is the geometry of a ConvTranspose.
type spreading struct {
	n *node
	window
	groups int
}

func (n *node) transposedWindow(x, weight *tensor) (*spreading, error) {
	rank, groups := x.shape.Rank()-2, n.intAttr("group", 1)
	switch {
	case rank < 1 || rank > 3 || weight.shape.Rank() != rank+2:
		return nil, n.errorf(diag.ShapeMismatch, "convolves %v with %v, wanted a batch, channels and 1 to 3 axes", x.shape, weight.shape)
	case groups < 1 || int64(weight.shape.Dim(0))%groups != 0 || weight.shape.Dim(0) != x.shape.Dim(1):
		return nil, n.errorf(diag.ShapeMismatch, "has weights %v and group=%d for %d channels", weight.shape, groups, x.shape.Dim(1))
	}
	t := &spreading{n: n, window: window{kernel: weight.shape.Dims()[2:]}, groups: int(groups)}
	if said, given := n.intsAttr("kernel_shape"); given && !slices.EqualFunc(said, t.kernel, func(a int64, b int) bool { return a == int64(b) }) {
		return nil, n.errorf(diag.BadAttribute, "attribute \"kernel_shape\" is %v, but the weights are %v", said, weight.shape)
	}
	var err error
	if t.strides, err = n.perAxis("strides", rank, 1); err == nil {
		t.dilations, err = n.perAxis("dilations", rank, 1)
	}
	if err == nil {
		err = t.pad(x.shape.Dims()[2:])
	}
	return t, err
}

// pad computes the cut of the result at each side, less output_padding at the end: as
// the attributes say, or so that the result has the size they say.
func (t *spreading) pad(extents []int) error {
	n, rank := t.n, len(extents)
	pads, err := n.perAxis("pads", 2*rank, 0)
	if err != nil {
		return err
	}
	more, err := n.perAxis("output_padding", rank, 0)
	if err != nil {
		return err
	}
	mode := n.stringAttr("auto_pad", "NOTSET")
	sizes, given := n.intsAttr("output_shape")
	t.begin, t.end = pads[:rank], pads[rank:]
	switch {
	case n.err != nil:
		return n.err
	case given && len(sizes) != rank:
		return n.errorf(diag.BadAttribute, "attribute \"output_shape\" is %v, wanted %d numbers", sizes, rank)
	case !given && mode != "SAME_UPPER" && mode != "SAME_LOWER":
		if mode != "NOTSET" && mode != "VALID" && mode != "" {
			return n.errorf(diag.BadAttribute, "attribute \"auto_pad\" is %q, wanted NOTSET, VALID, SAME_UPPER or SAME_LOWER", mode)
		}
	default:
		for i, extent := range extents {
			size := int64(extent * t.strides[i])
			if given {
				size = sizes[i]
			}
			total := int64(t.strides[i]*(extent-1)+more[i]+t.span(i)) - size
			if size < 1 || total < -ir.MaxSize || total > ir.MaxSize {
				return n.errorf(diag.BadAttribute, "attribute \"output_shape\" is %v", sizes)
			}
			if total < 0 && !given {
				return n.errorf(diag.UnsupportedAttribute, "has auto_pad=%s and a window that is shorter than the stride along axis %d: it is not settled how large the result is", mode, 2+i).
					WithHelp("export with pads in place of auto_pad")
			}
			t.begin[i], t.end[i] = int(total-total/2), int(total/2)
			if total < 0 { // missing entries are added at the end
				t.begin[i], t.end[i] = 0, int(total)
			} else if mode == "SAME_UPPER" {
				t.begin[i], t.end[i] = t.end[i], t.begin[i]
			}
		}
	}
	for i := range t.end {
		t.end[i] -= more[i]
	}
	return nil
}

// stuffed puts zeros behind each entry of x along an axis: an axis behind it is padded.
func (n *node) stuffed(x *tensor, axis, stride int) (*tensor, error) {
	if stride == 1 {
		return x, nil
	}
	dims := x.shape.Dims()
	apart := slices.Insert(slices.Clone(dims), axis+1, 1)
	a := ir.PadAttrs{Before: make([]int, len(apart)), After: make([]int, len(apart))}
	a.After[axis+1] = stride - 1
	dims[axis] *= stride
	name := func(s string) string { return s + string(rune('0'+axis)) }
	return n.chain(x).then(name("apart"), x.elem, ir.OpReshape, ir.ShapeAttrs{Shape: apart}).
		then(name("between"), x.elem, ir.OpPad, a).
		then(name("stuffed"), x.elem, ir.OpReshape, ir.ShapeAttrs{Shape: dims}).end()
}

// convolve pads the stuffed operand so that each entry meets each tap, less the cut of
// the result, and convolves. x has stride−1 zeros at the end already.
func (t *spreading) convolve(x, weight, bias *tensor) (*tensor, error) {
	n, rank := t.n, len(t.kernel)
	a := ir.ConvAttrs{Strides: slices.Repeat([]int{1}, rank), Pads: make([]int, 2*rank), Dilations: t.dilations, Groups: t.groups}
	var list []padding
	for i := range t.kernel {
		reach := t.span(i) - 1
		p := padding{2 + i, int64(reach - t.begin[i]), int64(reach - t.end[i] - (t.strides[i] - 1))}
		a.Pads[i], a.Pads[rank+i] = int(max(0, p.before)), int(max(0, p.after))
		list = append(list, padding{2 + i, min(0, p.before), min(0, p.after)})
	}
	x, _, err := n.cropped(x, list)
	if err != nil {
		return nil, err
	}
	return n.convolved("", x.elem, a, x, weight, bias)
}

// turned is the weights of a ConvTranspose as those of a convolution: the taps the
// other way round, and inputs and outputs exchanged within each group.
func (imp *importer) turned(n *node, w *tensor, groups int) (*tensor, error) {
	if w.data == nil {
		return n.turnedByOps(w, groups)
	}
	key := weightKey{of: w, groups: groups}
	if out := imp.weights[key]; out != nil {
		return out, nil
	}
	if err := imp.charge(n.at, len(w.data.F)); err != nil {
		return nil, err
	}
	dims := w.shape.Dims()
	in, outs, taps := dims[0]/groups, dims[1], ir.ShapeOf(dims[2:]...).Size()
	dims[0], dims[1] = outs*groups, in
	data := ir.NewTensor(w.data.Type.WithShape(ir.ShapeOf(dims...)))
	for g := range groups {
		for i := range in {
			for o := range outs {
				from, to := ((g*in+i)*outs+o)*taps, ((g*outs+o)*in+i)*taps
				for k := range taps {
					data.F[to+k] = w.data.F[from+taps-1-k]
				}
			}
		}
	}
	out := known(w.name+".turned", w.elem, w.origin, data)
	imp.weights[key] = out
	return out, nil
}

// turnedByOps is turned of weights that are known by later passes only, such as those that
// DequantizeLinear makes of integers.
func (n *node) turnedByOps(w *tensor, groups int) (*tensor, error) {
	dims := w.shape.Dims()
	in, outs, taps := dims[0]/groups, dims[1], dims[2:]
	perm := []int{0, 2, 1}
	for i := range taps {
		perm = append(perm, 3+i)
	}
	c := n.chain(w).then("groups", w.elem, ir.OpReshape, ir.ShapeAttrs{Shape: append([]int{groups, in, outs}, taps...)}).
		then("exchanged", w.elem, ir.OpTranspose, ir.PermAttrs{Perm: perm}).
		then("taps", w.elem, ir.OpReshape, ir.ShapeAttrs{Shape: append([]int{groups * outs, in}, taps...)})
	for i, extent := range taps {
		a := ir.SliceAttrs{Axis: 2 + i, Start: extent - 1, Count: extent, Step: -1}
		c = c.then("turned"+string(rune('0'+i)), w.elem, ir.OpSlice, a)
	}
	return c.end()
}
