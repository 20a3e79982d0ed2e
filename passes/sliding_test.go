package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
)

// slidingNet is two layers of sliding parallel spiking neurons: of each step, of that before, and so on to width − 1
// steps before, each times a weight that is the same in every step.
func slidingNet(t *testing.T, shape []int, steps, width int, weight func(step, past int) float64) *ir.Net {
	s := newSketch(t)
	x, err := s.b.Input("x", ir.RealType(ir.ShapeOf(shape...)), ir.InputAttrs{})
	if err != nil {
		t.Fatal(err)
	}
	w := ir.NewTensor(ir.RealType(ir.ShapeOf(steps, steps)))
	for step := range steps {
		for past := range min(width, step+1) {
			w.F[step*steps+step-past] = weight(step, past)
		}
	}
	if len(shape) > 2 && shape[0] == 1 {
		x = s.typed(ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 0, 2}}, ir.Type{}, x)
	}
	v := s.reshaped(x, steps, 5)
	for i, neurons := range []int{6, 3} {
		v = s.op(ir.OpMatmul, s.tensor(w), s.dense(1+i, neurons, v))
		v = s.typed(ir.OpCast, nil, v.Type, s.spike(ir.GE, v, s.num(0.25)))
	}
	return s.output(s.typed(ir.OpReduceSum, ir.ReduceAttrs{Axes: []int{0}}, ir.Type{}, v))
}

// Sliding parallel neurons with a frame for each step become one step with delays, which computes what all steps
// together do; where a weight is another one in a step (masked neurons), all stay together.
func TestSlidingNeuronsAreDelays(t *testing.T) {
	sliding := func(_, past int) float64 { return []float64{1.25, -0.375, 0.75, 0.5, -0.875}[past] }
	masked := func(step, past int) float64 { return sliding(step, past) + float64(step)/8 }
	for _, shape := range [][]int{{4, 1, 5}, {6, 1, 5}, {1, 6, 5}, {8, 1, 5}} {
		steps := max(shape[0], shape[1])
		for _, width := range []int{2, 3, 4, 5} {
			t.Run(fmt.Sprint(shape, " ", width), func(t *testing.T) {
				net := slidingNet(t, shape, steps, width, sliding)
				out, err := Lower(net, ir.Spiking, "", &Options{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if x := out.All(ir.OpInput)[0]; out.Steps != steps || x.Type.Size() != 5 {
					t.Errorf("%d steps of %v, wanted %d of 5 numbers", out.Steps, x.Type.Shape, steps)
				}
				sameFrames(t, net, out)
				out, err = Lower(slidingNet(t, shape, steps, width, masked), ir.Spiking, "", &Options{}, nil)
				if err != nil || out.Steps != 1 {
					t.Errorf("%v: weights of each step are taken for those of all", err)
				}
			})
		}
	}
}

// A parallel neuron on an input that is the same in all steps multiplies it by the sum of a step's weights; its spikes are
// given to neurons with a state step by step, also where a step compares with 0 and weights are −1 or cancel each other.
func TestParallelNeuronsOfOneInput(t *testing.T) {
	for name, w := range map[string][]float64{
		"any":     {0.5, -0.25, 1, 2, 1.25, 0.25, 0.75, 0.5, 1},
		"takes 1": {0.5, 0.25, -1, 2, -1, 0.5, 0.75, 0.5, -1},
		"masked":  {0.5, 0, 0, 2, -1.25, 0, 0.75, 0.5, -1.75},
		"silent":  {0.5, 0.5, -1, 2, -1, 0.5, 0, 0.5, 0.25},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSketch(t)
			c := s.reshaped(s.dense(1, 6, s.input(5)), 1, 6)
			mixed := s.op(ir.OpMatmul, s.tensor(ir.Reals(ir.ShapeOf(3, 3), w)), s.typed(ir.OpConcat, ir.AxisAttrs{}, ir.Type{}, c, c, c))
			fires := s.spike(ir.GE, mixed, s.tensor(ir.Reals(ir.ShapeOf(3, 1), []float64{0, -0.5, 0.25})))
			var past, out []*ir.Value
			for step := range 3 {
				var v *ir.Value
				v, past = sjLIF(2, 0)(s, s.dense(2, 4, s.entries(fires, 0, step, 1)), past)
				out = append(out, s.dense(3, 3, v))
			}
			net := s.output(readoutOf(s, "sum", out))
			got, err := Lower(net, ir.Spiking, "", &Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Steps != 3 && name != "silent" { // a step whose weights add up to 0 is a constant
				t.Errorf("%d steps, wanted 3", got.Steps)
			}
			same(t, "all", net, got)
		})
	}
}
