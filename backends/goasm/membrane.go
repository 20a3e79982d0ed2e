package goasm

import (
	"slices"

	"nomul/ir"
)

// roomy tells whether a neuron can be run with integers of the given range: the
// membrane before and after the reset, what rounding adds to it before the
// shift, and a reset value. The kernels compare H > limit, so the lowest integer
// must stay free for the limit of a neuron that always fires. Everything else
// may wrap.
func roomy(v *ir.Value, integers ir.Range) bool {
	a := v.Attrs.(ir.NeuronAttrs)
	r := v.State
	if reset := v.Arg(ir.NeuronReset); reset != nil {
		r = r.Union(reset.Range)
	}
	return r.Lo > integers.Lo && r.Hi+roundUp(a) <= integers.Hi
}

// roundUp is the most that the leak's rounding adds before the shift.
func roundUp(a ir.NeuronAttrs) int64 {
	if a.Leak.K == 0 || a.Round == ir.RoundFloor {
		return 0
	}
	return 1<<a.Leak.K - 1
}

// constants are a layer's fields of kernel.neuron.
type constants struct {
	guard, leak      int
	keep, part, flip bool
	up, upNegative   int64
	clear            bool
}

func constantsOf(a ir.NeuronAttrs) constants {
	c := constants{guard: a.Guard, leak: a.Leak.K}
	c.keep = a.Leak.Kind == ir.LeakNone || a.Leak.Kind == ir.LeakDecay
	c.part = a.Leak.Kind == ir.LeakShift || a.Leak.Kind == ir.LeakDecay
	c.flip = a.Leak.Kind == ir.LeakDecay
	c.clear = a.Reset == ir.ResetZero || a.Reset == ir.ResetValue
	c.up, c.upNegative = roundings(a.Round, a.Leak.K)
	return c
}

// limits are the thresholds for H > limit: H ≥ θ is H > θ − 1. A limit beyond
// the integers is cut to them; no membrane can be beyond, too.
func limits(v *ir.Value, integers ir.Range) []int64 {
	if !v.Attrs.(ir.NeuronAttrs).Fires() {
		return slices.Repeat([]int64{integers.Hi}, v.Type.Size())
	}
	out := spread(v.Arg(ir.NeuronThreshold), v.Type.Shape)
	for i, t := range out {
		if v.Attrs.(ir.NeuronAttrs).Compare == ir.GE {
			t--
		}
		out[i] = min(max(t, integers.Lo), integers.Hi)
	}
	return out
}

// resets are what the kernels take as reset: the value, or minus the amount.
func resets(v *ir.Value) []int64 {
	arg := v.Arg(ir.NeuronReset)
	if arg == nil {
		return nil
	}
	out := spread(arg, v.Type.Shape)
	if v.Attrs.(ir.NeuronAttrs).Reset == ir.ResetSubtract {
		for i, r := range out {
			out[i] = -r
		}
	}
	return out
}

// spread is a constant's data for every element of a shape; nil is nil.
func spread(v *ir.Value, s ir.Shape) []int64 {
	if v == nil {
		return nil
	}
	return ir.Stretch(v.Const().I, v.Const().Type.Shape, s)
}
