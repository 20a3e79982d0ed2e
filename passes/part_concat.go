package passes

import (
	"slices"

	"nomul/ir"
)

// runPartConcat makes a weighted layer on joined values one layer for each of them,
// W·(a, b) + c = (Wₐ·a + c) + W_b·b, where one of them is a weighted layer itself: a
// recurrent layer on a current and its own spikes, as SpikingJelly's
// LinearRecurrentContainer. The two layers on the current become one then.
func runPartConcat(n *ir.Net, _ *Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		w, ok := asWeighted(v)
		if !ok || w.groups > 1 || !joinsCurrents(v.Args[0], w.in) {
			return nil, nil
		}
		var sum *ir.Value
		start, bias := 0, w.bias()
		for _, part := range v.Args[0].Args {
			count := part.Type.Shape.Dim(w.in)
			weights, err := compute(ir.OpSlice, ir.SliceAttrs{Axis: 1, Start: start, Count: count, Step: 1}, w.w)
			if err != nil {
				return nil, err
			}
			one, err := w.rebuild(r, r.Of(part), weights, bias)
			if err == nil && sum != nil {
				one, err = r.Add(ir.OpAdd, r.Unique(v.Name), nil, sum, one)
			}
			if err != nil {
				return nil, err
			}
			sum, bias, start = one, nil, start+count
		}
		return sum, nil
	})
}

// joinsCurrents tells a concat along the axis of which a part is a weighted layer.
func joinsCurrents(x *ir.Value, axis int) bool {
	return x.Op == ir.OpConcat && axisOf(x.Attrs) == axis && slices.ContainsFunc(x.Args, func(a *ir.Value) bool {
		_, ok := asWeighted(a)
		return ok
	})
}
