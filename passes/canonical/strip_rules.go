package canonical

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// batchRule is the effect of an op on the batch axis. The zero rule is that of elementwise ops: the
// axis stays where it is in the broadcast.
type batchRule struct {
	// axis finds the batch axis of the result from those of the operands.
	axis func(*batch, *ir.Value) (int, *diag.Diagnostic)
	// attrs are the attributes without it; in and out are the operand's and the result's batch axis.
	attrs func(a ir.Attrs, in, out int) ir.Attrs
	// rewrite makes the value without it, where other attributes are not enough.
	rewrite func(*batch, *ir.Rebuilder, *ir.Value) (*ir.Value, error)
	// ownAxes: constant operands are no part of a broadcast.
	ownAxes bool
	// keeps: where the batch is no axis of the result, it may stay in it as data.
	keeps bool
}

var batchRules = map[ir.Op]batchRule{
	ir.OpInput:      {axis: inputAxis},
	ir.OpUnknown:    {axis: unknownAxis},
	ir.OpReshape:    {axis: reshapeAxis, attrs: reshapeAttrs, keeps: true},
	ir.OpTranspose:  {axis: transposeAxis, attrs: transposeAttrs},
	ir.OpConcat:     {axis: apartAxis, attrs: axisAttrs, keeps: true},
	ir.OpSlice:      {axis: apartAxis, attrs: axisAttrs},
	ir.OpGather:     {axis: gatherAxis, attrs: axisAttrs, ownAxes: true},
	ir.OpReduceSum:  {axis: reduceAxis, attrs: reduceAttrs},
	ir.OpReduceMean: {axis: reduceAxis, attrs: reduceAttrs},
	ir.OpReduceMax:  {axis: reduceAxis, attrs: reduceAttrs},
	ir.OpReduceMin:  {axis: reduceAxis, attrs: reduceAttrs},
	ir.OpReduceProd: {axis: reduceAxis, attrs: reduceAttrs},
	ir.OpArgmax:     {axis: argAxis, attrs: axisAttrs},
	ir.OpArgmin:     {axis: argAxis, attrs: axisAttrs},
	ir.OpSoftmax:    {axis: apartAxis, attrs: axisAttrs},
	ir.OpMatmul:     {axis: matmulAxis, rewrite: stripMatmul, keeps: true},
	ir.OpLinear:     {axis: linearAxis, ownAxes: true},
	ir.OpConv:       {axis: windowAxis, ownAxes: true},
	ir.OpMaxPool:    {axis: windowAxis},
	ir.OpSumPool:    {axis: windowAxis},
	ir.OpAvgPool:    {axis: windowAxis},
	ir.OpPad:        {axis: padAxis, attrs: padAttrs, ownAxes: true},
	ir.OpBroadcast:  {axis: broadcastAxis, attrs: reshapeAttrs},
	ir.OpScatter:    {axis: scatterAxis, keeps: true},
	ir.OpBatchNorm:  {axis: apartAxis, attrs: axisAttrs, ownAxes: true},
}

const batchHelp = "export the network with a batch of 1 as the first axis of its input, and leave that axis alone inside"

func noBatch(v *ir.Value, format string, args ...any) *diag.Diagnostic {
	return rewrite.Refuse(v, diag.NoBatch, format, args...).WithHelp(batchHelp)
}

func inputAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	s := v.Type.Shape
	if b.extent > 1 {
		if s.Rank() == 0 || s.Dim(0) != b.extent {
			return 0, noBatch(v, "is %v; wanted a first axis of extent %d, the batch of the inputs", v.Type, b.extent)
		}
		return 0, nil
	}
	if v.Op == ir.OpInput && s.Rank() > 1 && s.Dim(0) != 1 && s.Dim(1) == 1 {
		return 1, nil // one entry for each time step in front
	}
	if s.Rank() == 0 || s.Dim(0) != 1 {
		return 0, noBatch(v, "is %v; wanted a first axis of extent 1, the batch", v.Type)
	}
	return 0, nil
}

func unknownAxis(_ *batch, v *ir.Value) (int, *diag.Diagnostic) {
	a := v.Attrs.(ir.UnknownAttrs)
	return 0, rewrite.Refuse(v, diag.UnsupportedOp, "no meaning is known for %s: %s", a.Op, a.Reason)
}

// sameAxis is the rule of a broadcast: counted from the right, the axis of all operands.
func sameAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	fromRight := 0
	for _, a := range v.Args {
		if _, ok := b.axis[a]; !ok {
			continue
		}
		if fromRight == 0 {
			fromRight = b.fromRight(a)
		}
		if b.fromRight(a) != fromRight {
			if axis, ok := b.common(v); ok {
				return axis, nil
			}
			return 0, noBatch(v, "combines values whose batch axes do not meet")
		}
	}
	axis := v.Type.Shape.Rank() - fromRight
	if fromRight == 0 || v.Type.Shape.Dim(axis) != b.extent {
		return 0, noBatch(v, "is %v, in which no axis of extent %d is the batch", v.Type, b.extent)
	}
	return axis, nil
}

