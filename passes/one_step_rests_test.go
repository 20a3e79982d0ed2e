package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/passes/raise"
)

// lastSpike is a neuron that reads its spike of the step before, and resets as said.
func lastSpike(step func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value), reset func(s *sketch, h, z *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v, last := s.like(x, 0), s.like(x, 0)
		if past != nil {
			v, last = past[0], past[1]
		}
		h, z := step(s, v, x, last)
		return z, []*ir.Value{reset(s, h, z), z}
	}
}

func leaks(s *sketch, v, x *ir.Value) *ir.Value {
	return s.op(ir.OpAdd, s.op(ir.OpMul, v, s.num(0.75)), x)
}

func noReset(_ *sketch, h, _ *ir.Value) *ir.Value { return h }

// restsOnce are the ways of people to let a neuron rest for the step behind a spike.
var restsOnce = map[string]struct {
	kind ir.Rest
	step func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value)
}{
	"hold, choice": {ir.RestHold, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = s.op(ir.OpWhere, s.compare(ir.GT, last, s.num(0)), v, leaks(s, v, x))
		return h, timesRest(s, above(s, h), last)
	}},
	"hold, product": {ir.RestHold, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = s.op(ir.OpAdd, s.op(ir.OpMul, last, v), timesRest(s, leaks(s, v, x), last))
		return h, timesRest(s, above(s, h), last)
	}},
	"drive, choice": {ir.RestDrive, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = leaks(s, v, s.op(ir.OpWhere, s.compare(ir.GT, last, s.num(0)), s.like(x, 0), x))
		return h, above(s, h)
	}},
	"drive, product": {ir.RestDrive, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = leaks(s, v, timesRest(s, x, last))
		return h, above(s, h)
	}},
	"spike, product": {ir.RestSpike, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = leaks(s, v, x)
		return h, timesRest(s, above(s, h), last)
	}},
	"spike, choice": {ir.RestSpike, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = leaks(s, v, x)
		return h, s.op(ir.OpWhere, s.compare(ir.EQ, last, s.num(1)), s.like(x, 0), above(s, h))
	}},
	"leak": {ir.RestLeak, func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = leaks(s, v, timesRest(s, x, last))
		return h, timesRest(s, above(s, h), last)
	}},
}

// A rest of one step is the spike of the step before, which is read as a number or is asked for.
func TestRestsOfOneStep(t *testing.T) {
	resets := map[string]func(s *sketch, h, z *ir.Value) *ir.Value{"zero": timesRest, "choice": zeroBehind, "subtract": lessSpike, "none": noReset}
	for name, rest := range restsOnce {
		for reset, take := range resets {
			if rest.kind != ir.RestSpike && (reset == "zero" || reset == "choice") {
				continue // the membrane is 0 where the neuron rests: other kinds are the same
			}
			for _, steps := range []int{4, 6} {
				net := mlp(t, lastSpike(rest.step, take), steps, "sum", nil)
				wantRest(t, fmt.Sprintf("%s, %s, %d steps", name, reset, steps), net, ir.Refractory{Kind: rest.kind, Steps: 1})
			}
		}
	}
}

// A reset by a comparison that no rest holds back, and membranes that a spike halves or sets, are no rests of a
// neuron, and compute as before.
func TestNoRestsOfOneStep(t *testing.T) {
	gated := func(s *sketch, h, last *ir.Value) *ir.Value { return timesRest(s, above(s, h), last) }
	choice := func(of func(s *sketch, v *ir.Value) *ir.Value) cell {
		return lastSpike(func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
			h = s.op(ir.OpWhere, s.compare(ir.GT, last, s.num(0)), of(s, v), leaks(s, v, x))
			return h, gated(s, h, last)
		}, lessSpike)
	}
	drive := func(part float64) cell {
		return lastSpike(func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
			h = leaks(s, v, s.op(ir.OpMul, x, s.op(ir.OpSub, s.num(1), s.op(ir.OpMul, last, s.num(part)))))
			return h, gated(s, h, last)
		}, lessSpike)
	}
	spikes := func(s *sketch, v, x, last *ir.Value) (h, z *ir.Value) {
		h = leaks(s, v, x)
		return h, gated(s, h, last)
	}
	for name, c := range map[string]cell{
		"reset by all":     lastSpike(spikes, func(s *sketch, h, _ *ir.Value) *ir.Value { return lessSpike(s, h, above(s, h)) }),
		"set to a value":   choice(func(s *sketch, v *ir.Value) *ir.Value { return s.like(v, -0.25) }),
		"half is held":     choice(func(s *sketch, v *ir.Value) *ir.Value { return s.op(ir.OpMul, v, s.num(0.5)) }),
		"half comes in":    drive(0.5),
		"twice as much":    drive(-1),
		"silence is reset": lastSpike(spikes, func(s *sketch, h, z *ir.Value) *ir.Value { return s.op(ir.OpMul, h, z) }),
	} {
		taken(t, name, mlp(t, c, 6, "sum", nil))
	}
}

