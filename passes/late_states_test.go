package passes

import (
	"testing"

	"nomul/ir"
)

// resonating turns two states, of which the second is 0 up to step 1.
func resonating(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	u, v := s.like(x, 0), s.like(x, 0)
	if past != nil {
		u, v = past[0], past[1]
	}
	times := func(a *ir.Value, by float64) *ir.Value { return s.op(ir.OpMul, a, s.num(by)) }
	turned := s.op(ir.OpAdd, s.op(ir.OpSub, times(u, 0.875), times(v, 0.25)), x)
	v = s.op(ir.OpAdd, times(u, 0.25), times(v, 0.875))
	f := s.spike(ir.GT, turned, s.num(1))
	return f, []*ir.Value{s.op(ir.OpSub, turned, f), v}
}

// restingAfter is refractory for as many steps as it has registers of old spikes; it takes no input
// then, or else drops its spikes.
func restingAfter(registers int, takes bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		if past == nil {
			for range registers + 1 {
				past = append(past, s.like(x, 0))
			}
		}
		active := s.num(1)
		for _, z := range past[1:] {
			active = s.op(ir.OpMul, active, s.op(ir.OpSub, s.num(1), z))
		}
		if !takes {
			x = s.op(ir.OpMul, active, x)
		}
		h := s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.5)), x)
		f := s.op(ir.OpMul, s.spike(ir.GT, h, s.num(1)), active)
		h = s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f))
		return f, append([]*ir.Value{h, f}, past[1:registers]...)
	}
}

var lateStates = map[string]cell{
	"resonator":                      resonating,
	"2 registers":                    restingAfter(2, false),
	"3 registers":                    restingAfter(3, false),
	"2 registers and spikes dropped": restingAfter(2, true),
	"3 registers and spikes dropped": restingAfter(3, true),
}

// States that are 0 for more than one step are folded away in as many: the steps are those of the last one.
func TestStatesThatBeginLate(t *testing.T) {
	for name, c := range lateStates {
		for steps := 6; steps <= 8; steps++ {
			net, err := raisedOf(t, mlp(t, c, steps, "mean", nil))
			if err != nil || net.Steps != steps || len(net.All(ir.OpCompare)) > 0 {
				t.Errorf("%s, %d steps: %v", name, steps, err)
			}
		}
	}
}

// A step of them that leaves another state is refused.
func TestOddStepOfStatesThatBeginLate(t *testing.T) {
	const steps = 5
	for name, c := range lateStates {
		for odd := range steps - 1 {
			spoilt := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				f, left := c(s, x, past)
				return f, append([]*ir.Value{s.op(ir.OpMul, left[0], s.num(0.75))}, left[1:]...)
			}
			net, err := raisedOf(t, mlp(t, c, steps, "mean", func(layer, step int) cell {
				if layer == 0 && step == odd {
					return spoilt
				}
				return nil
			}))
			if err == nil {
				t.Errorf("%s, step %d was taken as one of %d", name, odd, net.Steps)
			}
		}
	}
}
