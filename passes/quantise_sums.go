package passes

import "nomul/ir"

// sum adds or subtracts, each operand brought into the units of the result.
// Constants are part of the offset.
func (q *quantiser) sum(v *ir.Value) (*ir.Value, error) {
	sign := constant(1, ir.Shape{})
	var terms []*ir.Value
	negated := false
	for i, a := range v.Args {
		if i == 1 && v.Op == ir.OpSub {
			sign = constant(-1, ir.Shape{})
		}
		off := q.offsets[a]
		if realConst(a) {
			off = a.Const()
		} else {
			term, err := q.brought(v, a, sign.F[0])
			if err != nil {
				return nil, err
			}
			terms = append(terms, term)
			negated = sign.F[0] < 0
		}
		if off != nil {
			q.offset(v, times(off, sign))
		}
	}
	switch {
	case len(terms) == 2:
		return q.r.Add(v.Op, q.r.Unique(v.Name), nil, terms...)
	case negated:
		return q.r.Add(ir.OpNeg, q.r.Unique(v.Name), nil, terms[0])
	}
	return q.renamed(v, terms[0])
}

// renamed is a value that stays the integer it was. Its shape may grow.
func (q *quantiser) renamed(v, x *ir.Value) (*ir.Value, error) {
	if x.Type.Shape != v.Type.Shape {
		return q.r.Add(ir.OpBroadcast, q.r.Unique(v.Name), ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, x)
	}
	return x, nil
}

// settled is an old value as an integer with its offset added, rounded.
func (q *quantiser) settled(v *ir.Value) (*ir.Value, error) {
	x, off := q.r.Of(v), q.offsets[v]
	if off == nil || !anyNonZero(off.F) {
		return x, nil
	}
	if out := q.whole[v]; out != nil {
		return out, nil
	}
	units := compact(spreadTo(divide(off, scaleOf(v)), v.Type.Shape))
	c, err := q.integers(v.Name+".offset", units)
	if err != nil {
		return nil, err
	}
	q.loses(v, ir.OfBias, compact(roundedOff(units, scaleOf(v)))) // nothing else reads it without its offset, or it may lose as much
	out, err := q.r.Add(ir.OpAdd, q.r.Unique(v.Name+".whole"), nil, x, c)
	if err == nil {
		out.Scale = v.Scale
	}
	q.whole[v] = out
	return out, err
}

// linearOp is an op under which scale·integer + offset splits into the two.
func (q *quantiser) linearOp(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	offs, conversions := make([]*ir.Tensor, len(v.Args)), make([]conversion, len(v.Args))
	shifted := false
	for i, a := range v.Args {
		args[i], offs[i] = q.r.Of(a), ir.NewTensor(ir.RealType(a.Type.Shape))
		if off := q.offsets[a]; off != nil {
			offs[i], shifted = spreadTo(off, a.Type.Shape), true
		}
		if v.Op == ir.OpConcat {
			var err error
			part := partScale(v, i)
			if conversions[i], err = q.convert(v, args[i], a, divide(scaleOf(a), part), part); err != nil {
				return nil, err
			}
			args[i], shifted = conversions[i].value, shifted || conversions[i].lost != nil
		}
	}
	if v.Op == ir.OpConcat {
		if err := q.partsOff(v, conversions, offs); err != nil {
			return nil, err
		}
	}
	if shifted {
		off, err := compute(v.Op, v.Attrs, offs...)
		if err != nil {
			return nil, err
		}
		q.offset(v, compact(off))
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, args...)
}

// partScale is the scale of operand i's part of a concat.
func partScale(v *ir.Value, i int) *ir.Tensor {
	axis, start := v.Attrs.(ir.AxisAttrs).Axis, 0
	for _, a := range v.Args[:i] {
		start += a.Type.Shape.Dim(axis)
	}
	part, err := compute(ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: v.Args[i].Type.Shape.Dim(axis), Step: 1},
		spreadTo(v.Scale.Data, v.Type.Shape))
	if err != nil {
		panic(err) // the part lies in the concat
	}
	return compact(part)
}

// padded pads with what makes 0 of the offset around it, and with the offset of the value.
func (q *quantiser) padded(v *ir.Value) (*ir.Value, error) {
	x, value := v.Args[0], v.Args[1]
	off := q.offsets[x]
	if off != nil || value != nil {
		if off == nil {
			off = constant(0, x.Type.Shape)
		}
		moved, err := compute(v.Op, v.Attrs, spreadTo(off, x.Type.Shape), value.Const())
		if err != nil {
			return nil, err
		}
		q.offset(v, compact(moved))
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, q.r.Of(x))
}

// extreme is the largest or smallest of several elements: their offsets must be equal to come after it.
func (q *quantiser) extreme(v *ir.Value) (*ir.Value, error) {
	a := v.Args[0]
	x, off := q.r.Of(a), q.offsets[a]
	if off != nil && flatOn(compact(spreadTo(off, a.Type.Shape)), a.Type.Shape, joinedAxes(v)) {
		after, err := compute(v.Op, v.Attrs, spreadTo(off, a.Type.Shape))
		if err != nil {
			return nil, err
		}
		q.offset(v, compact(after))
	} else if off != nil {
		q.options.note(v, "the biases of %s differ within a window, so they are rounded to its whole units", a.Name)
		var err error
		if x, err = q.settled(a); err != nil {
			return nil, err
		}
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, x)
}

// overTime reads a value out; the sum has its offset once per step.
func (q *quantiser) overTime(v *ir.Value) (*ir.Value, error) {
	if off := q.offsets[v.Args[0]]; off != nil {
		if v.Op == ir.OpSum {
			off = times(off, constant(float64(q.steps), off.Type.Shape))
		}
		q.offset(v, off)
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, q.r.Of(v.Args[0]))
}

// choice is an op that takes one of its operands, which are whole integers in its units.
func (q *quantiser) choice(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		switch {
		case realConst(a):
			args[i], err = q.integers(v.Name+".bound", compact(divide(spreadTo(a.Const(), v.Type.Shape), v.Scale.Data)))
		case v.Op == ir.OpWhere && i == 0:
			args[i] = q.r.Of(a)
		default:
			args[i], err = q.alternative(v, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, args...)
}

// alternative is an operand of which v takes one or the other: whole, in v's units.
func (q *quantiser) alternative(v, a *ir.Value) (*ir.Value, error) {
	x, err := q.settled(a)
	if err != nil {
		return nil, err
	}
	got, err := q.convert(v, x, a, divide(scaleOf(a), v.Scale.Data), v.Scale.Data)
	if err != nil {
		return nil, err
	}
	if got.lost != nil {
		q.loses(v, ir.OfConversion, got.lost)
	}
	if got.off != nil {
		q.loses(v, ir.OfFactor, got.off)
	}
	return got.value, nil
}

func (q *quantiser) output(v *ir.Value) (*ir.Value, error) {
	x, err := q.settled(v.Args[0])
	if err != nil {
		return nil, err
	}
	out, err := q.r.CopyWith(v, v.Attrs, x)
	if err == nil {
		out.Scale = v.Args[0].Scale
	}
	return out, err
}
