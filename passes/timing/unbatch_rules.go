package timing

import (
	"slices"

	"nomul/ir"
)

// AxisOfBlocks is the axis along which the blocks of a value of some shape lie. In
// front of it are extents of 1 only, so blocks are parts of memory.
type AxisOfBlocks func(ir.Shape) int

// FirstAxis is the axis of steps that stand in front.
func FirstAxis(ir.Shape) int { return 0 }

// behindOnes is the first axis of another extent than 1.
func behindOnes(s ir.Shape) int {
	return max(0, slices.IndexFunc(s.Dims(), func(d int) bool { return d != 1 }))
}

// of is the axis of a value.
func (axis AxisOfBlocks) of(v *ir.Value) int { return axis(v.Type.Shape) }

// extent is that along the axis; 1 when there are no axes.
func (axis AxisOfBlocks) extent(v *ir.Value) int {
	if v.Type.Shape.Rank() == 0 {
		return 1
	}
	return v.Type.Shape.Dim(axis.of(v))
}

// Unbatches reports whether UnbatchTime may take the results of an op apart.
func Unbatches(op ir.Op) bool { return inBlocks(op) || blockSources[op] != nil }

// inBlocks reports whether an op may be done on each block of its operands.
func inBlocks(op ir.Op) bool { return op.HasAxes() && op.Class() != ir.Boundary && !op.Temporal() }

// blockAttrs are the attributes of v on one of k blocks, block t of the result being the op on block
// t of its operands; not ok when v mixes blocks, or when an operand that must come in blocks cannot.
func (axis AxisOfBlocks) blockAttrs(v *ir.Value, k int, aligned func(*ir.Value, int) bool) (ir.Attrs, bool) {
	if !inBlocks(v.Op) || v.Type.Shape.Rank() == 0 || axis.extent(v)%k != 0 {
		return nil, false
	}
	some := false
	for i, a := range v.Args {
		of := axis.from(v, i)
		if a == nil || of == ir.Whole {
			continue
		}
		if of == ir.Along || axis.stretches(v, i) && (of != axis.of(a) || axis.extent(a)%k != 0 || !aligned(a, k)) {
			return nil, false
		}
		some = some || axis.stretches(v, i)
	}
	if _, ok := v.Attrs.(ir.ShapeAttrs); ok {
		shape := v.Type.Shape.Dims()
		shape[axis.of(v)] /= k
		return ir.ShapeAttrs{Shape: shape}, some
	}
	return v.Attrs, some
}

// from is the axis of operand i that blocks of v lie along. Elements of a reshape lie in C order,
// so equal blocks of its operand are equal blocks of the result wherever both divide.
func (axis AxisOfBlocks) from(v *ir.Value, i int) int {
	if v.Op == ir.OpReshape && v.Args[0].Type.Shape.Rank() > 0 {
		return axis.of(v.Args[0])
	}
	return v.Axes()[i][axis.of(v)]
}

// stretches reports whether operand i of v has the result's axis, so that it must
// come in blocks: not one that is broadcast along it.
func (axis AxisOfBlocks) stretches(v *ir.Value, i int) bool {
	of := axis.from(v, i)
	return of >= 0 && v.Args[i].Type.Shape.Dim(of) != 1
}

// blockSources are the ops whose result is in blocks whatever their operands are.
var blockSources = map[ir.Op]func(*unbatching, *ir.Value) ([]*ir.Value, error){
	ir.OpConcat:    (*unbatching).stack,
	ir.OpBroadcast: (*unbatching).copies,
	ir.OpScatter:   (*unbatching).written,
	ir.OpReshape:   (*unbatching).tiled,
}

// copies are those that a broadcast makes along the axis: one for all blocks.
func (u *unbatching) copies(v *ir.Value) ([]*ir.Value, error) {
	x, k, axis := v.Args[0].Type.Shape, u.axis.extent(v), u.axis.of(v)
	if at := axis + x.Rank() - v.Type.Shape.Rank(); k == 1 || at >= 0 && x.Dim(at) != 1 {
		return nil, nil
	}
	shape := v.Type.Shape.Dims()
	shape[axis] = 1
	one, err := u.r.Add(ir.OpBroadcast, u.r.Unique(v.Name), ir.ShapeAttrs{Shape: shape}, u.r.Of(v.Args[0]))
	return slices.Repeat([]*ir.Value{one}, k), err
}

