package integers

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// realLeaks are a neuron's leaks in real numbers: the factors that N/2^K stands for.
func realLeaks(v *ir.Value) scales.Leaks {
	a := v.Attrs.(ir.NeuronAttrs)
	out := scales.Leaks{Membrane: layers.Remains(a.Leak), Current: layers.Remains(a.Current), Growth: layers.Remains(a.Adapt)}
	if beta := v.Args[ir.NeuronLeak].Const(); beta != nil {
		out.Membrane = beta.At(0)
	}
	if alpha := v.Args[ir.NeuronCurrent].Const(); alpha != nil {
		out.Current = alpha.At(0)
	}
	if rho := v.Args[ir.NeuronAdapt].Const(); rho != nil {
		out.Growth = rho.At(0)
	}
	return out
}

// missedByLeaks is how far a membrane is off because N/2^K stands for its leak β: in
// each step by |β − N/2^K| of the fixed membrane of that step, and the share β of that
// remains in the next. For a current it is the same.
func (q *quantiser) missedByLeaks(v, out *ir.Value, unit *ir.Tensor) *ir.Tensor {
	a, real := v.Attrs.(ir.NeuronAttrs), realLeaks(v)
	miss := scales.Leaks{Membrane: math.Abs(real.Membrane - layers.Remains(a.Leak)), Current: math.Abs(real.Current - layers.Remains(a.Current)), Growth: math.Abs(real.Growth - layers.Remains(a.Adapt))}
	if miss == (scales.Leaks{}) || q.options.Bound == nil {
		return layers.Constant(0, ir.Shape{})
	}
	membrane, current, threshold := largestState(out, q.steps)
	part := func(most *ir.Tensor, in scales.Impulses) *ir.Tensor {
		return layers.Times(most, layers.Constant(scales.ResponseTo(a, real, q.steps, in), ir.Shape{}))
	}
	grown := scales.ResponseTo(ir.NeuronAttrs{}, scales.Leaks{Membrane: real.Growth}, q.steps, scales.Impulses{Bias: miss.Growth})
	off := layers.Plus(part(membrane, scales.Impulses{Leak: miss.Membrane}), part(current, scales.Impulses{Current: miss.Current}))
	return layers.Times(unit, layers.Plus(off, layers.Times(threshold, layers.Constant(grown*q.seenGrowth(a, real), ir.Shape{}))))
}

// seenGrowth is the number of times that the growth of a threshold enters the comparison: once in
// the threshold, and where a reset takes it, in the membrane of later steps.
func (q *quantiser) seenGrowth(a ir.NeuronAttrs, real scales.Leaks) float64 {
	if a.AdaptReset {
		return 1 + scales.ResponseTo(a, real, q.steps, scales.Impulses{Bias: 1})
	}
	return 1
}

// largestState are the largest magnitudes of a fixed neuron's membrane, current and threshold, for
// each entry of a shape in which its input's range or its constants differ.
func largestState(out *ir.Value, steps int) (membrane, current, threshold *ir.Tensor) {
	var given [ir.NeuronLeak]elementRange
	shape := ir.Shape{}
	for slot := range given {
		given[slot] = elementRangeOf(out.Args[slot])
		shape, _ = ir.Broadcast(shape, given[slot].lo.Type.Shape)
		shape, _ = ir.Broadcast(shape, given[slot].hi.Type.Shape)
	}
	var ranges [ir.NeuronLeak][]ir.Range
	for slot, s := range given {
		ranges[slot] = s.ranges(shape)
	}
	all := [3]*ir.Tensor{}
	for i := range all {
		all[i] = ir.NewTensor(ir.RealType(shape))
	}
	rangesOf := out.Attrs.(ir.NeuronAttrs).Ranges(steps)
	for i := range shape.Size() {
		r := rangesOf(ranges[ir.NeuronX][i], ir.NeuronConsts{
			Threshold: ranges[ir.NeuronThreshold][i], Bias: ranges[ir.NeuronBias][i],
			Reset: ranges[ir.NeuronReset][i], Init: ranges[ir.NeuronInit][i], Jump: ranges[ir.NeuronJump][i]})
		for k, s := range []ir.Range{r.Membrane, r.Current, r.Threshold} {
			all[k].F[i] = float64(scales.LargestMagnitude(s))
		}
	}
	return layers.Compact(all[0]), layers.Compact(all[1]), layers.Compact(all[2])
}