// A rest of one step behind a reset that takes a constant is the spike before, which no neuron need
// keep; the membrane may start anywhere.
func TestRestOfOneStep(t *testing.T) {
	c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h, z := s.like(x, -0.25), s.like(x, 0)
		if past != nil {
			h, z = past[0], past[1]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.75)), x)
		z = s.typed(ir.OpCast, nil, x.Type, s.op(ir.OpAndNot, s.compare(ir.GT, h, s.num(1)), s.compare(ir.GT, z, s.num(0))))
		return z, []*ir.Value{lessSpike(s, h, z), z}
	}
	source := mlp(t, c, 6, "sum", nil)
	net, err := lowered(t, source)
	if err != nil {
		t.Fatal(err)
	}
	if silent := raise.SilentStarts(net); len(silent) > 0 {
		t.Errorf("%d layers start from silence", len(silent))
	}
	same(t, "one step", source, net)
}

// restsByCount is a neuron that counts the steps up, or down, since a spike, and rests for so many; its
// threshold adapts, and the reset takes it.
func restsByCount(kind ir.Rest, rest float64, up bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v, a, count := s.like(x, 0), s.like(x, 0), s.like(x, 0)
		if up {
			count = s.like(x, 9)
		}
		if past != nil {
			v, a, count = past[0], past[1], past[2]
		}
		awake := s.compare(ir.LE, count, s.num(0))
		if up {
			awake = s.compare(ir.GE, count, s.num(rest))
		}
		number := s.typed(ir.OpCast, nil, x.Type, awake)
		if kind.DropsDrive() {
			x = s.op(ir.OpMul, x, number)
		}
		h := leaks(s, v, x)
		if kind == ir.RestHold {
			h = s.op(ir.OpAdd, timesRest(s, v, number), s.op(ir.OpMul, number, h))
		}
		threshold := s.op(ir.OpAdd, a, s.num(1))
		f := s.compare(ir.GE, h, threshold)
		if kind.DropsSpike() {
			f = s.op(ir.OpAnd, f, awake)
		}
		z := s.typed(ir.OpCast, nil, x.Type, f)
		next := s.function(ir.FnRelu, s.op(ir.OpSub, count, s.num(1)))
		next = s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.like(x, rest), next)
		if up {
			next = timesRest(s, s.op(ir.OpAdd, count, s.num(1)), z)
		}
		a = s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.75)), s.op(ir.OpMul, z, s.num(0.5)))
		return z, []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, z, threshold)), a, next}
	}
}

// A count stands beside a threshold that adapts and is taken by the reset; one of one step is the spike
// of the step before, in any number of steps.
func TestCountsBesideThresholds(t *testing.T) {
	for _, kind := range []ir.Rest{ir.RestHold, ir.RestDrive, ir.RestSpike, ir.RestLeak} {
		for rest := 1; rest <= 3; rest++ {
			for _, up := range []bool{false, true} {
				what := fmt.Sprintf("%v, %d, up %v", kind, rest, up)
				want := ir.Refractory{Kind: kind, Steps: rest}
				wantRest(t, what, mlp(t, restsByCount(kind, float64(rest), up), 6, "sum", nil), want)
				if rest == 1 {
					wantRest(t, what+", long", mlp(t, restsByCount(kind, 1, up), 24, "sum", nil), want)
				}
			}
		}
	}
}