// common gives an axis for v that may be the batch of all operands: each has an extent of
// 1 there.
func (b *batch) common(v *ir.Value) (int, bool) {
	for axis := range v.Type.Shape.Rank() {
		open := b.extent == 1 && v.Type.Shape.Dim(axis) == 1
		for _, a := range v.Args {
			open = open && (!b.moves(a) || a.Type.Shape.Rank() == v.Type.Shape.Rank() && a.Type.Shape.Dim(axis) == 1)
		}
		if open {
			b.chosen[v] = axis
			return axis, true
		}
	}
	return 0, false
}

// reshapeAxis keeps the axis apart when as many elements stand before it as in the operand.
func reshapeAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	x := v.Args[0]
	want := Size(x.Type.Shape.Dims()[:b.axis[x]])
	for i, d := range v.Type.Shape.Dims() {
		if d == b.extent && Size(v.Type.Shape.Dims()[:i]) == want {
			return i, nil
		}
	}
	dropped := slices.Delete(x.Type.Shape.Dims(), b.axis[x], b.axis[x]+1)
	if slices.Equal(dropped, v.Type.Shape.Dims()) {
		return 0, noBatch(v, "drops axis %d of %v, the batch: the result is %v", b.axis[x], x.Type, v.Type)
	}
	return 0, noBatch(v, "merges axis %d of %v, the batch, with others: the result is %v", b.axis[x], x.Type, v.Type)
}

// choose gives an axis for v that v leaves alone. The batch has one element, so
// any axis of extent 1 will do: the elements lie the same in memory. Operands
// that lost another axis are reshaped.
func (b *batch) choose(v *ir.Value, usual int, taken func(axis int) bool) (int, bool) {
	if !taken(usual) {
		return usual, true
	}
	if b.extent > 1 {
		return usual, false
	}
	for axis := range v.Args[0].Type.Shape.Rank() {
		open := !taken(axis)
		for _, a := range v.Args {
			open = open && (a == nil || a.Const() != nil && b.rules[v.Op].ownAxes || a.Type.Shape.Dim(axis) == 1)
		}
		if open {
			b.chosen[v] = axis
			return axis, true
		}
	}
	return usual, false
}

// Size returns the product of extents.
func Size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func reshapeAttrs(a ir.Attrs, _, out int) ir.Attrs {
	return ir.ShapeAttrs{Shape: slices.Delete(slices.Clone(a.(ir.ShapeAttrs).Shape), out, out+1)}
}

func transposeAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	return slices.Index(v.Attrs.(ir.PermAttrs).Perm, b.axis[v.Args[0]]), nil
}

func transposeAttrs(a ir.Attrs, in, out int) ir.Attrs {
	perm := slices.Delete(slices.Clone(a.(ir.PermAttrs).Perm), out, out+1)
	for i, p := range perm {
		perm[i] = Past(p, in)
	}
	return ir.PermAttrs{Perm: perm}
}

// Past is an axis number after axis gone was dropped.
func Past(axis, gone int) int {
	if axis > gone {
		return axis - 1
	}
	return axis
}

// AxisOf is the axis an op works along.
func AxisOf(a ir.Attrs) int {
	switch a := a.(type) {
	case ir.SliceAttrs:
		return a.Axis
	case ir.BatchNormAttrs:
		return a.Axis
	case ir.ArgAttrs:
		return a.Axis
	}
	return a.(ir.AxisAttrs).Axis
}

func axisAttrs(a ir.Attrs, in, _ int) ir.Attrs {
	switch a := a.(type) {
	case ir.SliceAttrs:
		a.Axis = Past(a.Axis, in)
		return a
	case ir.BatchNormAttrs:
		a.Axis = Past(a.Axis, in)
		return a
	case ir.ArgAttrs:
		a.Axis = Past(a.Axis, in)
		return a
	}
	return ir.AxisAttrs{Axis: Past(a.(ir.AxisAttrs).Axis, in)}
}

// apartAxis is the rule of ops that work along one axis, which must not be the batch.
func apartAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	along := AxisOf(v.Attrs)
	usual := b.axis[v.Args[slices.IndexFunc(v.Args, b.moves)]]
	axis, ok := b.choose(v, usual, func(axis int) bool { return axis == along })
	if mixer := b.mixer(v); mixer != nil && (!ok || v.Type.Shape.Dim(axis) != b.extent) {
		return 0, rewrite.Refuse(mixer, diag.NotUnrolled, "mixes %d time steps by weights of its own (a parallel spiking neuron, PSN): no step is computed from the one before, so none repeats", len(v.Args))
	}
	switch {
	case ok && v.Type.Shape.Dim(axis) == b.extent:
		return axis, nil
	case v.Op == ir.OpConcat:
		return 0, noBatch(v, "joins %d values along axis %d, the batch, so that no axis of the result %v is the batch", len(v.Args), along, v.Type).
			WithHelp("stack time steps in an axis of their own, and leave the batch in beside it, as [T,1,…]")
	}
	return 0, noBatch(v, "works along axis %d, which is the batch", along)
}

