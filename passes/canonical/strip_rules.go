package canonical

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// Strips reports whether StripBatch follows the batch through an op; state is there behind it only.
func Strips(op ir.Op) bool {
	return op == ir.OpInput || op.HasAxes() && op.Class() != ir.State
}

// axisOf finds the batch axis of a result, by the op's axis map where that says all.
func (b *batch) axisOf(v *ir.Value) (int, *diag.Diagnostic) {
	switch {
	case v.Op == ir.OpInput:
		return b.inputAxis(v)
	case v.Op == ir.OpReshape:
		return b.reshapeAxis(v)
	case !Strips(v.Op):
		a := v.Attrs.(ir.UnknownAttrs)
		return 0, rewrite.Refuse(v, diag.UnsupportedOp, "no meaning is known for %s: %s", a.Op, a.Reason)
	}
	return b.mapped(v)
}

const batchHelp = "export the network with a batch of 1 as the first axis of its input, and leave that axis alone inside"

func noBatch(v *ir.Value, format string, args ...any) *diag.Diagnostic {
	return rewrite.Refuse(v, diag.NoBatch, format, args...).WithHelp(batchHelp)
}

func (b *batch) inputAxis(v *ir.Value) (int, *diag.Diagnostic) {
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

// mapped finds the batch axis of a result by the op's axis map: all operands have their batch
// there. The batch has one element, so that any other axis of extent 1 that all operands have
// will do: the elements lie the same in memory.
func (b *batch) mapped(v *ir.Value) (int, *diag.Diagnostic) {
	axes := v.Axes()
	first := slices.IndexFunc(v.Args, b.moves)
	x := v.Args[first]
	axis := b.apart(v, axes.To(first, b.axis[x]))
	meet := b.every(v, func(i int, a *ir.Value) bool { return axes.To(i, b.axis[a]) == axis })
	if axis >= 0 && meet {
		if v.Type.Shape.Dim(axis) != b.extent {
			return 0, noBatch(v, "is %v, in which no axis of extent %d is the batch", v.Type, b.extent)
		}
		return axis, nil
	}
	for o := 0; o < v.Type.Shape.Rank() && b.extent == 1; o++ {
		if b.apart(v, o) >= 0 && v.Type.Shape.Dim(o) == 1 && b.every(v, func(i int, a *ir.Value) bool {
			return axes[i][o] >= 0 && a.Type.Shape.Dim(axes[i][o]) == 1
		}) {
			return o, nil
		}
	}
	if axis >= 0 {
		return 0, noBatch(v, "combines values whose batch axes do not meet")
	}
	return 0, b.worksAlong(v, x)
}

// every reports whether something holds of all operands that have a batch axis.
func (b *batch) every(v *ir.Value, holds func(i int, a *ir.Value) bool) bool {
	for i, a := range v.Args {
		if b.moves(a) && !holds(i, a) {
			return false
		}
	}
	return true
}

// apart is an axis of the result, but not one of two matrices that are multiplied: of these, the
// rows alone may be the batch, where the other matrix is a constant.
func (b *batch) apart(v *ir.Value, axis int) int {
	if last := v.Type.Shape.Rank() - 1; v.Op == ir.OpMatmul && (axis == last || axis == last-1 && !byMatrix(v)) {
		return ir.Along
	}
	return axis
}

// worksAlong is the error of an op along the batch axis of x.
func (b *batch) worksAlong(v, x *ir.Value) *diag.Diagnostic {
	if mixer := b.mixer(v); mixer != nil {
		return rewrite.Refuse(mixer, diag.NotUnrolled, "mixes %d time steps by weights of its own (a parallel spiking neuron, PSN): no step is computed from the one before, so none repeats", len(v.Args))
	}
	if v.Op == ir.OpConcat {
		return noBatch(v, "joins %d values along axis %d, the batch, so that no axis of the result %v is the batch", len(v.Args), b.axis[x], v.Type).
			WithHelp("stack time steps in an axis of their own, and leave the batch in beside it, as [T,1,…]")
	}
	return noBatch(v, "works along axis %d of %v, which is the batch", b.axis[x], x.Type)
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

// reshapeAxis keeps the axis apart when as many elements stand before it as in the operand.
func (b *batch) reshapeAxis(v *ir.Value) (int, *diag.Diagnostic) {
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

// Size returns the product of extents.
func Size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
