package passes

import (
	"math"

	"nomul/ir"
)

// StartsInSilence reports whether a neuron starts from what the bias of the layer before it makes
// of a membrane of 0 in one step without spikes. That is no state which a run has left: behind a
// delay in an axon no spikes come in the first step, and the file has its result.
func StartsInSilence(neuron *ir.Value) bool {
	a := neuron.Attrs.(ir.NeuronAttrs)
	init, h := neuron.Arg(ir.NeuronInit).Const(), inSilence(neuron.Args[ir.NeuronX])
	if init == nil || h == nil || a.Current.Kind != 0 || a.Reset != ir.ResetNone && a.When != ir.WhenFire {
		return false
	}
	if gain := neuron.Arg(ir.NeuronGain).Const(); gain != nil {
		h = combine(h, gain, product)
	}
	if bias := neuron.Arg(ir.NeuronBias).Const(); bias != nil {
		h = combine(h, bias, sum)
	}
	left := h
	if a.Fires() && a.Reset != ir.ResetNone {
		left = combine(h, combine(afterReset(neuron, h), firing(neuron, h), product), sum)
	}
	if _, ok := ir.Broadcast(init.Type.Shape, left.Type.Shape); !ok {
		return false
	}
	return all(combine(init, left, func(a, b float64) float64 {
		if math.Abs(a-b) > roundedAs*max(math.Abs(a), math.Abs(b)) {
			return 1
		}
		return 0
	}), 0)
}

// roundedAs is how far the results of a few float32 operations may differ by their order.
const roundedAs = 1e-5

// inSilence is what a value is where no spike comes in; nil of one that reads anything else.
func inSilence(x *ir.Value) *ir.Tensor {
	switch {
	case x.Type.IsSpike():
		return scalar(0)
	case x.Const() != nil:
		return combine(x.Const(), scalar(1), product)
	case takesWeights[x.Op]:
		if of := inSilence(x.Args[0]); of == nil || !all(of, 0) {
			return nil
		}
		return biases(x)
	}
	of := map[ir.Op]func(a, b float64) float64{ir.OpAdd: sum, ir.OpMul: product}[x.Op]
	if of == nil {
		return nil
	}
	a, b := inSilence(x.Args[0]), inSilence(x.Args[1])
	if a == nil || b == nil {
		return nil
	}
	return combine(a, b, of)
}

// biases are those of a weighted layer, in the place of its result.
func biases(x *ir.Value) *ir.Tensor {
	b := combine(orZero(x.Arg(2).Const()), scalar(1), product)
	if x.Op != ir.OpConv || b.Type.Shape.Rank() != 1 {
		return b
	}
	dims := []int{b.Type.Size()}
	for range x.Type.Shape.Rank() - 1 {
		dims = append(dims, 1)
	}
	return ir.Reals(ir.ShapeOf(dims...), b.F)
}

// firing is 1 where a membrane fires, and afterReset what its reset adds to it there.
func firing(neuron *ir.Value, h *ir.Tensor) *ir.Tensor {
	is := neuron.Attrs.(ir.NeuronAttrs).Compare
	return combine(h, neuron.Args[ir.NeuronThreshold].Const(), func(v, t float64) float64 {
		if v > t || v == t && is == ir.GE {
			return 1
		}
		return 0
	})
}

func afterReset(neuron *ir.Value, h *ir.Tensor) *ir.Tensor {
	to := orZero(neuron.Arg(ir.NeuronReset).Const())
	if neuron.Attrs.(ir.NeuronAttrs).Reset == ir.ResetSubtract {
		return scaled(to, -1)
	}
	return combine(to, h, func(r, v float64) float64 { return r - v })
}
