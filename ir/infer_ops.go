package ir

import (
	"nomul/ir/diag"
	"nomul/ir/update"
)

func inferAdd(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	in.number(in.broadcast(a, b), a.Range.Add(b.Range))
}

func inferSub(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	in.number(in.broadcast(a, b), a.Range.Add(b.Range.Neg()))
}

func inferNeg(in *inference) {
	x := in.v.Args[0]
	in.number(x.Type.Shape, x.Range.Neg())
}

// inferArith covers products and quotients: the magnitude of either is at most
// the product of the largest magnitudes.
func inferArith(in *inference) {
	a, b := in.v.Args[0], in.v.Args[1]
	m := update.Product(a.Range.Magnitude(), max(1, b.Range.Magnitude()))
	in.number(in.broadcast(a, b), Range{Lo: -m, Hi: m})
}

func inferCompare(in *inference) {
	in.typ = SpikeType(in.broadcast(in.v.Args[0], in.v.Args[1]))
	in.rng = Range{Lo: 0, Hi: 1}
}

func inferCast(in *inference) {
	x := in.v.Args[0]
	in.typ = in.v.Type
	if in.typ.Shape != x.Type.Shape {
		in.fail(diag.ShapeMismatch, "operand %%%s is %v, wanted the shape of %v", x.Name, x.Type, in.typ)
	}
	in.rng = in.typ.Full()
	if !x.Type.IsReal() && in.rng.Contains(x.Range) {
		in.rng = x.Range
	}
}

func inferWhere(in *inference) {
	c, a, b := in.v.Args[0], in.v.Args[1], in.v.Args[2]
	if !c.Type.IsSpike() {
		in.fail(diag.TypeMismatch, "condition %%%s is %v, wanted spike", c.Name, c.Type)
	}
	if a.Type.IsReal() != b.Type.IsReal() {
		in.fail(diag.TypeMismatch, "%%%s is %v but %%%s is %v", a.Name, a.Type, b.Name, b.Type)
	}
	in.number(in.broadcast(c, a, b), a.Range.Union(b.Range))
}

func inferReshape(in *inference) {
	x := in.v.Args[0]
	s := in.shape(in.v.Attrs.(ShapeAttrs).Shape)
	if in.err == nil && s.Size() != x.Type.Size() {
		in.fail(diag.ShapeMismatch, "%%%s is %v, which has not as many elements as %v", x.Name, x.Type, s)
	}
	in.like(x, s)
}

func inferTranspose(in *inference) {
	x, perm := in.v.Args[0], in.v.Attrs.(PermAttrs).Perm
	rank := x.Type.Shape.Rank()
	seen := make([]bool, rank)
	dims := make([]int, 0, rank)
	for _, p := range perm {
		if p < 0 || p >= rank || seen[p] {
			in.fail(diag.BadAttribute, "perm %v is not an order of %d axes", perm, rank)
			return
		}
		seen[p] = true
		dims = append(dims, x.Type.Shape.Dim(p))
	}
	if len(perm) != rank {
		in.fail(diag.BadAttribute, "perm %v is not an order of %d axes", perm, rank)
		return
	}
	in.like(x, in.shape(dims))
}

func inferConcat(in *inference) {
	if len(in.v.Args) == 0 {
		in.fail(diag.BadNet, "has no operands")
		return
	}
	first, axis := in.v.Args[0], in.v.Attrs.(AxisAttrs).Axis
	if !in.axis(axis, first.Type.Shape.Rank()) {
		return
	}
	dims, rng := first.Type.Shape.Dims(), first.Range
	dims[axis] = 0
	for _, a := range in.v.Args {
		if !sameBut(a.Type.Shape, first.Type.Shape, axis) || a.Type.IsReal() != first.Type.IsReal() {
			in.fail(diag.ShapeMismatch, "cannot join %%%s %v and %%%s %v along axis %d",
				first.Name, first.Type, a.Name, a.Type, axis)
			return
		}
		dims[axis] += a.Type.Shape.Dim(axis)
		rng = rng.Union(a.Range)
	}
	in.number(in.shape(dims), rng)
}

// sameBut reports whether two shapes are equal except along an axis.
func sameBut(a, b Shape, axis int) bool {
	if a.Rank() != b.Rank() {
		return false
	}
	for i := range a.Rank() {
		if i != axis && a.Dim(i) != b.Dim(i) {
			return false
		}
	}
	return true
}

func inferSlice(in *inference) {
	x, a := in.v.Args[0], in.v.Attrs.(SliceAttrs)
	if !in.axis(a.Axis, x.Type.Shape.Rank()) {
		return
	}
	extent, last := x.Type.Shape.Dim(a.Axis), a.Start+(a.Count-1)*a.Step
	if a.Count < 1 || a.Start < 0 || a.Start >= extent || last < 0 || last >= extent {
		in.fail(diag.BadAttribute, "start %d, count %d, step %d leave axis %d of extent %d",
			a.Start, a.Count, a.Step, a.Axis, extent)
		return
	}
	dims := x.Type.Shape.Dims()
	dims[a.Axis] = a.Count
	in.like(x, in.shape(dims))
}

