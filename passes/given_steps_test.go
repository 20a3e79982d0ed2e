package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// delayedNet returns a layer of neurons on an input and on the same input some steps
// before, in which the steps that have none read 0.
func delayedNet(t *testing.T, c cell, steps, by int) *ir.Net {
	s := newSketch(t)
	x := s.input(4)
	var past, out []*ir.Value
	for step := range steps {
		old := s.like(x, 0)
		if step >= by {
			old = x
		}
		var v *ir.Value
		v, past = c(s, s.op(ir.OpAdd, s.dense(1, 5, x), s.dense(2, 5, old)), past)
		out = append(out, s.dense(3, 3, v))
	}
	return s.output(readoutOf(s, "sum", out))
}

// An input that is delayed beside itself is missing in the first steps; the neurons
// are those of the layer without it.
func TestInputsAreDelayed(t *testing.T) {
	irtest.Long(t)
	for name, c := range map[string]cell{
		"LIF": sjLIF(2, 0), "LIF to a value": sjLIF(2, -0.25), "IF": sjIF14(false), "IF soft": sjIF14(true), "where": whereLIF,
		"next": snnLeaky(false, false),
	} {
		for _, steps := range []int{3, 4, 5, 7} {
			for _, by := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/T=%d/by %d", name, steps, by), func(t *testing.T) {
					plain, err := raisedOf(t, delayedNet(t, c, steps, 0))
					if err != nil {
						t.Fatal(err)
					}
					net, err := raisedOf(t, delayedNet(t, c, steps, by))
					if err != nil {
						t.Fatal(err)
					}
					got, want := net.All(ir.OpNeuron), plain.All(ir.OpNeuron)
					if len(got) != 1 || net.Steps != steps || neuronLine(got[0]) != neuronLine(want[0]) {
						t.Errorf("got %d neurons, %d steps:\n%s", len(got), net.Steps, ir.Print(net, ""))
					}
				})
			}
		}
	}
}

// Where all steps but the last read constants, that one is left; a file of it alone is
// one that forgets its state.
func TestStepsOfConstants(t *testing.T) {
	for first := range 3 {
		s := newSketch(t)
		x := s.input(4)
		var past, out []*ir.Value
		for step := first; step < 3; step++ {
			in := s.like(x, 0)
			if step == 2 {
				in = x
			}
			var v *ir.Value
			v, past = snnLeaky(false, false)(s, s.dense(1, 5, in), past)
			out = append(out, v)
		}
		net := s.output(readoutOf(s, "sum", out))
		got, err := Lower(net, ir.Spiking, "raise-neurons", &Options{}, nil)
		if (err == nil) != (first < 2) {
			t.Fatalf("%d steps of constants: %v", 2-first, err)
		}
		if err == nil {
			same(t, "raise-neurons", net, got)
		}
	}
}

// The steps that differ may be any.
func TestAnInputIsChosenByTheStep(t *testing.T) {
	for odd := range 4 {
		s := newSketch(t)
		x := s.input(4)
		var past, out []*ir.Value
		for step := range 5 {
			in := s.dense(1, 5, x)
			if step == odd {
				in = s.dense(2, 5, x)
			}
			var v *ir.Value
			v, past = sjLIF(2, 0)(s, in, past)
			out = append(out, s.dense(3, 3, v))
		}
		net, err := raisedOf(t, s.output(readoutOf(s, "sum", out)))
		if err != nil || net.Steps != 5 || len(net.All(ir.OpNeuron)) != 1 {
			t.Errorf("step %d: %v", odd, err)
		}
	}
}

// heldLIF resets at the next step, to a value, and the input of that step is lost: h·(1 − s) + v·s.
func heldLIF(leak, to float64, swapped bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		if past == nil {
			past = []*ir.Value{s.like(x, 0), s.like(x, 0)}
		}
		h := s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(leak)), x)
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), past[1])), s.op(ir.OpMul, past[1], s.num(to)))
		a, b := h, s.num(1)
		if swapped {
			a, b = s.op(ir.OpSub, s.num(1), h), s.num(0)
		}
		f := s.spike(ir.GE, a, b)
		if swapped {
			f = s.spike(ir.LE, a, b)
		}
		return f, []*ir.Value{h, f}
	}
}

// A reset to a value at the next step, in which the input is lost, is a reset to zero
// of a neuron whose input is that value then.
func TestAResetHoldsTheInput(t *testing.T) {
	for name, c := range map[string]cell{
		"leaky": heldLIF(0.5, 0.25, false), "without leak": heldLIF(1, -0.5, false), "swapped": heldLIF(0.75, 0.25, true),
	} {
		for _, steps := range []int{2, 3, 5} {
			net, err := raisedOf(t, mlp(t, c, steps, "sum", nil))
			if err != nil || len(net.All(ir.OpNeuron)) != 2 || len(net.All(ir.OpWhere)) != 2 {
				t.Errorf("%s, %d steps: %v", name, steps, err)
			}
		}
	}
}

// The input of a layer may be spikes: of another layer without weights between, or the net's.
func TestAResetHoldsSpikes(t *testing.T) {
	for _, o := range []*Options{{Pixels: &Pixels{Mean: []float64{0}, Std: []float64{1}}}, {InputType: ir.SpikeType(ir.Shape{})}} {
		s := newSketch(t)
		x := s.input(3)
		var first, second, out []*ir.Value
		for range 3 {
			var v *ir.Value
			v, first = heldLIF(0.5, 0.25, false)(s, x, first)
			v, second = heldLIF(1, 0.5, false)(s, v, second)
			out = append(out, v)
		}
		if _, err := Lower(s.output(readoutOf(s, "sum", out)), ir.Fixed, "", o, nil); err != nil {
			t.Error(err)
		}
	}
}

// Frames that do not lie at one distance are chosen by the step: in any order, of all
// steps and of each, the last less that of the step, and delayed beside themselves.
func TestFramesAreChosenByTheStep(t *testing.T) {
	at := func(s *sketch, x *ir.Value, e int) *ir.Value { return s.entries(x, 1, e, 1) }
	for name, frame := range map[string]func(s *sketch, x *ir.Value, step int) *ir.Value{
		"t % 2":      func(s *sketch, x *ir.Value, step int) *ir.Value { return at(s, x, step%2) },
		"t // 2":     func(s *sketch, x *ir.Value, step int) *ir.Value { return at(s, x, step/2) },
		"permuted":   func(s *sketch, x *ir.Value, step int) *ir.Value { return at(s, x, []int{2, 0, 3, 1}[step]) },
		"first":      func(s *sketch, x *ir.Value, step int) *ir.Value { return s.op(ir.OpAdd, at(s, x, 0), at(s, x, step)) },
		"last less":  func(s *sketch, x *ir.Value, step int) *ir.Value { return s.op(ir.OpSub, at(s, x, 3), at(s, x, step)) },
		"from t - 2": func(s *sketch, x *ir.Value, step int) *ir.Value { return at(s, x, max(step-2, 0)) },
		"beside": func(s *sketch, x *ir.Value, step int) *ir.Value {
			old := s.tensor(ir.NewTensor(ir.RealType(ir.ShapeOf(1, 5))))
			if step >= 2 {
				old = at(s, x, step-2)
			}
			return s.op(ir.OpAdd, s.dense(4, 5, at(s, x, step)), s.dense(5, 5, old))
		},
	} {
		net, err := raisedOf(t, framesNet(t, []int{1, 4, 5}, frame))
		if err != nil || net.Steps != 4 || len(net.All(ir.OpNeuron)) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
