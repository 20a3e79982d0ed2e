package passes

import (
	"math"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
)

// StartsInSilence reports whether a neuron starts from the response of a membrane of 0 to the bias
// of the layer before it in one step without spikes. That is no state which a run has left: behind
// a delay in an axon no spikes come in the first step, and the file has its result.
func StartsInSilence(neuron *ir.Value) bool {
	a := neuron.Attrs.(ir.NeuronAttrs)
	init, h := neuron.Arg(ir.NeuronInit).Const(), inSilence(neuron.Args[ir.NeuronX])
	if init == nil || h == nil || a.Current.Kind != 0 || a.Reset != ir.ResetNone && a.When != ir.WhenFire {
		return false
	}
	if gain := neuron.Arg(ir.NeuronGain).Const(); gain != nil {
		h = canonical.Combine(h, gain, canonical.Product)
	}
	if bias := neuron.Arg(ir.NeuronBias).Const(); bias != nil {
		h = canonical.Combine(h, bias, raise.Sum)
	}
	left := h
	if a.Fires() && a.Reset != ir.ResetNone {
		left = canonical.Combine(h, canonical.Combine(afterReset(neuron, h), firing(neuron, h), canonical.Product), raise.Sum)
	}
	if _, ok := ir.Broadcast(init.Type.Shape, left.Type.Shape); !ok {
		return false
	}
	return canonical.All(canonical.Combine(init, left, func(a, b float64) float64 {
		if math.Abs(a-b) > raise.RoundedAs*max(math.Abs(a), math.Abs(b)) {
			return 1
		}
		return 0
	}), 0)
}

// inSilence is a value where no spike comes in; nil of one that reads anything else.
func inSilence(x *ir.Value) *ir.Tensor {
	switch {
	case x.Type.IsSpike():
		return rewrite.Scalar(0)
	case x.Const() != nil:
		return canonical.Combine(x.Const(), rewrite.Scalar(1), canonical.Product)
	case timing.TakesWeights[x.Op]:
		if of := inSilence(x.Args[0]); of == nil || !canonical.All(of, 0) {
			return nil
		}
		return biases(x)
	}
	of := map[ir.Op]func(a, b float64) float64{ir.OpAdd: raise.Sum, ir.OpMul: canonical.Product}[x.Op]
	if of == nil {
		return nil
	}
	a, b := inSilence(x.Args[0]), inSilence(x.Args[1])
	if a == nil || b == nil {
		return nil
	}
	return canonical.Combine(a, b, of)
}

// biases are those of a weighted layer, in the place of its result.
func biases(x *ir.Value) *ir.Tensor {
	b := canonical.Combine(raise.OrZero(x.Arg(2).Const()), rewrite.Scalar(1), canonical.Product)
	if x.Op != ir.OpConv || b.Type.Shape.Rank() != 1 {
		return b
	}
	dims := []int{b.Type.Size()}
	for range x.Type.Shape.Rank() - 1 {
		dims = append(dims, 1)
	}
	return ir.Reals(ir.ShapeOf(dims...), b.F)
}

// firing is 1 where a membrane fires, and afterReset the amount that its reset adds to it there.
func firing(neuron *ir.Value, h *ir.Tensor) *ir.Tensor {
	is := neuron.Attrs.(ir.NeuronAttrs).Compare
	return canonical.Combine(h, neuron.Args[ir.NeuronThreshold].Const(), func(v, t float64) float64 {
		if v > t || v == t && is == ir.GE {
			return 1
		}
		return 0
	})
}

func afterReset(neuron *ir.Value, h *ir.Tensor) *ir.Tensor {
	to := raise.OrZero(neuron.Arg(ir.NeuronReset).Const())
	if neuron.Attrs.(ir.NeuronAttrs).Reset == ir.ResetSubtract {
		return canonical.Scaled(to, -1)
	}
	return canonical.Combine(to, h, func(r, v float64) float64 { return r - v })
}
