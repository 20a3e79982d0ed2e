package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
)

// FoldGain is R4: H = leak(V) + g·x + b with g > 0 is, divided by g,
// H' = leak(V') + x + b/g with threshold, reset and initial membrane over g.
// Where g < 0 it is divided by −g, and x changes its sign; where g = 0, by 1, and x
// is times 0. Leaks, also of a current, are linear, so they stay. The stored membrane is in the
// new unit; where it is the result, of a silent neuron, that is g times it.
func FoldGain(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpNeuron || v.Args[ir.NeuronGain] == nil {
			return nil, nil
		}
		gain := v.Args[ir.NeuronGain].Const()
		sign := mapped(gain, signOf)
		gain = mapped(gain, func(g float64) float64 {
			if g == 0 {
				return 1
			}
			return math.Abs(g)
		})
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = r.Of(a)
			switch i {
			case ir.NeuronGain:
				args[i] = nil
				continue
			case ir.NeuronX:
				var err error
				if args[i], err = signed(r, v, sign); err != nil {
					return nil, err
				}
				continue
			}
			if a == nil || isLeak(v, i) {
				continue
			}
			over := Divide(v.Args[i].Const(), gain)
			var err error
			if args[i], err = r.Const(r.Unique(v.Name+"."+ir.OpNeuron.Operands()[i].Name), over); err != nil {
				return nil, err
			}
		}
		out, err := r.CopyWith(v, v.Attrs, args...)
		if err != nil || !v.Attrs.(ir.NeuronAttrs).Silent {
			return out, err
		}
		return raise.WithConst(r, ir.OpMul, v.Name+".whole", out, gain)
	})
}

// isLeak reports whether an operand of a neuron is a factor of a leak.
func isLeak(v *ir.Value, slot int) bool {
	a := v.Attrs.(ir.NeuronAttrs)
	return slices.ContainsFunc(a.Leaks(), func(l ir.Leaking) bool { return l.Slot == slot })
}

// signOf is −1, 0 or 1.
func signOf(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

// signed is a neuron's input times signs.
func signed(r *ir.Rebuilder, v *ir.Value, sign *ir.Tensor) (*ir.Value, error) {
	x := r.Of(v.Args[ir.NeuronX])
	switch {
	case rewrite.Everywhere(sign, func(f float64) bool { return f > 0 }):
		return x, nil
	case x.Type.IsReal() && rewrite.Everywhere(sign, func(f float64) bool { return f < 0 }):
		return r.Add(ir.OpNeg, r.Unique(v.Name+".negated"), nil, x)
	}
	return raise.WithConst(r, ir.OpMul, v.Name+".signed", x, sign)
}

// mapped is a tensor with a function applied to each element.
func mapped(t *ir.Tensor, f func(float64) float64) *ir.Tensor {
	out := ir.NewTensor(t.Type)
	for i, x := range t.F {
		out.F[i] = f(x)
	}
	return out
}
