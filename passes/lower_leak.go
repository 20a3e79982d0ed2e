package passes

import (
	"math"

	"nomul/ir"
)

// runLowerLeak writes a leak factor β that is the same for the whole layer as
// none (1), all (0), a shift (2^-k) or a decay (1 − 2^-k). Integer shifts must
// round so that spikes stay those of real arithmetic (R5): toward −∞ where the
// neuron fires at ≥, toward +∞ where it fires at >. Other leaks stay as they are.
func runLowerLeak(n *ir.Net, _ *Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpNeuron || v.Args[ir.NeuronLeak] == nil {
			return nil, nil
		}
		beta, uniform := v.Args[ir.NeuronLeak].Const().Uniform()
		leak, ok := shiftLeak(beta)
		if !uniform || !ok {
			return nil, nil
		}
		attrs := v.Attrs.(ir.NeuronAttrs)
		attrs.Leak, attrs.Round = leak, ir.RoundFloor
		if attrs.Compare == ir.GT && leak.Kind == ir.LeakShift {
			attrs.Round = ir.RoundCeil
		}
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = r.Of(a)
		}
		args[ir.NeuronLeak] = nil
		return r.CopyWith(v, attrs, args...)
	})
}

// shiftLeak finds the integer form of a leak factor, if there is one.
func shiftLeak(beta float64) (ir.Leak, bool) {
	switch beta {
	case 0:
		return ir.Leak{Kind: ir.LeakAll}, true
	case 1:
		return ir.Leak{Kind: ir.LeakNone}, true
	}
	for k := 1; k <= 31; k++ {
		switch p := math.Ldexp(1, -k); beta {
		case p:
			return ir.Leak{Kind: ir.LeakShift, K: k}, true
		case 1 - p:
			return ir.Leak{Kind: ir.LeakDecay, K: k}, true
		}
	}
	return ir.Leak{}, false
}
