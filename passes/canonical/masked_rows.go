package canonical

import (
	"slices"

	"nomul/ir"
)

// A buffer may be written by masks: buf·[0,1,1] + s·[1,0,0] has s in its first row. A row of it is one operand's.

// sliceMasked makes a row of a value whose rows a mask tells apart of the row of each operand; several rows are joined.
func sliceMasked(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpSlice || !masksRows(v.Args[0], v.Attrs.(ir.SliceAttrs).Axis) {
		return nil, nil
	}
	a := v.Attrs.(ir.SliceAttrs)
	if a.Count == 1 {
		return c.maskedRow(v, a)
	}
	var rows []*ir.Value
	for i := range a.Count {
		row, err := c.row(v, v.Args[0], ir.SliceAttrs{Axis: a.Axis, Start: a.Start + i*a.Step, Count: 1, Step: 1})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return c.As(v, ir.OpConcat, ir.AxisAttrs{Axis: a.Axis}, rows...)
}

// maskedRow is a row of the operand of a slice, made of those of its operands; an operand of one row has it for all.
func (c *Rewriter) maskedRow(v *ir.Value, a ir.SliceAttrs) (*ir.Value, error) {
	of := v.Args[0]
	args := slices.Clone(of.Args)
	for i, x := range args {
		at := a
		at.Axis -= of.Type.Shape.Rank() - x.Type.Shape.Rank()
		if at.Axis < 0 || x.Type.Shape.Dim(at.Axis) == 1 {
			continue
		}
		row, err := c.row(v, x, at)
		if err != nil {
			return nil, err
		}
		args[i] = row
	}
	return c.As(v, of.Op, of.Attrs, args...)
}

func (c *Rewriter) row(v, x *ir.Value, a ir.SliceAttrs) (*ir.Value, error) {
	return c.As(&ir.Value{Name: v.Name + ".row", Origin: v.Origin}, ir.OpSlice, a, x)
}

// masksRows reports whether a value is a product with a constant of 0 and 1 alone that differs along an axis, a choice
// by such a one, or a sum of these.
func masksRows(v *ir.Value, axis int) bool {
	mask := func(x *ir.Value) bool {
		t := x.Const()
		if t == nil || !IsBits(t) {
			return false
		}
		_, same := t.Uniform()
		at := axis - v.Type.Shape.Rank() + x.Type.Shape.Rank()
		return !same && at >= 0 && x.Type.Shape.Dim(at) > 1 && x.Type.Shape.Dim(at) == x.Type.Size()
	}
	switch v.Op {
	case ir.OpMul:
		return slices.ContainsFunc(v.Args, mask)
	case ir.OpWhere:
		return mask(v.Args[0])
	case ir.OpAdd:
		return masksRows(v.Args[0], axis) && masksRows(v.Args[1], axis)
	}
	return false
}
