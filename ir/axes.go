package ir

import "slices"

// Axes tells how the axes of a result come from those of the operands: Axes[i][o] is the axis of
// operand i that axis o of the result goes along, entry for entry. The result's part at index k of
// o is then the op on the parts at k of all operands that have such an axis, and on the others as
// a whole; an axis of extent 1 is stretched.
type Axes [][]int

// Where no axis of an operand is the result's.
const (
	Whole = -1 - iota // each entry along the axis depends on the whole operand, the same for all
	Along             // the op works along the axis: its entries are told apart or brought together
)

// Axes is how the axes of a value come from those of its operands; nil where the op has none.
func (v *Value) Axes() Axes {
	shapes := make([]Shape, len(v.Args))
	for i, a := range v.Args {
		if a != nil {
			shapes[i] = a.Type.Shape
		}
	}
	return v.Op.Axes(v.Attrs, shapes)
}

// Axes is Value.Axes before there is a value; an absent operand has no axes. Of operands that
// inference refuses it says nothing of use.
func (o Op) Axes(a Attrs, operands []Shape) Axes {
	if !o.HasAxes() {
		return nil
	}
	return ops[o].axes(a, operands)
}

// HasAxes reports whether the op has an axis map.
func (o Op) HasAxes() bool { return ops[o].axes != nil }

// To is the axis of the result that goes along an axis of operand i; negative for none.
func (x Axes) To(i, axis int) int { return slices.Index(x[i], axis) }

// aligned are the axes of an operand broadcast to a rank: the last ones are each other's.
func aligned(x Shape, rank int) []int {
	out := make([]int, rank)
	for o := range out {
		out[o] = max(o+x.Rank()-rank, Whole)
	}
	return out
}

func alignedAll(operands []Shape, rank int) Axes {
	out := make(Axes, len(operands))
	for i, s := range operands {
		out[i] = aligned(s, rank)
	}
	return out
}

func elementAxes(_ Attrs, operands []Shape) Axes {
	rank := 0
	for _, s := range operands {
		rank = max(rank, s.Rank())
	}
	return alignedAll(operands, rank)
}

func stretchedAxes(a Attrs, operands []Shape) Axes {
	return alignedAll(operands, len(a.(ShapeAttrs).Shape))
}

// apart are the axes of an operand itself, but for those that the op works along.
func apart(x Shape, along func(axis int) bool) []int {
	out := aligned(x, x.Rank())
	for o := range out {
		if along(o) {
			out[o] = Along
		}
	}
	return out
}

// only is an axis of an operand that has no other in the result.
func only(rank, at, axis int) []int {
	out := slices.Repeat([]int{Whole}, max(0, rank))
	if at >= 0 && at < rank {
		out[at] = axis
	}
	return out
}

// reshapedAxes: an axis is the one with its extent and as many elements before it. Of axes of
// extent 1 next to each other it is the one in the same place, as long as there are as many.
func reshapedAxes(a Attrs, operands []Shape) Axes {
	from, to := operands[0].Dims(), a.(ShapeAttrs).Shape
	out := slices.Repeat([]int{Along}, len(to))
	for o := range to {
		for p := range from {
			same := from[p] == to[o] && sizeOf(from[:p]) == sizeOf(to[:o])
			if same && (to[o] > 1 || onesAround(from, p) == onesAround(to, o)) {
				out[o] = p
			}
		}
	}
	return Axes{out}
}