// mixer is the product with constant weights that mixes time steps which v stacks;
// nil when there is none.
func (b *batch) mixer(v *ir.Value) *ir.Value {
	if v.Op != ir.OpConcat {
		return nil
	}
	for _, r := range b.readers[v] {
		switch {
		case r.Op == ir.OpMatmul && r.Args[0].Const() != nil && r.Args[1] == v:
			return r
		case r.Op == ir.OpReshape || r.Op == ir.OpTranspose:
			for _, next := range b.readers[r] {
				if next.Op == ir.OpMatmul && next.Args[0].Const() != nil && next.Args[1] == r {
					return next
				}
			}
		}
	}
	return nil
}

func gatherAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	along := AxisOf(v.Attrs)
	axis, ok := b.choose(v, b.axis[v.Args[0]], func(axis int) bool { return axis == along })
	switch {
	case !ok:
		return 0, noBatch(v, "takes entries of axis %d, which is the batch", axis)
	case axis > along:
		return axis + v.Args[1].Type.Shape.Rank() - 1, nil
	}
	return axis, nil
}

func reduceAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	a := v.Attrs.(ir.ReduceAttrs)
	axis, ok := b.choose(v, b.axis[v.Args[0]], func(axis int) bool { return slices.Contains(a.Axes, axis) })
	if !ok {
		return 0, noBatch(v, "sums over axis %d, which is the batch", axis)
	}
	out := axis
	for _, other := range a.Axes {
		if other < axis && !a.Keep {
			out--
		}
	}
	return out, nil
}

func reduceAttrs(a ir.Attrs, in, _ int) ir.Attrs {
	out := ir.ReduceAttrs{Keep: a.(ir.ReduceAttrs).Keep}
	for _, axis := range a.(ir.ReduceAttrs).Axes {
		out.Axes = append(out.Axes, Past(axis, in))
	}
	return out
}

func linearAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	axis := b.axis[v.Args[0]]
	if axis == v.Type.Shape.Rank()-1 {
		return 0, noBatch(v, "sums along axis %d, which is the batch", axis)
	}
	return axis, nil
}

// argAxis: an axis that is searched and does not stay moves those behind it.
func argAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	a := v.Attrs.(ir.ArgAttrs)
	axis, ok := b.choose(v, b.axis[v.Args[0]], func(axis int) bool { return axis == a.Axis })
	switch {
	case !ok:
		return 0, noBatch(v, "searches along axis %d, which is the batch", axis)
	case !a.Keep:
		return Past(axis, a.Axis), nil
	}
	return axis, nil
}

// windowAxis: a convolution works along its channels and the spatial axes behind
// them, a pool along the spatial axes.
func windowAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	first := v.Type.Shape.Rank() - WindowedAxes(v)
	axis, ok := b.choose(v, b.axis[v.Args[0]], func(axis int) bool { return axis >= first })
	if !ok {
		return 0, noBatch(v, "works along axis %d of %v, which is the batch", axis, v.Args[0].Type)
	}
	return axis, nil
}

// WindowedAxes counts the last axes that a conv or pool works along.
func WindowedAxes(v *ir.Value) int {
	switch a := v.Attrs.(type) {
	case ir.ConvAttrs:
		return len(a.Strides) + 1
	case ir.AvgPoolAttrs:
		return len(a.Kernel)
	}
	return len(v.Attrs.(ir.PoolAttrs).Kernel)
}

func padAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	a := v.Attrs.(ir.PadAttrs)
	axis, ok := b.choose(v, b.axis[v.Args[0]], func(axis int) bool { return a.Before[axis] != 0 || a.After[axis] != 0 })
	if !ok {
		return 0, noBatch(v, "pads axis %d, which is the batch", axis)
	}
	return axis, nil
}

func padAttrs(a ir.Attrs, in, _ int) ir.Attrs {
	p := a.(ir.PadAttrs)
	return ir.PadAttrs{Before: slices.Delete(slices.Clone(p.Before), in, in+1), After: slices.Delete(slices.Clone(p.After), in, in+1)}
}

func broadcastAxis(b *batch, v *ir.Value) (int, *diag.Diagnostic) {
	axis := v.Type.Shape.Rank() - b.fromRight(v.Args[0])
	if v.Type.Shape.Dim(axis) != b.extent {
		return 0, noBatch(v, "stretches axis %d, the batch, to %d", axis, v.Type.Shape.Dim(axis))
	}
	return axis, nil
}

func scatterAxis(_ *batch, v *ir.Value) (int, *diag.Diagnostic) {
	return 0, noBatch(v, "writes entries of axis 0, which is neither the batch nor the time steps")
}
