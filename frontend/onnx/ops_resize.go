package onnx

import (
	"math"
	"slices"
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// taken is the entries of x along an axis that a list of indices names: a slice
// where they are at a fixed distance, copies where each stands as often as the
// others, in order, and a gather otherwise.
func (n *node) taken(suffix string, x *tensor, axis int, index []int64) (*tensor, error) {
	if err := n.imp.charge(n.at, len(index)); err != nil {
		return nil, err
	}
	if err := n.alongOpen(x, axis); err != nil {
		return nil, err
	}
	extent := x.shape.Dim(axis)
	if times := len(index) / extent; times > 1 && slices.Equal(index, each(extent, times)) {
		return n.spread(suffix, x, axis, times)
	}
	from := knownInts(n.name("entries"+strconv.Itoa(axis)), n.at, index)
	return n.emit(suffix, x.elem, ir.OpGather, ir.AxisAttrs{Axis: axis}, x, from)
}

// each lists 0, 0, …, 1, 1, … up to an extent, each so many times.
func each(extent, times int) []int64 {
	var out []int64
	for i := range extent {
		out = append(out, slices.Repeat([]int64{int64(i)}, times)...)
	}
	return out
}

// spread repeats each entry along an axis: an axis of extent 1 behind it is
// stretched and joined with it.
func (n *node) spread(suffix string, x *tensor, axis, times int) (*tensor, error) {
	return n.copied(suffix, x, axis, axis+1, times)
}

// copied puts an axis of extent 1 at a place, before the given one or behind it,
// stretches it and joins the two. The other axes stay, for one may be the batch.
func (n *node) copied(suffix string, x *tensor, axis, at, times int) (*tensor, error) {
	dims, name := x.shape.Dims(), "axis"+strconv.Itoa(axis)
	if len(dims) == ir.MaxRank {
		return nil, n.errorf(diag.ShapeMismatch, "repeats along an axis of %v, which has as many axes as are supported", x.shape)
	}
	y, err := n.reshaped(name+".apart", x, slices.Insert(slices.Clone(dims), at, 1))
	if err != nil {
		return nil, err
	}
	s, err := ir.NewShape(slices.Insert(slices.Clone(dims), at, times))
	if err != nil {
		return nil, n.errorf(diag.ShapeMismatch, "repeats axis %d: %v", axis, err)
	}
	if y, err = n.stretched(name+".copies", y, s); err != nil {
		return nil, err
	}
	dims[axis] *= times
	return n.reshaped(suffix, y, dims)
}

// resizing is a Resize of known sizes.
type resizing struct {
	n                *node
	coordinate, near string
	scales           []float32 // per axis
	sizes            []int     // per axis
}

// resize takes, for each place of the result, the entry that lies nearest. Opset 10
// has the scales as input 2 and counts from the corner; later ones say how to count.
func resize(n *node) (*tensor, error) {
	r := &resizing{n: n, coordinate: n.stringAttr("coordinate_transformation_mode", "half_pixel"), near: n.stringAttr("nearest_mode", "round_prefer_floor")}
	scales, sizes := n.arg(2), n.arg(3)
	if n.opset < 11 {
		r.coordinate, r.near, scales, sizes = "asymmetric", "floor", n.arg(1), nil
	}
	return r.build(scales, sizes)
}

// upsample has its scales in an attribute before opset 9.
func upsample(n *node) (*tensor, error) {
	r := &resizing{n: n, coordinate: "asymmetric", near: "floor"}
	if n.opset < 9 {
		a := n.floatsAttr("scales")
		if len(a) == 0 {
			return nil, n.errorf(diag.BadAttribute, "attribute \"scales\" is missing")
		}
		return r.build(known("", elemFloat, n.at, ir.Reals(ir.ShapeOf(len(a)), a)), nil)
	}
	return r.build(n.arg(1), nil)
}

func (r *resizing) build(scales, sizes *tensor) (*tensor, error) {
	n, x := r.n, r.n.in[0]
	if mode := n.stringAttr("mode", "nearest"); n.err == nil && mode != "nearest" {
		return nil, n.errorf(diag.UnsupportedAttribute, "attribute \"mode\" is %q, wanted nearest: what lies between entries is not computed", mode).
			WithHelp("for a whole factor, a transposed convolution with the weights of the interpolation, one group for each channel, computes the same; or train with nearest")
	}
	if x.empty || x.shape.Rank() == 0 {
		return nil, n.errorf(diag.ShapeMismatch, "has no axis to resize")
	}
	if err := r.measure(scales, sizes); err != nil {
		return nil, err
	}
	var moved []int
	for axis, size := range r.sizes {
		if size != x.shape.Dim(axis) || r.scales[axis] != 1 {
			moved = append(moved, axis)
		}
	}
	for i, axis := range moved {
		index, err := r.entries(axis, x.shape.Dim(axis))
		if err == nil {
			x, err = n.taken(suffixIf(i < len(moved)-1, "axis"+strconv.Itoa(axis)), x, axis, index)
		}
		if err != nil {
			return nil, err
		}
	}
	return x, n.err
}

// measure works out sizes and scales of all axes from those that are given of some.
func (r *resizing) measure(scales, sizes *tensor) error {
	n, shape := r.n, r.n.in[0].shape
	axes, given := n.intsAttr("axes")
	if !given {
		axes = nil
		for i := range shape.Rank() {
			axes = append(axes, int64(i))
		}
	}
	counted := n.axes(axes, shape.Rank())
	if n.err != nil {
		return n.err
	}
	r.sizes, r.scales = shape.Dims(), slices.Repeat([]float32{1}, shape.Rank())
	there := func(t *tensor) bool { return t != nil && !t.empty }
	switch {
	case there(sizes) == there(scales):
		return n.errorf(diag.BadNet, "wanted either scales or sizes")
	case there(sizes):
		return r.bySizes(counted, sizes)
	}
	return r.byScales(counted, scales)
}

func (r *resizing) byScales(axes []int, t *tensor) error {
	data, err := r.numbers(t, "list of scales", len(axes))
	if err != nil {
		return err
	}
	for i, axis := range axes {
		scale := float32(data.At(i))
		size := math.Floor(float64(float32(r.sizes[axis]) * scale))
		if !(size >= 1) || size > ir.MaxSize {
			return r.n.errorf(diag.ShapeMismatch, "scales axis %d of extent %d by %v", axis, r.sizes[axis], scale)
		}
		r.scales[axis], r.sizes[axis] = scale, int(size)
	}
	return nil
}

// bySizes: with a policy, all axes get the scale of the one that is enlarged least
// or most.
func (r *resizing) bySizes(axes []int, t *tensor) error {
	data, err := r.numbers(t, "list of sizes", len(axes))
	if err != nil {
		return err
	}
	policy := r.n.stringAttr("keep_aspect_ratio_policy", "stretch")
	common := float32(0)
	for i, axis := range axes {
		size := data.At(i)
		if size < 1 || size > ir.MaxSize {
			return r.n.errorf(diag.ShapeMismatch, "resizes axis %d to %v", axis, size)
		}
		scale := float32(size) / float32(r.sizes[axis])
		if common == 0 || policy == "not_larger" && scale < common || policy == "not_smaller" && scale > common {
			common = scale
		}
		r.scales[axis] = scale
		if policy == "stretch" {
			r.sizes[axis] = int(size)
		}
	}
	switch policy {
	case "stretch":
		return nil
	case "not_larger", "not_smaller":
		for _, axis := range axes {
			r.scales[axis] = common
			r.sizes[axis] = max(1, int(math.Round(float64(common*float32(r.sizes[axis])))))
		}
		return nil
	}
	return r.n.errorf(diag.BadAttribute, "attribute \"keep_aspect_ratio_policy\" is %q", policy)
}

// numbers are the contents of a list that must be known.
func (r *resizing) numbers(t *tensor, what string, count int) (*ir.Tensor, error) {
	data, err := r.n.known(t)
	if err != nil || data == nil {
		return nil, r.n.notKnown(what, t, err)
	}
	if data.Type.Size() != count {
		return nil, r.n.errorf(diag.ShapeMismatch, "%s %q has %d elements, wanted %d", what, t.name, data.Type.Size(), count)
	}
	return data, nil
}

// entries are the indices nearest to the places along an axis, in float32 as
// onnxruntime has it.
func (r *resizing) entries(axis, extent int) ([]int64, error) {
	if err := r.n.imp.charge(r.n.at, r.sizes[axis]); err != nil {
		return nil, err
	}
	at, nearest := coordinates[r.coordinate], roundings[r.near]
	switch {
	case at == nil:
		return nil, r.n.errorf(diag.UnsupportedAttribute, "attribute \"coordinate_transformation_mode\" is %q, which is not supported", r.coordinate)
	case nearest == nil:
		return nil, r.n.errorf(diag.BadAttribute, "attribute \"nearest_mode\" is %q", r.near)
	}
	out := make([]int64, r.sizes[axis])
	for i := range out {
		place := at(float32(i), r.scales[axis], float32(extent), float32(r.sizes[axis]))
		if r.scales[axis] == 1 {
			place = float32(i)
		}
		out[i] = min(max(int64(nearest(float64(place))), 0), int64(extent-1))
	}
	return out, nil
}

// coordinates are where place i of the result lies in the operand, by the names
// that ONNX gives the ways to count.
var coordinates = map[string]func(i, scale, in, out float32) float32{
	"half_pixel": halfPixel,
	"asymmetric": func(i, scale, _, _ float32) float32 { return i / scale },
	"pytorch_half_pixel": func(i, scale, in, out float32) float32 {
		if out <= 1 {
			return 0
		}
		return halfPixel(i, scale, in, out)
	},
	"align_corners": func(i, _, in, out float32) float32 {
		if out == 1 {
			return 0
		}
		return i * (in - 1) / (out - 1)
	},
	"half_pixel_symmetric": func(i, scale, in, out float32) float32 {
		return in/2*(1-out/(scale*in)) + halfPixel(i, scale, in, out)
	},
	"tf_half_pixel_for_nn": func(i, scale, _, _ float32) float32 { return (i + 0.5) / scale },
}

func halfPixel(i, scale, _, _ float32) float32 { return (i+0.5)/scale - 0.5 }

var roundings = map[string]func(float64) float64{
	"round_prefer_floor": func(f float64) float64 { return math.Ceil(f - 0.5) },
	"round_prefer_ceil":  func(f float64) float64 { return math.Floor(f + 0.5) },
	"floor":              math.Floor,
	"ceil":               math.Ceil,
}
