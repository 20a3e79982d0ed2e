package layers

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// FoldPooling is R7: a mean is a sum with another scale, so that no count is
// lost to a division. Where padding does not count, the number of elements
// differs from window to window, and so does the factor.
func FoldPooling(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		op, attrs, factor := sumOf(v)
		if factor == nil {
			return nil, nil
		}
		sum, err := r.Add(op, r.Unique(v.Name+".sum"), attrs, r.Of(v.Args[0]))
		if err != nil {
			return nil, err
		}
		c, err := r.Const(r.Unique(v.Name+".factor"), factor)
		if err != nil {
			return nil, err
		}
		return r.Add(ir.OpMul, r.Unique(v.Name), nil, sum, c)
	})
}

// sumOf writes a mean as a sum and a factor; nil when v is no mean.
func sumOf(v *ir.Value) (ir.Op, ir.Attrs, *ir.Tensor) {
	switch a := v.Attrs.(type) {
	case ir.ReduceAttrs:
		if v.Op != ir.OpReduceMean {
			return 0, nil, nil
		}
		return ir.OpReduceSum, a, Constant(float64(v.Type.Size())/float64(v.Args[0].Type.Size()), v.Type.Shape)
	case ir.AvgPoolAttrs:
		return ir.OpSumPool, a.Pool(), windowFactor(v, a.CountPad)
	}
	return 0, nil, nil
}

// windowFactor is 1 over the elements of each window: all of them, or those that
// are not padding.
func windowFactor(v *ir.Value, countPad bool) *ir.Tensor {
	w := ir.WindowsOf(v)
	if countPad {
		return Constant(1/float64(w.Taps()), v.Type.Shape)
	}
	count := Constant(1, v.Type.Shape)
	for axis := range w.Out {
		dims := Ones(v.Type.Shape.Rank()).Dims()
		dims[len(dims)-len(w.Out)+axis] = w.Out[axis]
		along := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
		for o := range along.F {
			lo, hi := w.Span(axis, o)
			along.F[o] = float64(hi - lo)
		}
		count = Times(count, along)
	}
	return Compact(Divide(Constant(1, v.Type.Shape), count))
}