// elementRange is the range of each element of a fixed value; lo and hi broadcast to it.
type elementRange struct{ lo, hi *ir.Tensor }

// elementRangeOf finds the ranges of a value's elements: those of a layer of weights differ from
// output to output. An absent value is 0.
func elementRangeOf(v *ir.Value) elementRange {
	if v == nil {
		return elementRange{layers.Constant(0, ir.Shape{}), layers.Constant(0, ir.Shape{})}
	}
	switch {
	case v.Const() != nil:
		t := layers.Compact(ir.Reals(v.Type.Shape, contents(v.Const())))
		return elementRange{t, t}
	case (v.Op == ir.OpLinear || v.Op == ir.OpConv) && v.Args[1].Const() != nil:
		return layerRange(v)
	case v.Op == ir.OpAdd:
		a, b := elementRangeOf(v.Args[0]), elementRangeOf(v.Args[1])
		return elementRange{layers.Plus(a.lo, b.lo), layers.Plus(a.hi, b.hi)}
	case v.Op == ir.OpShl:
		s, by := elementRangeOf(v.Args[0]), layers.Constant(math.Ldexp(1, v.Attrs.(ir.ShlAttrs).K), ir.Shape{})
		return elementRange{layers.Times(s.lo, by), layers.Times(s.hi, by)}
	}
	return elementRange{layers.Constant(float64(v.Range.Lo), ir.Shape{}), layers.Constant(float64(v.Range.Hi), ir.Shape{})}
}

// layerRange is that of a sum of weights; a convolution may see 0 at its border.
func layerRange(v *ir.Value) elementRange {
	weights, x := v.Args[1].Const(), v.Args[0].Range
	if v.Op == ir.OpConv {
		x = x.Union(ir.Range{})
	}
	outputs := weights.Type.Shape.Dim(0)
	lo, hi := make([]float64, outputs), make([]float64, outputs)
	row := len(weights.I) / outputs
	for i, w := range weights.I {
		least, most := float64(w*x.Lo), float64(w*x.Hi)
		lo[i/row] += min(least, most)
		hi[i/row] += max(least, most)
	}
	w := layers.Weighted{Value: v, Weights: weights, Out: v.Type.Shape.Rank() - 1}
	if a, ok := v.Attrs.(ir.ConvAttrs); ok {
		w.Out -= len(a.Strides)
	}
	bias := layers.Constant(0, ir.Shape{})
	if b := v.Args[2].Const(); b != nil {
		bias = ir.Reals(b.Type.Shape, contents(b))
		if b.Type.Shape.Rank() == 1 {
			bias = w.PerOutput(bias.F)
		}
	} else if v.Args[2] != nil {
		return elementRange{layers.Constant(float64(v.Range.Lo), ir.Shape{}), layers.Constant(float64(v.Range.Hi), ir.Shape{})}
	}
	return elementRange{layers.Compact(layers.Plus(w.PerOutput(lo), bias)), layers.Compact(layers.Plus(w.PerOutput(hi), bias))}
}

// ranges are those of the elements of a shape.
func (s elementRange) ranges(shape ir.Shape) []ir.Range {
	out := make([]ir.Range, shape.Size())
	lo, hi := rewrite.Stretched(s.lo, shape), rewrite.Stretched(s.hi, shape)
	for i := range out {
		out[i] = ir.Range{Lo: int64(lo[i]), Hi: int64(hi[i])}
	}
	return out
}
