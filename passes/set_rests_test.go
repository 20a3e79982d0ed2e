package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
)

// setWhereItRests is a neuron whose membrane is a number in each step of a rest.
func setWhereItRests(number float64, steps int, gated bool, reset func(s *sketch, h, z *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		x = s.op(ir.OpAdd, x, s.num(0.375))
		v, left := started(s, x, past)
		rests := s.compare(ir.GT, left, s.num(0))
		h := s.op(ir.OpWhere, rests, s.like(x, number), leaks(s, v, x))
		z := above(s, h)
		if gated {
			z = timesRest(s, z, asNumber(s, rests))
		}
		less := s.function(ir.FnRelu, s.op(ir.OpSub, left, s.num(1)))
		return z, []*ir.Value{reset(s, h, z), s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.like(x, float64(steps)), less)}
	}
}

// A membrane that is set to a number where it rests is reset to it and held, whichever reset the file
// has; of a number that fires it is the update of a cell.
func TestMembranesSetWhereTheyRest(t *testing.T) {
	resets := map[string]func(s *sketch, h, z *ir.Value) *ir.Value{"zero": timesRest, "choice": zeroBehind, "subtract": lessSpike, "none": noReset}
	for reset, take := range resets {
		for _, gated := range []bool{false, true} {
			for steps := 2; steps <= 3; steps++ {
				for _, number := range []float64{0, -0.25} {
					what := fmt.Sprintf("%v, %d steps, %s, gated %v", number, steps, reset, gated)
					net := mlp(t, setWhereItRests(number, steps, gated, take), 8, "sum", nil)
					wantRest(t, what, net, ir.Refractory{Kind: ir.RestHold, Steps: steps})
				}
				wantCells(t, fmt.Sprintf("fires, %d steps, %s, gated %v", steps, reset, gated), mlp(t, setWhereItRests(1.5, steps, gated, take), 8, "sum", nil), 8, 2)
			}
		}
	}
}
