package canonical

import (
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// sinkReshape moves reshapes that only put an axis of extent 1 in front behind
// the op that reads them, where such axes meet and go.
func sinkReshape(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if c := v.Op.Class(); c != ir.Element && c != ir.OverTime && !lastAxes(v) {
		return nil, nil
	}
	args, err := c.unraised(v)
	if args == nil || err != nil {
		return nil, err
	}
	on := *v
	on.Args, on.Type = args, ir.Type{}
	switch {
	case v.Op.Typed():
		on.Type = v.Type.WithShape(args[0].Type.Shape)
	case v.Op == ir.OpBatchNorm:
		on.Attrs = ir.Without(v.Attrs, 0, 0)
	}
	out, err := c.Make(&on)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, out)
}

// lastAxes tells layers and pools that leave the first axis alone, in which the operands behind
// the first have no part.
func lastAxes(v *ir.Value) bool {
	if c := v.Op.Class(); c != ir.Window && v.Op != ir.OpBatchNorm && (c != ir.Contract || v.Op == ir.OpMatmul) {
		return false
	}
	for i, axes := range v.Axes() {
		if first := axes[0]; i == 0 && first != 0 || i > 0 && first != ir.Whole {
			return false
		}
	}
	return true
}

// unraised are v's operands without a first axis of extent 1 that a reshape gave
// them: all that have it must lose it, constants too, and one at least by a
// reshape. Nil when that is not so.
func (c *Rewriter) unraised(v *ir.Value) ([]*ir.Value, error) {
	args := slices.Clone(v.Args)
	lost := false
	for i, a := range v.Args {
		switch {
		case a == nil || i > 0 && lastAxes(v) || a.Type.Shape.Rank() < v.Type.Shape.Rank() && a.Const() != nil:
		case a.Type.Shape.Rank() != v.Type.Shape.Rank() || a.Type.Shape.Rank() == 0 || a.Type.Shape.Dim(0) != 1:
			return nil, nil
		case a.Const() != nil:
			var err error
			if args[i], err = c.As(a, ir.OpReshape, ir.ShapeAttrs{Shape: a.Type.Shape.Dims()[1:]}, a); err != nil {
				return nil, err
			}
		case raises(a):
			args[i], lost = a.Args[0], true
		default:
			return nil, nil
		}
	}
	if !lost {
		return nil, nil
	}
	return args, nil
}

// raises tells a reshape that puts one axis of extent 1 in front.
func raises(v *ir.Value) bool {
	if v.Op != ir.OpReshape {
		return false
	}
	from, to := v.Args[0].Type.Shape.Dims(), v.Type.Shape.Dims()
	return len(to) == len(from)+1 && to[0] == 1 && slices.Equal(to[1:], from)
}

// reduceAxes writes a reduction over ascending axes, and puts axes that it keeps
// back behind it.
func reduceAxes(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	a, ok := v.Attrs.(ir.ReduceAttrs)
	if !ok || !a.Keep && slices.IsSorted(a.Axes) {
		return nil, nil
	}
	axes := slices.Sorted(slices.Values(a.Axes))
	out, err := c.As(v, v.Op, ir.ReduceAttrs{Axes: axes}, v.Args[0])
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, out)
}

// poolAll writes a mean or sum over one window that is everything as a reduction.
func poolAll(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	op, ok := map[ir.Op]ir.Op{ir.OpAvgPool: ir.OpReduceMean, ir.OpSumPool: ir.OpReduceSum}[v.Op]
	if !ok {
		return nil, nil
	}
	w := ir.WindowsOf(v)
	var axes []int
	for i := range w.In {
		if w.Kernel[i] != w.In[i] || w.Out[i] != 1 || w.Begin[i] != 0 || w.Dilation[i] != 1 {
			return nil, nil
		}
		axes = append(axes, v.Type.Shape.Rank()-len(w.In)+i)
	}
	return c.As(v, op, ir.ReduceAttrs{Axes: axes, Keep: true}, v.Args[0])
}

