package passes

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// runFoldGain is R4: H = leak(V) + g·x + b with g > 0 is, divided by g,
// H' = leak(V') + x + b/g with threshold, reset and initial membrane over g.
// Leaks, also of a current, are linear, so they stay. The stored membrane is in the
// new unit; where it is the result, of a silent neuron, that is g times it.
func runFoldGain(n *ir.Net, _ *Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpNeuron || v.Args[ir.NeuronGain] == nil {
			return nil, nil
		}
		gain := v.Args[ir.NeuronGain].Const()
		for _, g := range gain.F {
			if !(g > 0) {
				return nil, refuse(v, diag.NotExact, "its input gain is %v; only positive gains can be folded into the threshold", g)
			}
		}
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = r.Of(a)
			switch i {
			case ir.NeuronGain:
				args[i] = nil
				continue
			case ir.NeuronX, ir.NeuronLeak, ir.NeuronCurrent:
				continue
			}
			if a == nil {
				continue
			}
			over := divide(v.Args[i].Const(), gain)
			var err error
			if args[i], err = r.Const(r.Unique(v.Name+"."+ir.OpNeuron.Operands()[i].Name), over); err != nil {
				return nil, err
			}
		}
		out, err := r.CopyWith(v, v.Attrs, args...)
		if err != nil || !v.Attrs.(ir.NeuronAttrs).Silent {
			return out, err
		}
		return r.Add(ir.OpMul, r.Unique(v.Name+".whole"), nil, out, r.Of(v.Args[ir.NeuronGain]))
	})
}
