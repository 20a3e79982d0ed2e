package integers

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// sum adds or subtracts, each operand brought into the units of the result.
// Constants are part of the offset.
func (q *quantiser) sum(v *ir.Value) (*ir.Value, error) {
	sign := layers.Constant(1, ir.Shape{})
	var terms []*ir.Value
	negated := false
	for i, a := range v.Args {
		if i == 1 && v.Op == ir.OpSub {
			sign = layers.Constant(-1, ir.Shape{})
		}
		off := q.offsets[a]
		if layers.RealConst(a) {
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
			q.offset(v, layers.Times(off, sign))
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
	if out := q.settledAs[v]; out != nil {
		return out, nil
	}
	out, err := q.whole(v, v.Name, q.r.Of(v), v.Scale)
	q.settledAs[v] = out
	return out, err
}

// linearOp is an op under which scale·integer + offset splits into the two. Where
// elements are brought together that have several units, they are converted first.
func (q *quantiser) linearOp(v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	offs, got := make([]*ir.Tensor, len(v.Args)), make([]conversion, len(v.Args))
	shifted := false
	for i, a := range v.Args {
		off := q.offsets[a]
		x := q.r.Of(a)
		if layers.RealConst(a) {
			off = a.Const()
			var err error
			if x, err = q.integers(a.Name+".part", ir.NewTensor(ir.RealType(a.Type.Shape))); err != nil {
				return nil, err
			}
		}
		offs[i] = ir.NewTensor(ir.RealType(a.Type.Shape))
		if off != nil {
			offs[i], shifted = layers.SpreadTo(off, a.Type.Shape), true
		}
		var err error
		if got[i], err = q.unified(v, i, x); err != nil {
			return nil, err
		}
		args[i], shifted = got[i].value, shifted || got[i].lost != nil
	}
	if err := q.centreAll(v, got, offs); err != nil {
		return nil, err
	}
	if shifted {
		off, err := rewrite.Compute(v.Op, v.Attrs, offs...)
		if err != nil {
			return nil, err
		}
		q.offset(v, layers.Compact(off))
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, args...)
}

// unified is operand i of v, which x stands for, in the units in which v brings its
// elements together.
func (q *quantiser) unified(v *ir.Value, i int, x *ir.Value) (conversion, error) {
	a := v.Args[i]
	var unit *ir.Tensor
	switch _, pool := v.Attrs.(ir.PoolAttrs); {
	case v.Op == ir.OpConcat:
		unit = partScale(v, i)
	case v.Op == ir.OpMatmul && a.Type.IsReal(), v.Op == ir.OpPad, pool:
		unit = v.Scale.Data
	case v.Op == ir.OpReduceSum || v.Op == ir.OpReduceMax || v.Op == ir.OpReduceMin:
		unit = reducedScale(v)
	default:
		return conversion{value: x}, nil
	}
	return q.convert(v, x, a, layers.Divide(scaleOf(a), unit), unit)
}

// reducedScale is the scale of a reduction's result, with the axes of its operand.
func reducedScale(v *ir.Value) *ir.Tensor {
	red := v.Attrs.(ir.ReduceAttrs)
	dims := v.Args[0].Type.Shape.Dims()
	for _, axis := range red.Axes {
		dims[axis] = 1
	}
	return layers.Compact(ir.Reals(ir.ShapeOf(dims...), rewrite.Stretched(v.Scale.Data, v.Type.Shape)))
}

// partScale is the scale of operand i's part of a concat.
func partScale(v *ir.Value, i int) *ir.Tensor {
	axis, start := v.Attrs.(ir.AxisAttrs).Axis, 0
	for _, a := range v.Args[:i] {
		start += a.Type.Shape.Dim(axis)
	}
	part, err := rewrite.Compute(ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: v.Args[i].Type.Shape.Dim(axis), Step: 1},
		layers.SpreadTo(v.Scale.Data, v.Type.Shape))
	if err != nil {
		panic(err) // the part lies in the concat
	}
	return layers.Compact(part)
}

// padded pads the integers with 0, and the offset such that the border is the padded value.
func (q *quantiser) padded(v *ir.Value) (*ir.Value, error) {
	x, value := v.Args[0], v.Args[1]
	got, err := q.unified(v, 0, q.r.Of(x))
	if err != nil {
		return nil, err
	}
	offs := []*ir.Tensor{ir.NewTensor(ir.RealType(x.Type.Shape))}
	if err := q.centreAll(v, []conversion{got}, offs); err != nil {
		return nil, err
	}
	off := q.offsets[x]
	if off != nil || value != nil || got.lost != nil {
		if off == nil {
			off = layers.Constant(0, x.Type.Shape)
		}
		off = layers.Plus(off, offs[0])
		moved, err := rewrite.Compute(v.Op, v.Attrs, layers.SpreadTo(off, x.Type.Shape), value.Const())
		if err != nil {
			return nil, err
		}
		q.offset(v, layers.Compact(moved))
	}
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, got.value)
}

