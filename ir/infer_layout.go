package ir

import (
	"slices"

	"nomul/ir/diag"
	"nomul/ir/update"
)

// inferPad: the padding joins the range of x.
func inferPad(in *inference) {
	x, value, a := in.v.Args[0], in.v.Args[1], in.v.Attrs.(PadAttrs)
	rank := x.Type.Shape.Rank()
	if len(a.Before) != rank || len(a.After) != rank || anyBelow(0, a.Before, a.After) {
		in.fail(diag.BadAttribute, "before %v and after %v, wanted %d numbers each, none negative", a.Before, a.After, rank)
		return
	}
	if value != nil && (value.Type.Shape.Rank() != 0 || value.Type.IsReal() != x.Type.IsReal()) {
		in.fail(diag.TypeMismatch, "value %%%s is %v, wanted a scalar like %v", value.Name, value.Type, x.Type)
	}
	dims, padded := x.Type.Shape.Dims(), false
	for i := range dims {
		dims[i] += a.Before[i] + a.After[i]
		padded = padded || dims[i] > x.Type.Shape.Dim(i)
	}
	r := x.Range
	if padded {
		r = r.Union(constRange(value))
	}
	in.number(in.shape(dims), r)
}

// anyBelow reports whether a list has a number below the least allowed.
func anyBelow(least int, lists ...[]int) bool {
	return slices.ContainsFunc(slices.Concat(lists...), func(n int) bool { return n < least })
}

func inferBroadcast(in *inference) {
	x := in.v.Args[0]
	s := in.shape(in.v.Attrs.(ShapeAttrs).Shape)
	in.fits(x, s, "operand")
	in.like(x, s)
}

func inferScatter(in *inference) {
	x, index, updates := in.v.Args[0], in.v.Args[1], in.v.Args[2]
	s := x.Type.Shape
	if in.v.Attrs.(AxisAttrs).Axis != 0 || s.Rank() == 0 {
		in.fail(diag.BadAttribute, "axis must be 0, of an operand that has one")
		return
	}
	c := index.Const()
	if c == nil || c.Type.IsReal() || c.Type.Shape.Rank() != 1 {
		in.fail(diag.TypeMismatch, "index %%%s must be an integer constant with one axis", index.Name)
		return
	}
	if r := c.Range(); r.Lo < 0 || r.Hi >= int64(s.Dim(0)) {
		in.fail(diag.BadAttribute, "indices %v leave axis 0 of extent %d", r, s.Dim(0))
	}
	dims := s.Dims()
	dims[0] = c.Type.Size()
	if updates.Type.Shape != in.shape(dims) || updates.Type.IsReal() != x.Type.IsReal() {
		in.fail(diag.ShapeMismatch, "updates %%%s are %v, wanted %v like %v", updates.Name, updates.Type, dims, x.Type)
	}
	in.number(s, x.Range.Union(updates.Range))
}

// inferFirst: a step, or the number of steps.
func inferFirst(in *inference) {
	x := in.v.Args[0]
	if !x.Type.IsSpike() {
		in.fail(diag.TypeMismatch, "%%%s is %v, wanted spikes", x.Name, x.Type)
	}
	in.integer(x.Type.Shape, Range{Lo: 0, Hi: int64(in.steps)})
}

func inferLogic(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	for _, x := range in.v.Args {
		if !x.Type.IsSpike() {
			in.fail(diag.TypeMismatch, "%%%s is %v, wanted spikes", x.Name, x.Type)
		}
	}
	in.typ, in.rng = SpikeType(in.broadcast(a, b)), Range{Lo: 0, Hi: 1}
}

func inferShl(in *inference) {
	x, k := in.v.Args[0], in.v.Attrs.(ShlAttrs).K
	if x.Type.IsReal() {
		in.fail(diag.TypeMismatch, "%%%s is %v, wanted integers", x.Name, x.Type)
	}
	if k < 0 || k > 32 {
		in.fail(diag.BadAttribute, "k=%d, wanted 0 to 32", k)
		return
	}
	in.integer(x.Type.Shape, x.Range.Scaled(1<<k))
}

// inferCSD: a product is largest and smallest at the ends of both ranges, and
// the rounded shift keeps order.
func inferCSD(in *inference) {
	x, f, a := in.v.Args[0], in.v.Args[1], in.v.Attrs.(CSDAttrs)
	c := f.Const()
	if x.Type.IsReal() || c == nil || c.Type.IsReal() {
		in.fail(diag.TypeMismatch, "wanted integers %%%s and an integer constant %%%s", x.Name, f.Name)
		return
	}
	in.fits(f, x.Type.Shape, "factor")
	if a.Shift < 0 || a.Shift > 62 || a.Round < RoundFloor || a.Round > RoundZero {
		in.fail(diag.BadAttribute, "shift=%d, wanted 0 to 62, and a rounding", a.Shift)
		return
	}
	r := x.Range.Scaled(c.Range().Lo).Union(x.Range.Scaled(c.Range().Hi))
	if r.Lo <= -update.Limit || r.Hi >= update.Limit {
		in.fail(diag.TooWide, "its products would go from %d to %d, which no integer holds", r.Lo, r.Hi)
		return
	}
	in.integer(x.Type.Shape, Range{Lo: ShiftRight(r.Lo, a.Shift, a.Round), Hi: ShiftRight(r.Hi, a.Shift, a.Round)})
}
