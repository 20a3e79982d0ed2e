package canonical

import (
	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/rewrite"
)

// FoldConstants computes every value that depends on constants only. At the
// source level each result is rounded to float32, as the file's operators do.
func FoldConstants(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		data := Folded(v, r.Operands(v), n.Level)
		if data == nil {
			return nil, nil
		}
		return r.Const(r.Unique(v.Name), data)
	})
}

// Folded is the result of v on operands that are all constants, else nil.
func Folded(v *ir.Value, args []*ir.Value, level ir.Level) *ir.Tensor {
	if !eval.Has(v.Op) || v.Op == ir.OpOutput || len(args) == 0 {
		return nil
	}
	data := make([]*ir.Tensor, len(args))
	for i, a := range args {
		if a == nil {
			continue
		}
		if data[i] = a.Const(); data[i] == nil {
			return nil
		}
	}
	on := *v
	on.Args = args
	out := ir.NewTensor(v.Type)
	eval.Do(&on, data, out)
	if level == ir.Source {
		eval.RoundFloat32(out)
	}
	return out
}

// ConstantOf is a constant that stands in no net; nil without one.
func ConstantOf(t *ir.Tensor) *ir.Value {
	if t == nil {
		return nil
	}
	return &ir.Value{Op: ir.OpConst, Type: t.Type, Attrs: ir.ConstAttrs{Data: t}}
}