// tiled are the copies that a broadcast makes along its first axis that is not
// of extent 1, when a reshape makes a first axis of them: ONNX's Tile.
func (u *unbatching) tiled(v *ir.Value) ([]*ir.Value, error) {
	copies := v.Args[0]
	if copies.Op != ir.OpBroadcast || v.Type.Shape.Rank() == 0 {
		return nil, nil
	}
	axis := slices.IndexFunc(copies.Type.Shape.Dims(), func(d int) bool { return d > 1 })
	from := copies.Args[0].Type.Shape
	behind := axis - (copies.Type.Shape.Rank() - from.Rank())
	if axis < 0 || behind >= 0 && from.Dim(behind) > 1 {
		return nil, nil
	}
	one, block := copies.Type.Shape.Dims(), v.Type.Shape.Dims()
	k, first := one[axis], u.axis.of(v)
	if block[first]%k != 0 {
		return nil, nil
	}
	one[axis], block[first] = 1, block[first]/k
	x, err := u.r.Add(ir.OpBroadcast, u.r.Unique(copies.Name), ir.ShapeAttrs{Shape: one}, u.r.Of(copies.Args[0]))
	if err == nil {
		x, err = u.r.Add(ir.OpReshape, u.r.Unique(v.Name), ir.ShapeAttrs{Shape: block}, x)
	}
	return slices.Repeat([]*ir.Value{x}, k), err
}

// written are the rows of a scatter: those of x, or of the updates where the
// index says so; of two updates of a row the later stays.
func (u *unbatching) written(v *ir.Value) ([]*ir.Value, error) {
	k := v.Type.Shape.Dim(0)
	if k == 1 || u.axis.of(v) != 0 || !u.aligned(v.Args[0], k) {
		return nil, nil
	}
	out := make([]*ir.Value, k)
	for t := range out {
		var err error
		if out[t], err = u.block(v.Args[0], k, t); err != nil {
			return nil, err
		}
	}
	index := v.Args[1].Const().I
	for i, t := range index {
		var err error
		if out[t], err = u.row(v.Args[2], len(index), i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// row is row i of n of a value, in blocks or not.
func (u *unbatching) row(v *ir.Value, n, i int) (*ir.Value, error) {
	if n == 1 {
		return u.r.Of(v), nil
	}
	return u.block(v, n, i)
}

// stack returns the operands of a concat along the axis, when they are of one type:
// those of a concat in a concat each for itself.
func (u *unbatching) stack(v *ir.Value) ([]*ir.Value, error) {
	if ir.AxisOf(v.Attrs) != u.axis.of(v) || len(v.Args) < 2 {
		return nil, nil
	}
	var flat, plain []*ir.Value
	for _, a := range v.Args {
		plain = append(plain, u.r.Of(a))
		if blocks := u.blocks[a]; blocks != nil {
			flat = append(flat, blocks...)
			continue
		}
		flat = append(flat, u.r.Of(a))
	}
	for _, list := range [][]*ir.Value{flat, plain} {
		if !slices.ContainsFunc(list, func(b *ir.Value) bool { return b.Type != list[0].Type }) {
			return list, nil
		}
	}
	return nil, nil
}

// wantedBlocks finds the values that are read in k blocks, all of them: sliced along the axis or mixed, or
// read by ops that leave it alone and whose results are read in blocks.
func (axis AxisOfBlocks) wantedBlocks(n *ir.Net, mixes map[*ir.Value]*mixer) map[*ir.Value]int {
	out := axis.cutBlocks(n)
	for _, m := range mixes {
		if x := stackOf(m.stack, m.axis); x != nil {
			out[x] = axis.extent(x)
		}
	}
	always := func(*ir.Value, int) bool { return true }
	for _, v := range slices.Backward(n.Values) {
		k := out[v]
		if k == 0 {
			continue
		}
		if _, ok := axis.blockAttrs(v, k, always); !ok {
			continue
		}
		for i, a := range v.Args {
			if a != nil && out[a] == 0 && a.Const() == nil && axis.stretches(v, i) {
				out[a] = k
			}
		}
	}
	return out
}

// cutBlocks are the values of which slices and gathers take every block.
func (axis AxisOfBlocks) cutBlocks(n *ir.Net) map[*ir.Value]int {
	starts := map[*ir.Value]map[int]bool{}
	size := map[*ir.Value]int{}
	for _, v := range n.Values {
		if v.Op != ir.OpSlice && v.Op != ir.OpGather {
			continue
		}
		start, count, ok := axis.Rows(v)
		x := v.Args[0]
		if !ok || start%count != 0 || x.Const() != nil || size[x] != 0 && size[x] != count {
			continue
		}
		size[x] = count
		if starts[x] == nil {
			starts[x] = map[int]bool{}
		}
		starts[x][start] = true
	}
	out := map[*ir.Value]int{}
	for x, m := range size {
		if k := len(starts[x]); k > 1 && k*m == axis.extent(x) {
			out[x] = k
		}
	}
	return out
}
