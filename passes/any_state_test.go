package passes

import (
	"strings"
	"testing"

	"nomul/ir"
)

// adaptingBy is a neuron whose threshold grows with its spikes, in one way to write that.
func adaptingBy(fires func(s *sketch, h, a *ir.Value) *ir.Value, reset func(s *sketch, h, f *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h, a := s.like(x, 0), s.like(x, 0)
		if past != nil {
			h, a = past[0], past[1]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
		f := fires(s, h, a)
		a = s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.75)), s.op(ir.OpMul, f, s.num(0.25)))
		return f, []*ir.Value{reset(s, h, f), a}
	}
}

// differences are the ways to compare a membrane with a threshold of two parts.
var differences = map[string]func(s *sketch, h, a *ir.Value) *ir.Value{
	"h - a > 1":       func(s *sketch, h, a *ir.Value) *ir.Value { return above(s, s.op(ir.OpSub, h, a)) },
	"h - (1 + a) > 0": func(s *sketch, h, a *ir.Value) *ir.Value { return aboveZero(s, overThreshold(s, h, a)) },
	"2(h - (1+a)) > 0": func(s *sketch, h, a *ir.Value) *ir.Value {
		return aboveZero(s, s.op(ir.OpMul, overThreshold(s, h, a), s.num(2)))
	},
	"(h - (1+a))/2 > 0": func(s *sketch, h, a *ir.Value) *ir.Value {
		return aboveZero(s, s.op(ir.OpDiv, overThreshold(s, h, a), s.num(2)))
	},
	"(h - a) - 1 > 0": func(s *sketch, h, a *ir.Value) *ir.Value {
		return aboveZero(s, s.op(ir.OpSub, s.op(ir.OpSub, h, a), s.num(1)))
	},
}

func aboveZero(s *sketch, v *ir.Value) *ir.Value { return s.spike(ir.GT, v, s.num(0)) }

func overThreshold(s *sketch, h, a *ir.Value) *ir.Value {
	return s.op(ir.OpSub, h, s.op(ir.OpAdd, s.num(1), a))
}

// Steps of which no membrane makes the next are folded by the values that repeat in them, and are as they were.
func TestStepsOfAnyState(t *testing.T) {
	for name, fires := range differences {
		for steps := 4; steps <= 8; steps++ {
			net, err := raisedOf(t, mlp(t, adaptingBy(fires, lessSpike), steps, "mean", nil))
			if err != nil || net.Steps != steps || len(net.All(ir.OpCompare)) > 0 {
				t.Errorf("%s, %d steps: %v", name, steps, err)
			}
		}
	}
}

// Neurons that excite and inhibit each other: the last step does not update the inhibition, and the first
// one may lack its current, with the bias of its weights.
func TestInhibition(t *testing.T) {
	for _, lacks := range []bool{false, true} {
		for steps := 4; steps <= 7; steps++ {
			net, err := raisedOf(t, inhibited(t, steps, lacks, nil))
			if err != nil || net.Steps != steps || len(net.All(ir.OpNeuron)) != 2 {
				t.Errorf("lacks %v, %d steps: %v", lacks, steps, err)
			}
		}
	}
}

// A step of such neurons that does something else is refused, but for the first, whose input may be another.
func TestInhibitionOfOddStep(t *testing.T) {
	const steps = 6
	for odd := 1; odd < steps; odd++ {
		_, err := raisedOf(t, inhibited(t, steps, true, func(s *sketch, step int, v *ir.Value) *ir.Value {
			if step == odd {
				return s.op(ir.OpMul, v, s.num(0.5))
			}
			return v
		}))
		if err == nil {
			t.Errorf("step %d was taken", odd)
		}
	}
}

func inhibited(t *testing.T, steps int, lacks bool, change func(s *sketch, step int, v *ir.Value) *ir.Value) *ir.Net {
	s := newSketch(t)
	current := s.dense(1, 6, s.input(5))
	var excited, inhibiting []*ir.Value
	var z *ir.Value
	var out []*ir.Value
	for step := range steps {
		x := current
		switch {
		case z != nil:
			x = s.op(ir.OpSub, x, s.dense(4, 6, z))
		case !lacks:
			x = s.op(ir.OpSub, x, s.dense(4, 6, s.like(s.dense(2, 3, current), 0)))
		}
		if change != nil {
			x = change(s, step, x)
		}
		z, excited = sjLIF(2, 0)(s, x, excited)
		out = append(out, s.dense(3, 3, z))
		z, inhibiting = whereLIF(s, s.dense(2, 3, z), inhibiting)
	}
	return s.output(readoutOf(s, "mean", out))
}

// Steps with a threshold each are refused for that, and not as a neuron of another kind.
func TestThresholdOfEachStep(t *testing.T) {
	for name, threshold := range map[string]func(step int) float64{
		"all":  func(step int) float64 { return 1 + float64(step)/8 },
		"last": func(step int) float64 { return 1 - float64(step/5)/2 },
	} {
		change := func(_, step int) cell {
			return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h := x
				if past != nil {
					h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.5)), x)
				}
				f := s.spike(ir.GT, h, s.num(threshold(step)))
				return f, []*ir.Value{s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f))}
			}
		}
		_, err := Lower(mlp(t, nil, 6, "sum", change), ir.Spiking, "", &Options{}, nil)
		if err == nil || !strings.Contains(err.Error(), "compares with another threshold") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