func inferGather(in *inference) {
	x, index, axis := in.v.Args[0], in.v.Args[1], in.v.Attrs.(AxisAttrs).Axis
	if !in.axis(axis, x.Type.Shape.Rank()) {
		return
	}
	c := index.Const()
	if c == nil || c.Type.IsReal() {
		in.fail(diag.TypeMismatch, "index %%%s must be an integer constant", index.Name)
		return
	}
	if r := c.Range(); r.Lo < 0 || r.Hi >= int64(x.Type.Shape.Dim(axis)) {
		in.fail(diag.BadAttribute, "indices %v leave axis %d of extent %d", r, axis, x.Type.Shape.Dim(axis))
		return
	}
	xd := x.Type.Shape.Dims()
	dims := append(append(append([]int{}, xd[:axis]...), index.Type.Shape.Dims()...), xd[axis+1:]...)
	in.like(x, in.shape(dims))
}

// reduced is the shape after a reduction, and the number of elements summed into one.
func (in *inference) reduced() (Shape, int) {
	x, a := in.v.Args[0], in.v.Attrs.(ReduceAttrs)
	drop := make([]bool, x.Type.Shape.Rank())
	for _, axis := range a.Axes {
		if !in.axis(axis, len(drop)) {
			return x.Type.Shape, 1
		}
		drop[axis] = true
	}
	var dims []int
	count := 1
	for i, d := range x.Type.Shape.Dims() {
		switch {
		case !drop[i]:
			dims = append(dims, d)
		case a.Keep:
			dims = append(dims, 1)
			count *= d
		default:
			count *= d
		}
	}
	return in.shape(dims), count
}

func inferReduceSum(in *inference) {
	s, n := in.reduced()
	r := in.v.Args[0].Range
	in.number(s, Range{Lo: update.Product(r.Lo, int64(n)), Hi: update.Product(r.Hi, int64(n))})
}

func inferReduceMean(in *inference) {
	s, _ := in.reduced()
	in.typ = RealType(s)
}

// inferMatmul follows numpy: the last two axes multiply, the others broadcast.
// Each element is a sum of as many products as the inner axis is long.
func inferMatmul(in *inference) {
	a, b := in.v.Args[0].Type.Shape, in.v.Args[1].Type.Shape
	if a.Rank() < 2 || b.Rank() < 2 || a.Dim(a.Rank()-1) != b.Dim(b.Rank()-2) {
		in.fail(diag.ShapeMismatch, "cannot multiply %v and %v", in.v.Args[0].Type, in.v.Args[1].Type)
		return
	}
	outer, ok := Broadcast(in.shape(a.Dims()[:a.Rank()-2]), in.shape(b.Dims()[:b.Rank()-2]))
	if !ok {
		in.fail(diag.ShapeMismatch, "cannot multiply %v and %v", in.v.Args[0].Type, in.v.Args[1].Type)
		return
	}
	x, y := in.v.Args[0], in.v.Args[1]
	if in.level == Fixed && !x.Type.IsSpike() && !y.Type.IsSpike() {
		in.fail(diag.TypeMismatch, "%%%s is %v and %%%s is %v, wanted spikes on one side", x.Name, x.Type, y.Name, y.Type)
	}
	product := x.Range.Scaled(update.Capped(y.Range.Lo)).Union(x.Range.Scaled(update.Capped(y.Range.Hi)))
	in.number(in.shape(append(outer.Dims(), a.Dim(a.Rank()-2), b.Dim(b.Rank()-1))), product.Scaled(int64(a.Dim(a.Rank()-1))))
}

func inferLinear(in *inference) {
	x, w, bias := in.v.Args[0], in.v.Args[1], in.v.Args[2]
	rank := x.Type.Shape.Rank()
	if rank < 1 || w.Type.Shape.Rank() != 2 || x.Type.Shape.Dim(rank-1) != w.Type.Shape.Dim(1) {
		in.fail(diag.ShapeMismatch, "%%%s is %v, but the weights %%%s are %v", x.Name, x.Type, w.Name, w.Type)
		return
	}
	dims := x.Type.Shape.Dims()
	dims[rank-1] = w.Type.Shape.Dim(0)
	s := in.shape(dims)
	in.checkBias(bias, dims[rank-1], s)
	in.needsSlots(x, in.v.Attrs.(LinearAttrs).Slots)
	if in.err == nil {
		in.number(s, weightedRange(x.Range, []bool{false}, w, channelRanges(bias, 0, dims[rank-1])))
	}
}

func inferBatchNorm(in *inference) {
	x, axis := in.v.Args[0], in.v.Attrs.(BatchNormAttrs).Axis
	if !in.axis(axis, x.Type.Shape.Rank()) {
		return
	}
	for i, a := range in.v.Args[1:] {
		if a.Type.Shape.Rank() != 1 || a.Type.Shape.Dim(0) != x.Type.Shape.Dim(axis) {
			in.fail(diag.ShapeMismatch, "%s %%%s is %v, wanted [%d]",
				in.row.operands[i+1].Name, a.Name, a.Type, x.Type.Shape.Dim(axis))
			return
		}
	}
	in.typ = RealType(x.Type.Shape)
}
