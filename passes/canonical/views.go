package canonical

import (
	"nomul/ir"
)

// whole: ops that take all of their operand and leave it as it is.
func whole(_ *Rewriter, v *ir.Value) (*ir.Value, error) {
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

// scatterRule makes the rows that a scatter leaves and writes a list of rows of both.
func scatterRule(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpScatter || v.Args[1].Const() == nil {
		return nil, nil
	}
	both, err := c.As(v, ir.OpConcat, ir.AxisAttrs{}, v.Args[0], v.Args[2])
	if err != nil {
		return nil, err
	}
	rows := v.Type.Shape.Dim(0)
	index := ir.NewTensor(v.Args[1].Type.WithShape(ir.ShapeOf(rows)))
	for i := range rows {
		index.I[i] = int64(i)
	}
	for i, at := range v.Args[1].Const().I {
		index.I[at] = int64(rows + i)
	}
	list, err := c.Constant(v.Name+".rows", index, v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpGather, ir.AxisAttrs{}, both, list)
}

// gatherRule makes the entries that a gather lists slices and copies: those at a fixed
// distance are a slice, one that is repeated is stretched, and these parts are joined.
// Indices of another shape than a list are a list, reshaped.
func gatherRule(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpGather {
		return nil, nil
	}
	axis := v.Attrs.(ir.AxisAttrs).Axis
	var parts []*ir.Value
	for _, run := range runs(v.Args[1].Const().I) {
		part, err := c.run(v, axis, run)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	list := parts[0]
	if len(parts) > 1 {
		var err error
		if list, err = c.As(v, ir.OpConcat, ir.AxisAttrs{Axis: axis}, parts...); err != nil {
			return nil, err
		}
	}
	return c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, list)
}

// run is the entries of a run along the axis of a gather.
func (c *Rewriter) run(v *ir.Value, axis int, run ir.SliceAttrs) (*ir.Value, error) {
	run.Axis = axis
	if run.Step != 0 {
		return c.As(v, ir.OpSlice, run, v.Args[0])
	}
	one, err := c.As(v, ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: run.Start, Count: 1, Step: 1}, v.Args[0])
	if err != nil {
		return nil, err
	}
	dims := one.Type.Shape.Dims()
	dims[axis] = run.Count
	return c.As(v, ir.OpBroadcast, ir.ShapeAttrs{Shape: dims}, one)
}

// runs parts a list of indices into runs at a fixed distance, each as long as it
// can be; the distance is 0 where one is repeated, and 1 where it stands alone.
func runs(index []int64) []ir.SliceAttrs {
	var out []ir.SliceAttrs
	for len(index) > 0 {
		step, count := int64(1), 1
		if len(index) > 1 {
			step = index[1] - index[0]
		}
		for count < len(index) && index[count] == index[0]+int64(count)*step {
			count++
		}
		if count == 1 {
			step = 1
		}
		out = append(out, ir.SliceAttrs{Start: int(index[0]), Count: count, Step: int(step)})
		index = index[count:]
	}
	return out
}

// sliceConcat looks through a concat along the slice's axis: a range within one part is a slice of
// it, and whole parts are joined by themselves.
func sliceConcat(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSlice || v.Args[0].Op != ir.OpConcat {
		return nil, nil
	}
	a, joined := v.Attrs.(ir.SliceAttrs), v.Args[0]
	if joined.Attrs.(ir.AxisAttrs).Axis != a.Axis {
		return nil, nil
	}
	if whole := wholeParts(joined, a); len(whole) > 1 && len(whole) < len(joined.Args) {
		return c.As(v, ir.OpConcat, joined.Attrs, whole...)
	}
	last := a.Start + (a.Count-1)*a.Step
	for _, x := range joined.Args {
		extent := x.Type.Shape.Dim(a.Axis)
		if min(a.Start, last) >= 0 && max(a.Start, last) < extent && x.Type.Kind == v.Type.Kind {
			return c.As(v, ir.OpSlice, a, x)
		}
		a.Start -= extent
		last -= extent
	}
	if a.Step != 1 {
		return c.apart(v, joined, v.Attrs.(ir.SliceAttrs))
	}
	return nil, nil
}

// apart joins the entries that a slice with a stride takes of each operand of a concat, as of a buffer that is rolled.
func (c *Rewriter) apart(v, joined *ir.Value, a ir.SliceAttrs) (*ir.Value, error) {
	var parts []*ir.Value
	for taken := 0; taken < a.Count; {
		x, at := partAt(joined, a.Axis, a.Start+taken*a.Step)
		extent := x.Type.Shape.Dim(a.Axis)
		count := 1
		for next := at + a.Step; taken+count < a.Count && next >= 0 && next < extent; next += a.Step {
			count++
		}
		of := ir.SliceAttrs{Axis: a.Axis, Start: at, Count: count, Step: a.Step}
		if count == 1 {
			of.Step = 1
		}
		part, err := c.As(&ir.Value{Name: v.Name + ".part", Origin: v.Origin}, ir.OpSlice, of, x)
		if err != nil {
			return nil, err
		}
		parts, taken = append(parts, part), taken+count
	}
	return c.As(v, ir.OpConcat, joined.Attrs, parts...)
}

// partAt is the operand of a concat that has an entry along its axis, and the entry's place in it.
func partAt(joined *ir.Value, axis, entry int) (*ir.Value, int) {
	for _, x := range joined.Args {
		if entry < x.Type.Shape.Dim(axis) {
			return x, entry
		}
		entry -= x.Type.Shape.Dim(axis)
	}
	return nil, 0
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

func reduceOne(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	a, ok := v.Attrs.(ir.ReduceAttrs)
	if !ok || v.Type.Size() != v.Args[0].Type.Size() || v.Type.Kind != v.Args[0].Type.Kind {
		return nil, nil
	}
	for _, axis := range a.Axes {
		if v.Args[0].Type.Shape.Dim(axis) != 1 {
			return nil, nil
		}
	}
	return c.As(v, ir.OpReshape, ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, v.Args[0])
}
