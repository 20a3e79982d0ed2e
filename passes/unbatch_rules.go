package passes

import (
	"slices"

	"nomul/ir"
)

// blockRule says when an op leaves axis 0 alone, so that block t of the result
// is the op on block t of its operands, and with which attributes. k is the
// number of blocks.
type blockRule struct {
	ok func(v *ir.Value, k int) bool
	// attrs are the attributes on one block; nil when they are the same.
	attrs func(v *ir.Value, k int) ir.Attrs
	// own: only operand 0 has the result's axis 0; the others are the same for all blocks.
	own bool
	// parts says, where it is no broadcast, which operands have the result's axis 0.
	parts func(v *ir.Value, i int) bool
}

var elementwise = blockRule{}

// blockRules has a row for each op that may leave axis 0 alone.
var blockRules = map[ir.Op]blockRule{
	ir.OpAdd: elementwise, ir.OpSub: elementwise, ir.OpMul: elementwise, ir.OpDiv: elementwise,
	ir.OpMod: elementwise, ir.OpPow: elementwise, ir.OpMin: elementwise, ir.OpMax: elementwise,
	ir.OpNeg: elementwise, ir.OpMap: elementwise, ir.OpCast: elementwise,
	ir.OpAnd: elementwise, ir.OpOr: elementwise, ir.OpXor: elementwise, ir.OpAndNot: elementwise,
	ir.OpCompare: elementwise, ir.OpWhere: elementwise,

	ir.OpReshape:    {ok: reshapesBlocks, attrs: shapeOfBlock, own: true},
	ir.OpTranspose:  {ok: keepsFirst, own: true},
	ir.OpConcat:     {ok: alongOther},
	ir.OpSlice:      {ok: alongOther, own: true},
	ir.OpGather:     {ok: alongOther, own: true},
	ir.OpReduceSum:  {ok: reducesOthers, own: true},
	ir.OpReduceMean: {ok: reducesOthers, own: true},
	ir.OpReduceMax:  {ok: reducesOthers, own: true},
	ir.OpReduceMin:  {ok: reducesOthers, own: true},
	ir.OpReduceProd: {ok: reducesOthers, own: true},
	ir.OpArgmax:     {ok: alongOther, own: true},
	ir.OpArgmin:     {ok: alongOther, own: true},
	ir.OpSoftmax:    {ok: alongOther, own: true},
	ir.OpPad:        {ok: padsOthers, own: true},
	ir.OpBroadcast:  {ok: spreadsOthers, attrs: shapeOfBlock, own: true},
	ir.OpMatmul:     {ok: matrices, parts: hasMatrices},
	ir.OpLinear:     {ok: manyRows, own: true},
	ir.OpConv:       {ok: windowsBehind, own: true},
	ir.OpMaxPool:    {ok: windowsBehind, own: true},
	ir.OpSumPool:    {ok: windowsBehind, own: true},
	ir.OpAvgPool:    {ok: windowsBehind, own: true},
	ir.OpBatchNorm:  {ok: alongOther, own: true},
}

// blockAttrs are the attributes of v on one of k blocks; not ok when v mixes
// blocks, or when an operand that must come in blocks cannot.
func blockAttrs(v *ir.Value, k int, aligned func(*ir.Value, int) bool) (ir.Attrs, bool) {
	rule, known := blockRules[v.Op]
	if !known || v.Type.Shape.Rank() == 0 || v.Type.Shape.Dim(0)%k != 0 || rule.ok != nil && !rule.ok(v, k) {
		return nil, false
	}
	for i, a := range v.Args {
		if a != nil && stretches(v, i) && !aligned(a, k) {
			return nil, false
		}
	}
	if rule.attrs != nil {
		return rule.attrs(v, k), true
	}
	return v.Attrs, true
}

// stretches tells whether operand i of v has the result's axis 0, so that it
// must come in blocks: not one that is broadcast along it.
func stretches(v *ir.Value, i int) bool {
	switch rule := blockRules[v.Op]; {
	case rule.own:
		return i == 0
	case rule.parts != nil:
		return rule.parts(v, i)
	}
	a := v.Args[i].Type.Shape
	return a.Rank() == v.Type.Shape.Rank() && a.Rank() > 0 && a.Dim(0) != 1
}

// reshapesBlocks: elements lie in C order, so equal blocks of the operand are
// equal blocks of the result wherever both divide.
func reshapesBlocks(v *ir.Value, k int) bool {
	x := v.Args[0].Type.Shape
	return x.Rank() > 0 && x.Dim(0)%k == 0
}

