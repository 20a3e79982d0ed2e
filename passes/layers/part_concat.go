package layers

import (
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// PartConcat makes a weighted layer on joined values one layer for each of them,
// W·(a, b) + c = (Wₐ·a + c) + W_b·b, where one of them is a weighted layer itself: a
// recurrent layer on a current and its own spikes, as SpikingJelly's
// LinearRecurrentContainer. The two layers on the current become one then.
func PartConcat(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		w, ok := AsWeighted(v)
		if !ok || w.groups > 1 || !joinsCurrents(v.Args[0], w.in) {
			return nil, nil
		}
		var weights []*ir.Tensor
		var parts []*ir.Value
		start := 0
		for _, part := range v.Args[0].Args {
			count := part.Type.Shape.Dim(w.in)
			one, err := columns(w.Weights, start, count)
			if err != nil {
				return nil, err
			}
			parts, weights, start = append(parts, r.Of(part)), append(weights, one), start+count
		}
		return sumOfLayers(r, w, parts, weights, w.Bias())
	})
}

// columns are the weights of a stretch of input channels.
func columns(weights *ir.Tensor, start, count int) (*ir.Tensor, error) {
	return rewrite.Compute(ir.OpSlice, ir.SliceAttrs{Axis: 1, Start: start, Count: count, Step: 1}, weights)
}

// sumOfLayers appends a layer on each part, the first of them with the bias, and their sum.
func sumOfLayers(r *ir.Rebuilder, w Weighted, parts []*ir.Value, weights []*ir.Tensor, bias *ir.Tensor) (*ir.Value, error) {
	var sum *ir.Value
	for i, part := range parts {
		one, err := w.rebuild(r, part, weights[i], bias)
		if err == nil && sum != nil {
			one, err = r.Add(ir.OpAdd, r.Unique(w.Name), nil, sum, one)
		}
		if err != nil {
			return nil, err
		}
		sum, bias = one, nil
	}
	return sum, nil
}

// joinsCurrents tells a concat along the axis of which a part is a weighted layer.
func joinsCurrents(x *ir.Value, axis int) bool {
	return x.Op == ir.OpConcat && ir.AxisOf(x.Attrs) == axis && slices.ContainsFunc(x.Args, func(a *ir.Value) bool {
		_, ok := AsWeighted(a)
		return ok
	})
}
