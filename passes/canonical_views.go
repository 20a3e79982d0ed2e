package passes

import "nomul/ir"

// whole: ops that take all of their operand and leave it as it is.
func whole(_ *rewriter, v *ir.Value) (*ir.Value, error) {
	switch a := v.Attrs.(type) {
	case ir.SliceAttrs:
		if a.Start == 0 && a.Step == 1 && v.Type == v.Args[0].Type {
			return v.Args[0], nil
		}
	case ir.ShapeAttrs:
		if v.Op == ir.OpBroadcast && v.Type == v.Args[0].Type {
			return v.Args[0], nil
		}
	case ir.ReduceAttrs:
		if len(a.Axes) == 0 && v.Type == v.Args[0].Type {
			return v.Args[0], nil
		}
	case ir.AxisAttrs:
		if v.Op == ir.OpConcat && len(v.Args) == 1 && v.Type == v.Args[0].Type {
			return v.Args[0], nil
		}
	}
	return nil, nil
}

// gatherRule makes one entry a slice and a reshape, and entries at a fixed
// distance a slice.
func gatherRule(c *rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpGather || v.Args[1].Type.Shape.Rank() > 1 {
		return nil, nil
	}
	index := v.Args[1].Const().I
	step := int64(1)
	if len(index) > 1 {
		step = index[1] - index[0]
	}
	for i := range index {
		if index[i] != index[0]+int64(i)*step || step == 0 {
			return nil, nil
		}
	}
	attrs := ir.SliceAttrs{Axis: v.Attrs.(ir.AxisAttrs).Axis, Start: int(index[0]), Count: len(index), Step: int(step)}
	part, err := c.as(v, ir.OpSlice, attrs, v.Args[0])
	if err != nil {
		return nil, err
	}
	return c.as(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, part)
}

// sliceConcat looks through a concat along the slice's axis: what lies in one part
// is a slice of it, and whole parts are joined by themselves.
func sliceConcat(c *rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSlice || v.Args[0].Op != ir.OpConcat {
		return nil, nil
	}
	a, joined := v.Attrs.(ir.SliceAttrs), v.Args[0]
	if joined.Attrs.(ir.AxisAttrs).Axis != a.Axis {
		return nil, nil
	}
	if whole := wholeParts(joined, a); len(whole) > 1 && len(whole) < len(joined.Args) {
		return c.as(v, ir.OpConcat, joined.Attrs, whole...)
	}
	last := a.Start + (a.Count-1)*a.Step
	for _, x := range joined.Args {
		extent := x.Type.Shape.Dim(a.Axis)
		if min(a.Start, last) >= 0 && max(a.Start, last) < extent && x.Type.Kind == v.Type.Kind {
			return c.as(v, ir.OpSlice, a, x)
		}
		a.Start -= extent
		last -= extent
	}
	return nil, nil
}

// wholeParts are the operands of a concat that a slice takes whole and next to each
// other, when it takes nothing else.
func wholeParts(joined *ir.Value, a ir.SliceAttrs) []*ir.Value {
	var out []*ir.Value
	at, taken := 0, 0
	for _, x := range joined.Args {
		extent := x.Type.Shape.Dim(a.Axis)
		if at >= a.Start && at+extent <= a.Start+a.Count {
			out = append(out, x)
			taken += extent
		}
		at += extent
	}
	if a.Step != 1 || taken != a.Count {
		return nil
	}
	return out
}

func reduceOne(c *rewriter, v *ir.Value) (*ir.Value, error) {
	a, ok := v.Attrs.(ir.ReduceAttrs)
	if !ok || v.Type.Size() != v.Args[0].Type.Size() || v.Type.Kind != v.Args[0].Type.Kind {
		return nil, nil
	}
	for _, axis := range a.Axes {
		if v.Args[0].Type.Shape.Dim(axis) != 1 {
			return nil, nil
		}
	}
	return c.as(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, v.Args[0])
}
