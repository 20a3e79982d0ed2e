package integers

import (
	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// FoldConstantNeurons replaces neurons whose proved membrane never reaches their least threshold by
// spikes that are never there, and folds the values that then depend on constants only. Firing
// leaves such a membrane alone, so nothing else of it is seen.
func FoldConstantNeurons(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		switch {
		case v.Op == ir.OpConst:
			return nil, nil
		case v.Op != ir.OpNeuron:
			if data := foldedStep(r, v, n); data != nil {
				return r.Const(r.Unique(v.Name), data)
			}
			return nil, nil
		}
		out, err := r.Copy(v) // with the ranges that its operands have by now
		if err != nil || !neverFires(out) {
			return out, err
		}
		return r.Const(r.Unique(v.Name+".never"), ir.NewTensor(v.Type)) // the next step's copy may be NAME.1
	})
}

// neverFires reports whether the range of a neuron's membrane stays below its thresholds.
func neverFires(v *ir.Value) bool {
	threshold := v.Args[ir.NeuronThreshold]
	if threshold == nil || v.Attrs.(ir.NeuronAttrs).Silent {
		return false
	}
	least := threshold.Range.Lo
	if v.Attrs.(ir.NeuronAttrs).Compare == ir.GT {
		least++
	}
	return v.State.Hi < least
}

// foldedStep is the result of v on operands that are all constants by now, also
// where it reads them out over time; else nil.
func foldedStep(r *ir.Rebuilder, v *ir.Value, n *ir.Net) *ir.Tensor {
	args := r.Operands(v)
	times, ok := map[ir.Op]int64{ir.OpSum: int64(n.Steps), ir.OpLast: 1, ir.OpMaxTime: 1}[v.Op]
	if !ok {
		return canonical.Folded(v, args, n.Level)
	}
	data := args[0].Const()
	if data == nil {
		return nil
	}
	out := ir.NewTensor(v.Type)
	for i, x := range data.I {
		out.I[i] = x * times
	}
	return out
}