// extreme is the largest or smallest of several elements: their offsets must be equal to come after it.
func (q *quantiser) extreme(v *ir.Value) (*ir.Value, error) {
	a := v.Args[0]
	x, off := q.r.Of(a), q.offsets[a]
	if off != nil && layers.FlatOn(layers.Compact(layers.SpreadTo(off, a.Type.Shape)), a.Type.Shape, layers.JoinedAxes(v)) {
		after, err := rewrite.Compute(v.Op, v.Attrs, layers.SpreadTo(off, a.Type.Shape))
		if err != nil {
			return nil, err
		}
		q.offset(v, layers.Compact(after))
	} else if off != nil {
		q.options.Remark(v, "the biases of %s differ within a window, so they are rounded to its whole units", a.Name)
		var err error
		if x, err = q.settled(a); err != nil {
			return nil, err
		}
	}
	got, err := q.unified(v, 0, x)
	if err != nil {
		return nil, err
	}
	q.coarsened(a, got)
	return q.r.Add(v.Op, q.r.Unique(v.Name), v.Attrs, got.value)
}

// overTime reads a value out; the sum has its offset once per step.
func (q *quantiser) overTime(v *ir.Value) (*ir.Value, error) {
	if off := q.offsets[v.Args[0]]; off != nil {
		if v.Op == ir.OpSum {
			off = layers.Times(off, layers.Constant(float64(q.steps), off.Type.Shape))
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
		case layers.RealConst(a):
			units := layers.Compact(layers.Divide(layers.SpreadTo(a.Const(), v.Type.Shape), v.Scale.Data))
			q.loses(v, ir.OfBias, layers.Compact(roundedOff(units, v.Scale.Data)))
			args[i], err = q.integers(v.Name+".bound", units)
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
	got, err := q.convert(v, x, a, layers.Divide(scaleOf(a), v.Scale.Data), v.Scale.Data)
	if err != nil {
		return nil, err
	}
	q.coarsened(v, got)
	return got.value, nil
}

// coarsened notes the loss of a conversion that is not centred.
func (q *quantiser) coarsened(a *ir.Value, got conversion) {
	if got.lost != nil {
		q.loses(a, ir.OfConversion, got.lost)
	}
	if got.off != nil {
		q.loses(a, ir.OfFactor, got.off)
	}
}

// output has one unit, in which its offset is added.
func (q *quantiser) output(v *ir.Value) (*ir.Value, error) {
	a := v.Args[0]
	if !a.Type.IsReal() {
		return nil, nil
	}
	scale := v.Scale
	if scale == nil {
		scale = a.Scale
	}
	if _, one := scaleOf(a).Uniform(); scale == nil || v.Scale == nil && !one {
		return nil, rewrite.Refuse(v, diag.NotExact, "has no scale yet: choose-scales gives it one")
	}
	if layers.RealConst(a) {
		return q.constantOutput(v, a, scale)
	}
	scale = q.tellsRows(a, scale)
	got, err := q.convert(v, q.r.Of(a), a, layers.Divide(scaleOf(a), scale.Data), scale.Data)
	if err != nil {
		return nil, err
	}
	if off := q.offsets[a]; off != nil {
		q.offset(v, off)
	}
	q.centre(v, got, 1)
	x, err := q.whole(v, a.Name, got.value, scale)
	if err != nil {
		return nil, err
	}
	out, err := q.r.CopyWith(v, v.Attrs, x)
	if err == nil {
		out.Scale = scale
	}
	return out, err
}

// tellsRows is the unit of an output, finer where it is coarser than that of a row: rows
// of small weights beside large ones keep theirs, as far as 32 bits hold the largest.
func (q *quantiser) tellsRows(a *ir.Value, scale *ir.Scale) *ir.Scale {
	units, unit := scaleOf(a), scale.Data.F[0]
	if unit <= layers.Least(units.F) {
		return scale
	}
	most := scales.Greatest(units) * float64(scales.LargestMagnitude(q.r.Of(a).Range))
	if off := q.offsets[a]; off != nil {
		most += scales.Greatest(off)
	}
	finer := scales.PowerAbove(max(math.Ldexp(layers.Least(units.F), -scales.WantedBits), math.Ldexp(most, 2-engineBits)))
	if finer >= unit {
		return scale
	}
	return &ir.Scale{Name: scale.Name, Data: rewrite.Uniform(scale.Data.Type.Shape, finer)}
}

// constantOutput is a result that no input changes.
func (q *quantiser) constantOutput(v, a *ir.Value, scale *ir.Scale) (*ir.Value, error) {
	units := layers.Divide(a.Const(), scale.Data)
	c, err := q.integers(a.Name, units)
	if err != nil {
		return nil, err
	}
	q.loses(v, ir.OfBias, roundedOff(units, scale.Data))
	out, err := q.r.CopyWith(v, v.Attrs, c)
	if err == nil {
		out.Scale = scale
	}
	return out, err
}

// whole adds the offset of v to an integer in units of a scale.
func (q *quantiser) whole(v *ir.Value, name string, x *ir.Value, scale *ir.Scale) (*ir.Value, error) {
	off := q.offsets[v]
	if off == nil || !layers.AnyNonZero(off.F) {
		return x, nil
	}
	units := layers.Compact(layers.SpreadTo(layers.Divide(off, scale.Data), v.Type.Shape))
	c, err := q.integers(name+".offset", units)
	if err != nil {
		return nil, err
	}
	q.loses(v, ir.OfBias, layers.Compact(roundedOff(units, scale.Data)))
	out, err := q.r.Add(ir.OpAdd, q.r.Unique(name+".whole"), nil, x, c)
	if err == nil {
		out.Scale = scale
	}
	return out, err
}
