package passes

import (
	"testing"

	"nomul/ir"
)

// firesOnOld is a leaky neuron that compares the membrane it has stored, and then
// takes in its input.
func firesOnOld(reset ir.Reset) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v := s.like(x, 0)
		if past != nil {
			v = past[0]
		}
		f, left := s.spike(ir.GE, v, s.num(0.75)), v
		switch reset {
		case ir.ResetSubtract:
			left = s.op(ir.OpSub, v, s.op(ir.OpMul, f, s.num(0.75)))
		case ir.ResetZero:
			left = s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), v)
		}
		return f, []*ir.Value{s.op(ir.OpAdd, s.op(ir.OpMul, left, s.num(0.5)), x)}
	}
}

// A neuron that fires on the old membrane is known by its unrolled steps, on an
// input that stays and on frames.
func TestFiresOnOldMembrane(t *testing.T) {
	for _, reset := range []ir.Reset{ir.ResetNone, ir.ResetSubtract, ir.ResetZero} {
		for steps := 4; steps <= 6; steps++ {
			net, err := raise(t, mlp(t, firesOnOld(reset), steps, "sum", nil))
			if err != nil {
				t.Errorf("%v, T=%d: %v", reset, steps, err)
			} else if neurons := net.All(ir.OpNeuron); len(neurons) != 2 {
				t.Errorf("%v, T=%d: %d neurons\n%s", reset, steps, len(neurons), ir.Print(net, ""))
			}
		}
		net := framesOf4(t, []int{1, 4, 5}, firesOnOld(reset), func(s *sketch, x *ir.Value, t int) *ir.Value { return s.entries(x, 1, t, 1) })
		out, err := Lower(net, ir.Spiking, "", &Options{}, nil)
		if err != nil {
			t.Errorf("%v, frames: %v", reset, err)
			continue
		}
		sameFrames(t, net, out)
	}
}

// A layer without reset, leaky or not, of which only the last step's spikes are read, is
// compared in no other step; it fires in all of them.
func TestLastSpikesWithoutReset(t *testing.T) {
	for _, leak := range []float64{1, 0.5} {
		for steps := 3; steps <= 5; steps++ {
			s := newSketch(t)
			x := s.input(4)
			var past []*ir.Value
			var h *ir.Value
			for range steps {
				var f *ir.Value
				f, past = sjIF14(false)(s, s.dense(1, 5, x), past)
				in := s.dense(2, 3, f)
				switch {
				case h == nil:
					h = in
				case leak == 1:
					h = s.op(ir.OpAdd, h, in)
				default:
					h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(leak)), in)
				}
			}
			net, err := raise(t, s.output(s.spike(ir.GT, h, s.num(0.25))))
			if err != nil {
				t.Errorf("leak %v, T=%d: %v", leak, steps, err)
			} else if neurons := net.All(ir.OpNeuron); len(neurons) != 2 || net.Steps != steps || neurons[1].Attrs.(ir.NeuronAttrs).Reset != ir.ResetNone {
				t.Errorf("leak %v, T=%d:\n%s", leak, steps, ir.Print(net, ""))
			}
		}
	}
}
