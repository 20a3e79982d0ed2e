package passes

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// fedBack is snnTorch's RSynaptic with all_to_all=False: its current takes in the layer's own
// spikes of the step before.
func fedBack(reset ir.Reset, factor float64) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h, i, f, r := s.like(x, 0), s.like(x, 0), s.like(x, 0), s.like(x, 0)
		if past != nil {
			h, i, f = past[0], past[1], past[2]
			r = s.spike(ir.GT, s.op(ir.OpSub, h, s.num(0.5)), s.num(0))
		}
		i = s.op(ir.OpAdd, s.op(ir.OpAdd, s.op(ir.OpMul, s.num(0.75), i), x), s.op(ir.OpMul, s.num(factor), f))
		h = s.op(ir.OpAdd, s.op(ir.OpMul, s.num(0.5), h), i)
		switch reset {
		case ir.ResetSubtract:
			h = s.op(ir.OpSub, h, s.op(ir.OpMul, r, s.num(0.5)))
		case ir.ResetZero:
			h = s.op(ir.OpSub, h, s.op(ir.OpMul, r, h))
		}
		f = s.spike(ir.GT, s.op(ir.OpSub, h, s.num(0.5)), s.num(0))
		return f, []*ir.Value{h, i, f}
	}
}

// Spikes that a current takes in are an input of it, whatever the reset, also where the reset
// takes as much as they give.
func TestCurrentTakesInItsSpikes(t *testing.T) {
	irtest.Long(t)
	pixels := &Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0}, Std: []float64{1}}
	for _, reset := range []ir.Reset{ir.ResetNone, ir.ResetSubtract, ir.ResetZero} {
		for _, factor := range []float64{0.25, 0.5, -1} {
			for _, steps := range []int{3, 4, 6} {
				low, err := lowered(t, mlp(t, fedBack(reset, factor), steps, "sum", nil))
				if err == nil {
					_, err = Lower(low, ir.Fixed, "", &Options{Pixels: pixels}, nil)
				}
				if err != nil {
					t.Errorf("reset %v, factor %v, %d steps: %v", reset, factor, steps, err)
					continue
				}
				for _, v := range low.All(ir.OpNeuron) {
					if a := v.Attrs.(ir.NeuronAttrs); a.Reset != reset || a.Silent || a.Current.Kind != ir.LeakFactor {
						t.Errorf("reset %v, factor %v, %d steps: %s", reset, factor, steps, neuronLine(v))
					}
				}
			}
		}
	}
}