// padValue makes a pad with a constant a pad with 0 and the sum of that and a border,
// which holds the constant and is 0 elsewhere.
func padValue(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpPad || v.Args[1] == nil || v.Args[1].Const() == nil || !v.Type.IsReal() {
		return nil, nil
	}
	x := v.Args[0]
	pad, err := c.As(v, ir.OpPad, v.Attrs, x)
	if err != nil || Every(v.Args[1], 0) {
		return pad, err
	}
	data, err := rewrite.Compute(ir.OpPad, v.Attrs, ir.NewTensor(x.Type), v.Args[1].Const())
	if err != nil {
		return nil, err
	}
	border, err := c.Constant(v.Name+".border", data, v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpAdd, nil, pad, border)
}

// convPad takes padding with 0 into the convolution that reads it.
func convPad(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpConv || v.Args[0].Op != ir.OpPad {
		return nil, nil
	}
	pad := v.Args[0]
	p, a := pad.Attrs.(ir.PadAttrs), v.Attrs.(ir.ConvAttrs)
	r, rank := len(a.Strides), v.Type.Shape.Rank()
	if pad.Args[1] != nil && !Every(pad.Args[1], 0) || slices.Max(append(p.Before[:rank-r:rank-r], p.After[:rank-r]...)) > 0 {
		return nil, nil
	}
	a.Pads = slices.Clone(a.Pads)
	for i := range r {
		a.Pads[i] += p.Before[rank-r+i]
		a.Pads[r+i] += p.After[rank-r+i]
	}
	args := append([]*ir.Value{pad.Args[0]}, v.Args[1:]...)
	if _, err := c.inferred(&ir.Value{Name: v.Name, Op: ir.OpConv, Attrs: a, Args: args}); err != nil {
		return nil, nil // a window would see padding only
	}
	return c.As(v, ir.OpConv, a, args...)
}

// zeroBias drops a bias of zeros.
func zeroBias(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if (v.Op != ir.OpConv && v.Op != ir.OpLinear) || v.Args[2] == nil || !Every(v.Args[2], 0) {
		return nil, nil
	}
	return c.As(v, v.Op, v.Attrs, v.Args[0], v.Args[1])
}

// maxZero is the relu that a maximum with 0 is.
func maxZero(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpMax || !v.Type.IsReal() || !Every(v.Args[1], 0) || v.Args[0].Type != v.Type {
		return nil, nil
	}
	return c.As(v, ir.OpMap, ir.MapAttrs{Fn: ir.FnRelu}, v.Args[0])
}

// leastIsLargest makes the least of values the negative of the largest of their negatives,
// which is known as a readout.
func leastIsLargest(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	largest := map[ir.Op]ir.Op{ir.OpMin: ir.OpMax, ir.OpReduceMin: ir.OpReduceMax}[v.Op]
	isConstant := func(a *ir.Value) bool { return a.Const() != nil }
	if largest == 0 || !v.Type.IsReal() || slices.ContainsFunc(v.Args, isConstant) {
		return nil, nil
	}
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = c.As(v, ir.OpNeg, nil, a); err != nil {
			return nil, err
		}
	}
	out, err := c.As(v, largest, v.Attrs, args...)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpNeg, nil, out)
}

// notCompare is the comparison that the opposite of one is.
func notCompare(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	opposite := map[ir.Compare]ir.Compare{ir.GE: ir.LT, ir.GT: ir.LE, ir.LE: ir.GT, ir.LT: ir.GE, ir.EQ: ir.NE, ir.NE: ir.EQ}
	switch {
	case v.Op == ir.OpXor && Every(v.Args[1], 1), v.Op == ir.OpAndNot && Every(v.Args[0], 1):
	default:
		return nil, nil
	}
	x := v.Args[0]
	if v.Op == ir.OpAndNot {
		x = v.Args[1]
	}
	is := opposite[Comparison(x)]
	if is == 0 || x.Type != v.Type {
		return nil, nil
	}
	return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: is}, x.Args...)
}
