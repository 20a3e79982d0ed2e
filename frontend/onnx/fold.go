package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/eval"
)

// folds reports whether a result is worked out here: the operands are known, and
// either they are merely moved or the result is an integer.
func (n *node) folds(e elem, args []*tensor) bool {
	for _, t := range args {
		if t == nil || t.data == nil {
			return false
		}
	}
	return n.row != nil && n.row.moves || !e.isReal()
}

// fold evaluates an op on known operands, in a net of its own. Integers wrap.
func (n *node) fold(name string, e elem, op ir.Op, attrs ir.Attrs, args []*tensor) (*tensor, error) {
	b := ir.NewBuilder("fold", ir.Source, 1)
	b.At(n.at)
	values := make([]*ir.Value, len(args))
	data := make([]*ir.Tensor, len(args))
	for i, t := range args {
		values[i] = foldOperand(t)
		data[i] = t.data
	}
	v, err := b.AddTyped(op, ir.CleanName(name), attrs, resultType(op, e, args), values...)
	if err != nil {
		return nil, err
	}
	if err := n.imp.charge(n.at, v.Type.Size()); err != nil {
		return nil, err
	}
	data = append(data, make([]*ir.Tensor, len(v.Args)-len(data))...)
	out := ir.NewTensor(v.Type)
	eval.Do(v, data, out)
	eval.RoundFloat32(out)
	if !out.Type.IsReal() {
		if e.wrap(out.I); !e.holds(out.I) {
			return nil, n.errorf(diag.BadConstant, "the result on constants does not fit %v", e)
		}
		out.Type = e.of(v.Type.Shape)
	}
	y := known(name, e, n.at, out)
	return y, n.followCounts(y, op, attrs, args)
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

// known is the contents of a tensor, worked out if constants make it; nil when
// inputs of the net do. Shapes are computed from reals now and then.
func (n *node) known(t *tensor) (*ir.Tensor, error) {
	if t.data != nil || t.value == nil {
		return t.data, nil
	}
	if !settled(t.value, map[*ir.Value]bool{}) {
		return nil, nil
	}
	data, err := n.evaluate(t.value, map[*ir.Value]*ir.Tensor{})
	if err == nil {
		t.data = data
	}
	return data, err
}

// knownDepth bounds the chain of values that known works out.
const knownDepth = 1000

// settled reports whether constants alone, and few values, make v.
func settled(v *ir.Value, seen map[*ir.Value]bool) bool {
	if seen[v] {
		return true
	}
	seen[v] = true
	if v.Op == ir.OpConst {
		return true
	}
	if !eval.Has(v.Op) || len(v.Args) == 0 || len(seen) > knownDepth {
		return false
	}
	for _, a := range v.Args {
		if a != nil && !settled(a, seen) {
			return false
		}
	}
	return true
}

// evaluate computes a value that constants make, rounding as float32 does.
func (n *node) evaluate(v *ir.Value, done map[*ir.Value]*ir.Tensor) (*ir.Tensor, error) {
	if t := v.Const(); t != nil {
		return t, nil
	}
	if t := done[v]; t != nil {
		return t, nil
	}
	args := make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		if a == nil {
			continue
		}
		var err error
		if args[i], err = n.evaluate(a, done); err != nil {
			return nil, err
		}
	}
	if err := n.imp.charge(n.at, v.Type.Size()); err != nil {
		return nil, err
	}
	out := ir.NewTensor(v.Type)
	eval.Do(v, args, out)
	eval.RoundFloat32(out)
	done[v] = out
	return out, nil
}
