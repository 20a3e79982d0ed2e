package canonical

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// A batch of one sample is an axis of extent 1, which a file may merge with others, drop, or stack
// along: that moves no element. Values from there on have no batch axis, and are computed as they
// stand, for the one sample. An op along the batch is another thing: it would mix the samples of a
// larger one.

// mayKeep reports whether a value for which no batch axis was found may be computed
// with the batch as data: it only moves elements, works on each alone, or is a matrix
// product.
func (b *batch) mayKeep(v *ir.Value, d *diag.Diagnostic) bool {
	switch v.Op {
	case ir.OpReshape, ir.OpConcat, ir.OpScatter, ir.OpMatmul, ir.OpOutput:
	default:
		if v.Op.Class() != ir.Element {
			return false
		}
	}
	return b.extent == 1 && d.Code == diag.NoBatch
}

// keep makes v as it stands, on operands that have their axis again.
func (b *batch) keep(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	args := make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		var err error
		if args[i], err = b.asItStands(r, a); err != nil {
			return nil, err
		}
	}
	if v.Op == ir.OpMatmul {
		return b.product(r, v, args)
	}
	t := ir.Type{}
	if v.Op.Typed() {
		t = v.Type
	}
	out, err := r.AddTyped(v.Op, r.Unique(v.Name), v.Attrs, t, args...)
	if err == nil && v.Op == ir.OpOutput {
		out.Scale = v.Scale
	}
	return out, err
}

// asItStands is a value of the shape that it has in the file.
func (b *batch) asItStands(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if v == nil || b.kept[v] || !b.moves(v) {
		return r.Of(v), nil
	}
	if out := b.whole[v]; out != nil {
		return out, nil
	}
	out, err := r.Add(ir.OpReshape, r.Unique(v.Name+".whole"), ir.ShapeAttrs{Shape: v.Type.Shape.Dims()}, r.Of(v))
	b.whole[v] = out
	return out, err
}
