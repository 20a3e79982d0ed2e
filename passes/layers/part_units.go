package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// Weights of one row have one unit, the greatest of them sets it, and each is off by half
// of it: times 255 where it reads pixels, times 1 where it reads spikes. A row that reads
// both is two layers where the weights of pixels would lose digits to those of spikes.
const (
	widerNumbers   = 16 // as many times larger are numbers whose errors outweigh the others
	lighterWeights = 4  // as many times smaller are weights that lose two digits
	mostParts      = 8  // layers that one is parted into
)

// columnRun is a row of a layer's input channels that read numbers of like size; 0 is the
// size of a constant 0, which stands where a constant was joined to the others.
type columnRun struct {
	start, count int
	size         float64
}

// joined reports whether a value is a concat, or one that is seen from elsewhere.
func joined(v *ir.Value) bool {
	return v.Op == ir.OpConcat || MovesOnly(v.Op) && joined(v.Args[0])
}

// sizes is how far from 0 the elements of an integer may lie, those of joined values
// each as far as in its part.
func sizes(v *ir.Value) (*ir.Tensor, error) {
	if c := v.Const(); c != nil {
		out := ir.NewTensor(ir.RealType(v.Type.Shape))
		for i := range out.F {
			out.F[i] = math.Abs(float64(c.I[i]))
		}
		return out, nil
	}
	if v.Op != ir.OpConcat && !MovesOnly(v.Op) {
		limit := math.Max(1, math.Max(float64(v.Range.Hi), -float64(v.Range.Lo)))
		return SpreadTo(rewrite.Scalar(limit), v.Type.Shape), nil
	}
	args := make([]*ir.Tensor, len(v.Args))
	for i, x := range v.Args {
		if x == nil { // the number of a pad, 0
			continue
		}
		var err error
		if args[i], err = sizes(x); err != nil {
			return nil, err
		}
	}
	return rewrite.Compute(v.Op, v.Attrs, args...)
}

// channelSizes is the greatest size of each input channel.
func (w Weighted) channelSizes(x *ir.Value) ([]float64, error) {
	all, err := sizes(x)
	if err != nil {
		return nil, err
	}
	channels, inner := x.Type.Shape.Dim(w.in), 1
	for i := w.in + 1; i < x.Type.Shape.Rank(); i++ {
		inner *= x.Type.Shape.Dim(i)
	}
	out := make([]float64, channels)
	for i, f := range all.F {
		c := i / inner % channels
		out[c] = max(out[c], f)
	}
	return out, nil
}

// columnRuns parts the channels into stretches of like size.
func columnRuns(sizes []float64) []columnRun {
	var out []columnRun
	for i, s := range sizes {
		last := len(out) - 1
		if last >= 0 && (s == 0) == (out[last].size == 0) && max(s, out[last].size) < widerNumbers*max(1, min(s, out[last].size)) {
			out[last].count++
			out[last].size = max(out[last].size, s)
		} else {
			out = append(out, columnRun{i, 1, s})
		}
	}
	return out
}

// outweighed reports whether weights of a row on wide numbers are so small beside those
// on narrow ones that they lose digits.
func (w Weighted) outweighed(weights *ir.Tensor, sizes []float64) bool {
	for o := range w.Outputs() {
		greatest := map[float64]float64{}
		for i := o * w.Row(); i < (o+1)*w.Row(); i++ {
			s := sizes[w.channel(i)]
			greatest[s] = max(greatest[s], math.Abs(weights.F[i]))
		}
		for wide, small := range greatest {
			for narrow, large := range greatest {
				if narrow > 0 && wide >= widerNumbers*narrow && small > 0 && large >= lighterWeights*small {
					return true
				}
			}
		}
	}
	return false
}

// layers appends the layer on joined integers: without the weights of constants, and
// parted where the integers are unlike.
func layers(r *ir.Rebuilder, w Weighted, x *ir.Value, weights, bias *ir.Tensor) (*ir.Value, error) {
	if !joined(x) {
		return w.rebuild(r, x, weights, bias)
	}
	sizes, err := w.channelSizes(x)
	if err != nil {
		return nil, err
	}
	most := mostParts
	live := make([]float64, len(sizes))
	for i, s := range sizes {
		live[i] = math.Min(1, s)
	}
	if !slices.Contains(live, 1) {
		return w.rebuild(r, x, weights, bias)
	}
	if !w.outweighed(weights, sizes) {
		sizes, most = live, 1
	}
	parts := slices.DeleteFunc(columnRuns(sizes), func(p columnRun) bool { return p.size == 0 })
	if w.groups == 1 && len(parts) <= most {
		return parted(r, w, x, parts, weights, bias)
	}
	return masked(r, w, x, sizes, weights, bias)
}

// masked is a sum of layers on all channels, one for each size of them, in which the
// weights on the others are 0.
func masked(r *ir.Rebuilder, w Weighted, x *ir.Value, sizes []float64, weights, bias *ir.Tensor) (*ir.Value, error) {
	distinct := slices.Compact(slices.Sorted(slices.Values(sizes)))
	var parts []*ir.Value
	var each []*ir.Tensor
	w.Weights = weights
	for _, class := range columnRuns(distinct) {
		if class.size == 0 {
			continue
		}
		within := make([]float64, len(sizes))
		for i, s := range sizes {
			if slices.Contains(distinct[class.start:class.start+class.count], s) {
				within[i] = 1
			}
		}
		parts, each = append(parts, x), append(each, w.scaled(within))
	}
	return sumOfLayers(r, w, parts, each, bias)
}

// parted is a sum of layers, one for each stretch of channels.
func parted(r *ir.Rebuilder, w Weighted, x *ir.Value, runs []columnRun, weights, bias *ir.Tensor) (*ir.Value, error) {
	var parts []*ir.Value
	var each []*ir.Tensor
	for _, p := range runs {
		part, err := partOf(r, x, w.in, p)
		if err != nil {
			return nil, err
		}
		one, err := columns(weights, p.start, p.count)
		if err != nil {
			return nil, err
		}
		parts, each = append(parts, part), append(each, one)
	}
	return sumOfLayers(r, w, parts, each, bias)
}

// partOf is a stretch of a value along an axis: parts of a concat as they are, else a slice.
func partOf(r *ir.Rebuilder, x *ir.Value, axis int, p columnRun) (*ir.Value, error) {
	if p.count == x.Type.Shape.Dim(axis) {
		return x, nil
	}
	var parts []*ir.Value
	start, count := 0, 0
	for _, part := range x.Args {
		if x.Op != ir.OpConcat || ir.AxisOf(x.Attrs) != axis {
			break
		}
		extent := part.Type.Shape.Dim(axis)
		switch {
		case start <= p.start && p.start+p.count <= start+extent:
			return partOf(r, part, axis, columnRun{p.start - start, p.count, p.size})
		case p.start <= start && start+extent <= p.start+p.count:
			parts, count = append(parts, part), count+extent
		}
		start += extent
	}
	if count == p.count {
		return r.Add(ir.OpConcat, r.Unique(x.Name+".part"), x.Attrs, parts...)
	}
	return r.Add(ir.OpSlice, r.Unique(x.Name+".part"), ir.SliceAttrs{Axis: axis, Start: p.start, Count: p.count, Step: 1}, x)
}
