package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// made is a neuron with a leak of a half, by the functions of its spike and its reset.
func made(fire func(s *sketch, h *ir.Value) *ir.Value, left func(s *sketch, h, z *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := x
		if past != nil {
			h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.5)), x)
		}
		z := fire(s, h)
		return z, []*ir.Value{left(s, h, z)}
	}
}

// leaking is a neuron that keeps its last spike besides, which may decide its leak or its spike.
func leaking(leak func(s *sketch, m, last *ir.Value) *ir.Value, fire func(s *sketch, h, last *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		m, last := s.like(x, 0), s.like(x, 0)
		if past != nil {
			m, last = past[0], past[1]
		}
		h := s.op(ir.OpAdd, leak(s, m, last), x)
		z := fire(s, h, last)
		return z, []*ir.Value{timesRest(s, h, z), z}
	}
}

func above(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GT, h, s.num(1)) }

func aboveAlone(s *sketch, h, _ *ir.Value) *ir.Value { return above(s, h) }

func half(s *sketch, m, _ *ir.Value) *ir.Value { return s.op(ir.OpMul, m, s.num(0.5)) }

func asNumber(s *sketch, v *ir.Value) *ir.Value {
	return s.typed(ir.OpCast, nil, ir.RealType(v.Type.Shape), v)
}

// within is 1 where the membrane is between two bounds.
func within(s *sketch, h *ir.Value) *ir.Value {
	return asNumber(s, s.op(ir.OpAnd, s.compare(ir.GT, h, s.num(0.75)), s.compare(ir.LT, h, s.num(1.5))))
}

// outOf is 1 where the membrane is outside of two bounds.
func outOf(s *sketch, h *ir.Value) *ir.Value {
	return asNumber(s, s.op(ir.OpOr, s.compare(ir.GT, h, s.num(1)), s.compare(ir.LT, h, s.num(-0.5))))
}

func bothSides(s *sketch, h *ir.Value) *ir.Value {
	return s.spike(ir.GT, s.function(ir.FnAbs, h), s.num(1))
}

func timesRest(s *sketch, h, z *ir.Value) *ir.Value {
	return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), z))
}

func zeroBehind(s *sketch, h, z *ir.Value) *ir.Value {
	return s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.like(h, 0), h)
}

func lessSpike(s *sketch, h, z *ir.Value) *ir.Value { return s.op(ir.OpSub, h, z) }

// floorOutside is the membrane behind its reset, and not less than a bound.
func floorOutside(s *sketch, h, z *ir.Value) *ir.Value {
	return s.op(ir.OpWhere, s.compare(ir.LT, h, s.num(-0.25)), s.like(h, -0.25), lessSpike(s, h, z))
}

func floorInside(s *sketch, h, z *ir.Value) *ir.Value {
	floor := s.op(ir.OpWhere, s.compare(ir.LT, h, s.num(-0.25)), s.like(h, -0.25), h)
	return s.op(ir.OpWhere, s.compare(ir.GT, h, s.num(1)), lessSpike(s, h, z), floor)
}

// Neurons that are odd by when they fire, by their reset, or by the decision of their leak are taken. Where the
// steps show too little of a layer, each of them is a layer of its own.
func TestOddSpikesAreTaken(t *testing.T) {
	irtest.Long(t)
	for name, c := range map[string]cell{
		"within, set to zero":     made(within, zeroBehind),
		"within, times":           made(within, timesRest),
		"out of, set to zero":     made(outOf, zeroBehind),
		"both sides, set to zero": made(bothSides, zeroBehind),
		"both sides, times":       made(bothSides, timesRest),
		"half a spike, times":     made(func(s *sketch, h *ir.Value) *ir.Value { return s.op(ir.OpMul, above(s, h), s.num(0.5)) }, timesRest),
		"floor outside":           made(above, floorOutside),
		"floor inside":            made(above, floorInside),
		"leak by membrane": leaking(func(s *sketch, m, _ *ir.Value) *ir.Value {
			return s.op(ir.OpMul, m, s.op(ir.OpAdd, s.op(ir.OpMul, s.spike(ir.GT, m, s.num(0)), s.num(0.25)), s.num(0.5)))
		}, aboveAlone),
		"leak by spike": leakingOnce(func(s *sketch, m, last *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, s.compare(ir.GT, last, s.num(0)), s.op(ir.OpMul, m, s.num(0.25)), s.op(ir.OpMul, m, s.num(0.5)))
		}),
		"leak times spike": leakingOnce(func(s *sketch, m, last *ir.Value) *ir.Value {
			return s.op(ir.OpMul, m, s.op(ir.OpSub, s.num(0.5), s.op(ir.OpMul, last, s.num(0.25))))
		}),
	} {
		for _, steps := range []int{3, 5} {
			taken(t, fmt.Sprintf("%s, %d steps", name, steps), mlp(t, c, steps, "sum", nil))
		}
	}
}

// leakingOnce takes a spike off.
func leakingOnce(leak func(s *sketch, m, last *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		m, last := s.like(x, 0), s.like(x, 0)
		if past != nil {
			m, last = past[0], past[1]
		}
		h := s.op(ir.OpAdd, leak(s, m, last), x)
		z := above(s, h)
		return z, []*ir.Value{lessSpike(s, h, z), z}
	}
}

// Three steps of a refractory period are computed as they are written; those that fire on both sides are cells.
func TestOddSpikesInThreeSteps(t *testing.T) {
	net, err := raisedOf(t, mlp(t, refractoryCell, 3, "sum", nil))
	if err != nil || net.Steps != 1 || len(net.All(ir.OpNeuron)) == 0 {
		t.Errorf("refractory: got %v", err)
	}
	wantCells(t, "both sides", mlp(t, made(bothSides, timesRest), 3, "sum", nil), 3, 2)
}