func sizeOf(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// onesAround counts the axes of extent 1 right before an axis and right behind it.
func onesAround(dims []int, axis int) (out struct{ before, behind int }) {
	for i := axis - 1; i >= 0 && dims[i] == 1; i-- {
		out.before++
	}
	for i := axis + 1; i < len(dims) && dims[i] == 1; i++ {
		out.behind++
	}
	return out
}

func permutedAxes(a Attrs, _ []Shape) Axes { return Axes{slices.Clone(a.(PermAttrs).Perm)} }

// alongAxes are those of an op that works along one axis of all its operands.
func alongAxes(a Attrs, operands []Shape) Axes {
	axis, out := AxisOf(a), make(Axes, len(operands))
	for i, s := range operands {
		out[i] = apart(s, func(o int) bool { return o == axis })
	}
	return out
}

// AxisOf is the axis that attributes of one axis name.
func AxisOf(a Attrs) int {
	switch a := a.(type) {
	case SliceAttrs:
		return a.Axis
	case BatchNormAttrs:
		return a.Axis
	case ArgAttrs:
		return a.Axis
	}
	return a.(AxisAttrs).Axis
}

// gatheredAxes: the axes of the index stand in the place of the axis that it picks from.
func gatheredAxes(a Attrs, operands []Shape) Axes {
	x, index, axis := operands[0], operands[1], AxisOf(a)
	rank := x.Rank() + index.Rank() - 1
	out := Axes{make([]int, max(0, rank)), only(rank, -1, 0)}
	for o := range rank {
		switch {
		case o < axis:
			out[0][o] = o
		case o < axis+index.Rank():
			out[0][o], out[1][o] = Along, o-axis
		default:
			out[0][o] = o - index.Rank() + 1
		}
	}
	return out
}

func scatteredAxes(a Attrs, operands []Shape) Axes {
	return alongAxes(a, operands).with(1, only(operands[0].Rank(), 0, Along))
}

// with is the map with another row for operand i.
func (x Axes) with(i int, row []int) Axes {
	x[i] = row
	return x
}

func paddedAxes(a Attrs, operands []Shape) Axes {
	p, x := a.(PadAttrs), operands[0]
	padded := func(o int) bool { return p.Before[o] != 0 || p.After[o] != 0 }
	return alignedAll(operands, x.Rank()).with(0, apart(x, padded))
}

// reducedAxes: axes that are reduced stay with extent 1, or go.
func reducedAxes(a Attrs, operands []Shape) Axes {
	r, _ := a.(ReduceAttrs)
	if arg, ok := a.(ArgAttrs); ok {
		r = ReduceAttrs{Axes: []int{arg.Axis}, Keep: arg.Keep}
	}
	out := apart(operands[0], func(axis int) bool { return slices.Contains(r.Axes, axis) })
	if !r.Keep {
		out = slices.DeleteFunc(out, func(axis int) bool { return axis == Along })
	}
	return Axes{out}
}

// normAxes: each of the parameters has the one axis that the op works along.
func normAxes(a Attrs, operands []Shape) Axes {
	axis := AxisOf(a)
	out := Axes{apart(operands[0], func(o int) bool { return o == axis })}
	for range operands[1:] {
		out = append(out, only(operands[0].Rank(), axis, 0))
	}
	return out
}

// pooledAxes: windows lie in the last axes.
func pooledAxes(a Attrs, operands []Shape) Axes {
	kernel, x := poolOf(&Value{Attrs: a}).Kernel, operands[0]
	return Axes{apart(x, func(o int) bool { return o >= x.Rank()-len(kernel) })}
}

// linearAxes: the last axis are sums, one for each row of the weights.
func linearAxes(_ Attrs, operands []Shape) Axes {
	rank := operands[0].Rank()
	out := alignedAll(operands, rank).with(1, only(rank, rank-1, 0))
	return out.with(0, apart(operands[0], func(o int) bool { return o == rank-1 }))
}

// convAxes: channels and spatial axes behind them are worked along.
func convAxes(a Attrs, operands []Shape) Axes {
	rank := operands[0].Rank()
	channel := rank - len(a.(ConvAttrs).Strides) - 1
	out := alignedAll(operands, rank).with(1, only(rank, channel, 0))
	if bias := 2; len(operands) > bias && operands[bias].Rank() == 1 {
		out = out.with(bias, only(rank, channel, 0))
	}
	return out.with(0, apart(operands[0], func(o int) bool { return o >= channel }))
}

// matmulAxes: a has the rows, b the columns, and axes before these are broadcast.
func matmulAxes(a Attrs, operands []Shape) Axes {
	out := elementAxes(a, operands)
	if rank := len(out[0]); rank > 1 {
		out[0][rank-1], out[1][rank-2] = Whole, Whole
	}
	return out
}

// Without returns attributes of an op on operands that lack an axis, where the result lacks
// another: in is the axis of the operands, out that of the result.
func Without(a Attrs, in, out int) Attrs {
	switch a := a.(type) {
	case ShapeAttrs:
		return ShapeAttrs{Shape: slices.Delete(slices.Clone(a.Shape), out, out+1)}
	case PermAttrs:
		return PermAttrs{Perm: behind(slices.Delete(slices.Clone(a.Perm), out, out+1), in)}
	case ReduceAttrs:
		a.Axes = behind(a.Axes, in)
		return a
	case PadAttrs:
		return PadAttrs{Before: slices.Delete(slices.Clone(a.Before), in, in+1), After: slices.Delete(slices.Clone(a.After), in, in+1)}
	case AxisAttrs:
		return AxisAttrs{Axis: Behind(a.Axis, in)}
	case SliceAttrs:
		a.Axis = Behind(a.Axis, in)
		return a
	case BatchNormAttrs:
		a.Axis = Behind(a.Axis, in)
		return a
	case ArgAttrs:
		a.Axis = Behind(a.Axis, in)
		return a
	}
	return a
}

// Behind is an axis number after axis gone was dropped.
func Behind(axis, gone int) int {
	if axis > gone {
		return axis - 1
	}
	return axis
}

func behind(axes []int, gone int) []int {
	out := make([]int, len(axes))
	for i, axis := range axes {
		out[i] = Behind(axis, gone)
	}
	return out
}
