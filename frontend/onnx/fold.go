package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/eval"
)

// folds tells whether a result is worked out here: the operands are known, and
// either they are merely moved or the result is an integer.
func (n *node) folds(e elem, args []*tensor) bool {
	for _, t := range args {
		if t == nil || t.data == nil {
			return false
		}
	}
	return n.row.moves || e != elemFloat
}

// fold evaluates an op on known operands, in a net of its own.
func (n *node) fold(suffix string, e elem, op ir.Op, attrs ir.Attrs, args []*tensor) (*tensor, error) {
	b := ir.NewBuilder("fold", ir.Source, 1)
	b.At(n.at)
	values := make([]*ir.Value, len(args))
	data := make([]*ir.Tensor, len(args))
	for i, t := range args {
		values[i] = foldOperand(t)
		data[i] = t.data
	}
	v, err := b.AddTyped(op, ir.CleanName(n.name(suffix)), attrs, resultType(op, e, args), values...)
	if err != nil {
		return nil, err
	}
	if err := n.imp.charge(n.at, v.Type.Size()); err != nil {
		return nil, err
	}
	out := ir.NewTensor(v.Type)
	eval.Do(v, data, out)
	if !out.Type.IsReal() {
		if !e.holds(out.I) {
			return nil, n.errorf(diag.BadConstant, "the result on constants does not fit %v", e)
		}
		out.Type = e.of(v.Type.Shape)
	}
	return known(n.name(suffix), e, n.at, out), nil
}

// foldLimit cuts the ranges of known integers for inference: files write "to
// the end" as the largest int64, which no range of the IR holds.
const foldLimit = int64(1) << 60

func foldOperand(t *tensor) *ir.Value {
	r := t.data.Range()
	r.Lo, r.Hi = max(min(r.Lo, foldLimit), -foldLimit), min(max(r.Hi, -foldLimit), foldLimit)
	return &ir.Value{
		Name: ir.CleanName(t.name), Op: ir.OpConst, Attrs: ir.ConstAttrs{Data: t.data},
		Type: t.data.Type, Range: r, Origin: t.origin,
	}
}
