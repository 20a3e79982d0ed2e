package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
)

// weighs makes one output of the results of all steps, [1,3] each.
var weighs = map[string]func(s *sketch, steps []*ir.Value, w *ir.Tensor) *ir.Value{
	"row times a concat": func(s *sketch, steps []*ir.Value, w *ir.Tensor) *ir.Value {
		return s.op(ir.OpMatmul, s.tensor(ir.Reals(ir.ShapeOf(1, len(steps)), w.F)), s.typed(ir.OpConcat, ir.AxisAttrs{}, ir.Type{}, steps...))
	},
	"tensordot": func(s *sketch, steps []*ir.Value, w *ir.Tensor) *ir.Value {
		flat := s.reshaped(s.stackAt(0, steps), len(steps), 3)
		return s.reshaped(s.op(ir.OpMatmul, s.tensor(ir.Reals(ir.ShapeOf(1, len(steps)), w.F)), flat), 1, 3)
	},
	"steps last": func(s *sketch, steps []*ir.Value, w *ir.Tensor) *ir.Value {
		return s.reshaped(s.op(ir.OpMatmul, s.stackAt(2, steps), s.tensor(ir.Reals(ir.ShapeOf(len(steps), 1), w.F))), 1, 3)
	},
	"einsum": func(s *sketch, steps []*ir.Value, w *ir.Tensor) *ir.Value {
		order := s.typed(ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 2, 0}}, ir.Type{}, s.stackAt(0, steps))
		return s.reshaped(s.op(ir.OpMatmul, order, s.tensor(ir.Reals(ir.ShapeOf(len(steps), 1), w.F))), 1, 3)
	},
}

func (s *sketch) reshaped(v *ir.Value, shape ...int) *ir.Value {
	return s.typed(ir.OpReshape, ir.ShapeAttrs{Shape: shape}, ir.Type{}, v)
}

// stackAt puts rows [1,3] along a new axis of [1,3] with one more axis.
func (s *sketch) stackAt(axis int, steps []*ir.Value) *ir.Value {
	shape := map[int][]int{0: {1, 1, 3}, 2: {1, 3, 1}}[axis]
	var parts []*ir.Value
	for _, v := range steps {
		parts = append(parts, s.reshaped(v, shape...))
	}
	return s.typed(ir.OpConcat, ir.AxisAttrs{Axis: axis}, ir.Type{}, parts...)
}

// weighedNet is a layer whose steps are weighed; then, on request, it fires on the result.
func weighedNet(t *testing.T, steps int, weigh func(*sketch, []*ir.Value, *ir.Tensor) *ir.Value, fires bool) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	w := ir.NewTensor(ir.RealType(ir.ShapeOf(steps)))
	var past, out []*ir.Value
	for step := range steps {
		var v *ir.Value
		v, past = sjLIF(2, 0)(s, s.dense(1, 6, x), past)
		out = append(out, s.dense(2, 3, v))
		w.F[step] = []float64{0.5, -1, 0.25, 2, 1}[step]
	}
	y := weigh(s, out, w)
	if fires {
		y = s.spike(ir.GE, y, s.num(1))
	}
	return s.output(y)
}

// Weights over the steps may be a matrix product with a stack of them: in every
// spelling it is the sum of the steps, each times its weight.
func TestWeightsOverSteps(t *testing.T) {
	for name, weigh := range weighs {
		for steps := 2; steps <= 5; steps++ {
			t.Run(fmt.Sprintf("%s/T=%d", name, steps), func(t *testing.T) {
				net, err := raisedOf(t, weighedNet(t, steps, weigh, false))
				if err != nil {
					t.Fatal(err)
				}
				if neurons := net.All(ir.OpNeuron); len(neurons) != 1 || net.Steps != steps {
					t.Errorf("%s", ir.Print(net, ""))
				}
			})
		}
	}
}

// A neuron on weighted steps of neurons with a membrane is a parallel one behind such that work step by step:
// the real numbers are those of the file, and integers are refused.
func TestFiresOnWeightedSteps(t *testing.T) {
	for name, weigh := range weighs {
		t.Run(name, func(t *testing.T) {
			net, err := raisedOf(t, weighedNet(t, 4, weigh, true))
			if err != nil {
				t.Fatal(err)
			}
			if neurons := net.All(ir.OpNeuron); len(neurons) != 1 || net.Steps != 4 {
				t.Errorf("%s", ir.Print(net, ""))
			}
			_, err = Lower(net, ir.Fixed, "", &Options{Pixels: &Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}}, nil)
			if list := diag.Of(err); len(list) != 1 || !strings.Contains(list[0].Help, "a parallel spiking neuron (PSN)") {
				t.Errorf("got %v", err)
			}
		})
	}
}