func shapeOfBlock(v *ir.Value, k int) ir.Attrs {
	shape := v.Type.Shape.Dims()
	shape[0] /= k
	return ir.ShapeAttrs{Shape: shape}
}

func keepsFirst(v *ir.Value, _ int) bool { return v.Attrs.(ir.PermAttrs).Perm[0] == 0 }

func alongOther(v *ir.Value, _ int) bool { return axisOf(v.Attrs) != 0 }

func reducesOthers(v *ir.Value, _ int) bool {
	return !slices.Contains(v.Attrs.(ir.ReduceAttrs).Axes, 0)
}

// manyRows: the rows of a matrix product stand beside each other when the other
// factor is one for all.
func manyRows(v *ir.Value, _ int) bool {
	return v.Args[0].Type.Shape.Rank() > 1 && v.Args[1].Type.Shape.Rank() == 2 && v.Args[1].Const() != nil
}

// matrices: those of a stack stand beside each other, and so do the rows of one
// when the other factor is one for all.
func matrices(v *ir.Value, k int) bool { return v.Type.Shape.Rank() > 2 || manyRows(v, k) }

// hasMatrices tells whether an operand has the stack's axis 0; of a single
// product, rows are operand 0's.
func hasMatrices(v *ir.Value, i int) bool {
	a, rank := v.Args[i].Type.Shape, v.Type.Shape.Rank()
	if rank == 2 {
		return i == 0
	}
	return a.Rank() == rank && a.Dim(0) != 1
}

func padsOthers(v *ir.Value, _ int) bool {
	a := v.Attrs.(ir.PadAttrs)
	return a.Before[0] == 0 && a.After[0] == 0
}

func spreadsOthers(v *ir.Value, _ int) bool {
	x := v.Args[0].Type.Shape
	return x.Rank() == v.Type.Shape.Rank() && x.Dim(0) == v.Type.Shape.Dim(0)
}

func windowsBehind(v *ir.Value, _ int) bool { return v.Type.Shape.Rank() > windowedAxes(v) }

// blockSources are the ops whose result is in blocks whatever their operands are.
var blockSources = map[ir.Op]func(*unbatching, *ir.Value) ([]*ir.Value, error){
	ir.OpConcat:    (*unbatching).stack,
	ir.OpBroadcast: (*unbatching).copies,
	ir.OpScatter:   (*unbatching).written,
	ir.OpReshape:   (*unbatching).tiled,
}

// copies are those that a broadcast makes along axis 0: one for all blocks.
func (u *unbatching) copies(v *ir.Value) ([]*ir.Value, error) {
	x, k := v.Args[0].Type.Shape, v.Type.Shape.Dim(0)
	if k == 1 || x.Rank() == v.Type.Shape.Rank() && x.Dim(0) != 1 {
		return nil, nil
	}
	shape := v.Type.Shape.Dims()
	shape[0] = 1
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
	k := one[axis]
	if block[0]%k != 0 {
		return nil, nil
	}
	one[axis], block[0] = 1, block[0]/k
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
	if k == 1 || !u.aligned(v.Args[0], k) {
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

// stack gives the operands of a concat along axis 0, when they are of one type:
// those of a concat in a concat each for itself.
func (u *unbatching) stack(v *ir.Value) ([]*ir.Value, error) {
	if axisOf(v.Attrs) != 0 || len(v.Args) < 2 {
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

// wantedBlocks finds the values that are read in k blocks, all of them: sliced
// along axis 0, or put by ops that leave the axis alone into what is.
func wantedBlocks(n *ir.Net) map[*ir.Value]int {
	out := cutBlocks(n)
	always := func(*ir.Value, int) bool { return true }
	for _, v := range slices.Backward(n.Values) {
		k := out[v]
		if k == 0 {
			continue
		}
		if _, ok := blockAttrs(v, k, always); !ok {
			continue
		}
		for i, a := range v.Args {
			if a != nil && out[a] == 0 && a.Const() == nil && stretches(v, i) {
				out[a] = k
			}
		}
	}
	return out
}

// cutBlocks are the values of which slices and gathers take every block.
func cutBlocks(n *ir.Net) map[*ir.Value]int {
	starts := map[*ir.Value]map[int]bool{}
	size := map[*ir.Value]int{}
	for _, v := range n.Values {
		if v.Op != ir.OpSlice && v.Op != ir.OpGather {
			continue
		}
		start, count, ok := rows(v)
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
		if k := len(starts[x]); k > 1 && k*m == x.Type.Shape.Dim(0) {
			out[x] = k
		}
	}
	return out
}
