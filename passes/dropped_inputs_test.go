package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
)

// restingCurrent is a neuron with a current that rests for so many steps behind a spike; the rest drops
// the input of the current, or the current.
func restingCurrent(kind ir.Rest, steps int, before bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v, i, left := s.like(x, 0), s.like(x, 0), s.like(x, 0)
		if past != nil {
			v, i, left = past[0], past[1], past[2]
		}
		rests := s.compare(ir.GT, left, s.num(0))
		none := func(u *ir.Value) *ir.Value { return s.op(ir.OpWhere, rests, s.like(u, 0), u) }
		if before {
			x = none(x)
		}
		i = s.op(ir.OpAdd, s.op(ir.OpMul, i, s.num(0.5)), x)
		drive := i
		if !before {
			drive = none(i)
		}
		h := leaks(s, v, drive)
		f := s.compare(ir.GT, h, s.num(1))
		if kind == ir.RestLeak {
			f = s.op(ir.OpAndNot, f, rests)
		}
		z := s.typed(ir.OpCast, nil, x.Type, f)
		less := s.function(ir.FnRelu, s.op(ir.OpSub, left, s.num(1)))
		return z, []*ir.Value{lessSpike(s, h, z), i, s.op(ir.OpWhere, f, s.like(x, float64(steps)), less)}
	}
}

// A rest drops all that drives a membrane, the current included; a neuron of which one drops the input of the
// current is a cell, but for one step, which the current of a neuron has.
func TestRestsDropCurrents(t *testing.T) {
	for _, kind := range []ir.Rest{ir.RestDrive, ir.RestLeak} {
		for steps := 1; steps <= 3; steps++ {
			what := fmt.Sprintf("%v, %d steps", kind, steps)
			wantRest(t, what, mlp(t, restingCurrent(kind, steps, false), 6, "sum", nil), ir.Refractory{Kind: kind, Steps: steps})
			if source := mlp(t, restingCurrent(kind, steps, true), 6, "sum", nil); steps == 1 {
				taken(t, what, source)
			} else {
				wantCells(t, what, source, 6, 2)
			}
		}
	}
}
