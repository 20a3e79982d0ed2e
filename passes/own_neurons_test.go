package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
	"nomul/passes/unsupported"
)

// ownCell is a neuron as people write it by hand: a leak of half, a spike, a reset at once.
func ownCell(spike func(s *sketch, h *ir.Value) *ir.Value, reset func(s *sketch, h, f *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := s.like(x, 0)
		if past != nil {
			h = past[0]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
		f := spike(s, h)
		return f, []*ir.Value{reset(s, h, f)}
	}
}

// ratios are spikes of a membrane with constants about it, which no rule takes out, since float32
// rounds the results.
var ratios = map[string]func(s *sketch, h *ir.Value) *ir.Value{
	"h/0.8": func(s *sketch, h *ir.Value) *ir.Value {
		return s.spike(ir.GT, s.op(ir.OpDiv, h, s.num(0.8)), s.num(1.25))
	},
	"1.25h": func(s *sketch, h *ir.Value) *ir.Value {
		return s.spike(ir.GE, s.op(ir.OpMul, h, s.num(1.25)), s.num(1.25))
	},
	"h+0.25": func(s *sketch, h *ir.Value) *ir.Value {
		return s.spike(ir.GT, s.op(ir.OpAdd, h, s.num(0.25)), s.num(1.25))
	},
	"0.25-h": func(s *sketch, h *ir.Value) *ir.Value {
		return s.spike(ir.LT, s.op(ir.OpSub, s.num(0.25), h), s.num(-0.75))
	},
	"h/thr, w": func(s *sketch, h *ir.Value) *ir.Value {
		return s.spike(ir.GT, s.op(ir.OpDiv, h, s.like(h, 0.75)), s.num(1))
	},
}

// A reset may ask for the spike where the spike is of a multiple of the membrane.
func TestRatioAskedAgain(t *testing.T) {
	resets := map[string]func(s *sketch, h, f *ir.Value) *ir.Value{
		"zero": func(s *sketch, h, f *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, s.compare(ir.LT, f, s.num(1)), h, s.like(h, 0))
		},
		"subtract": func(s *sketch, h, f *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, s.compare(ir.GT, f, s.num(0)), s.op(ir.OpSub, h, s.num(1)), h)
		},
	}
	for name, spike := range ratios {
		for kind, reset := range resets {
			wantReset(t, name+", where "+kind, mlp(t, ownCell(spike, reset), 4, "sum", nil), kind)
		}
		keeps := func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)) }
		wantReset(t, name+", keep", mlp(t, ownCell(spike, keeps), 4, "sum", nil), "zero")
	}
}

// Spikes of 1 and −1 may begin as a number that is neither, which takes something else away
// in the first step.
func TestSignedSpikesKept(t *testing.T) {
	for _, first := range []float64{0, 1, -1, 0.25} {
		for _, leak := range []float64{0.5, 1} {
			for _, layers := range []int{1, 2} {
				c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
					h, f := s.like(x, 0), s.like(x, first)
					if past != nil {
						h, f = past[0], past[1]
					}
					h = s.op(ir.OpSub, s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(leak)), x), f)
					f = s.op(ir.OpSub, s.op(ir.OpMul, s.spike(ir.GT, h, s.num(0.5)), s.num(2)), s.num(1))
					return f, []*ir.Value{h, f}
				}
				low, err := lowered(t, layersOf(t, c, layers))
				if err != nil {
					t.Errorf("first %v, leak %v, %d layers: %v", first, leak, layers, err)
					continue
				}
				if neurons := low.All(ir.OpNeuron); len(neurons) != layers {
					t.Errorf("first %v, leak %v: %d layers became %d", first, leak, layers, len(neurons))
				}
			}
		}
	}
}

// layersOf is a network of layers of a neuron in five steps.
func layersOf(t *testing.T, c cell, layers int) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	past := make([][]*ir.Value, layers)
	var out []*ir.Value
	for range 5 {
		v := x
		for layer := range past {
			v, past[layer] = c(s, s.dense(layer+1, 6, v), past[layer])
		}
		out = append(out, s.dense(9, 3, v))
	}
	return s.output(readoutOf(s, "sum", out))
}

// A neuron may fire, and be reset, where its membrane is low.
func TestSilenceResets(t *testing.T) {
	for _, is := range []ir.Compare{ir.LE, ir.LT} {
		for name, reset := range map[string]func(s *sketch, h, f *ir.Value) *ir.Value{
			"keep": func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)) },
			"where": func(s *sketch, h, f *ir.Value) *ir.Value {
				return s.op(ir.OpWhere, s.compare(ir.GT, f, s.num(0)), s.like(h, 0), h)
			},
			"bool": func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.spike(ir.EQ, f, s.num(0))) },
		} {
			spike := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(is, h, s.num(0.5)) }
			wantReset(t, fmt.Sprintf("%s, %v", name, is), mlp(t, ownCell(spike, reset), 4, "sum", nil), "zero")
		}
	}
}

// adapting is a neuron with a threshold that adapts, written as h − a > 1.
func adapting(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	h, a := s.like(x, 0), s.like(x, 0)
	if past != nil {
		h, a = past[0], past[1]
	}
	h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
	f := s.spike(ir.GT, s.op(ir.OpSub, h, a), s.num(1))
	a = s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.875)), s.op(ir.OpMul, f, s.num(0.125)))
	return f, []*ir.Value{s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)), a}
}

// A neuron that was not recognised in few steps is told, the first of equal layers alone; more steps show it.
func TestUnfoldedNeuronIsTold(t *testing.T) {
	irtest.Long(t)
	pixels := &Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}
	for steps, want := range map[int]int{3: 1, 25: 0} {
		var told diag.List
		o := &Options{Pixels: pixels, Tell: func(d *diag.Diagnostic) { told = append(told, d) }}
		if _, err := Lower(mlp(t, adapting, steps, "sum", nil), ir.Fixed, "", o, nil); err != nil {
			t.Errorf("%d steps: %v", steps, err)
		}
		for _, d := range told {
			if !strings.HasPrefix(d.Message, fmt.Sprintf("the %d layers %%lif1, %%lif3 … ", steps)) || !strings.Contains(d.Message, "a sum of its own spikes") {
				t.Errorf("%d steps: %v", steps, d)
			}
		}
		if len(told) != want {
			t.Errorf("%d steps: %d told", steps, len(told))
		}
	}
}

// A neuron that multiplies its membrane by a number that its spikes make is told as such, in few steps and in many.
func TestProductOfStateIsTold(t *testing.T) {
	multiplying := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h, q := s.like(x, 0), s.like(x, 0)
		if past != nil {
			h, q = past[0], past[1]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(0.75), q)), x)
		f := s.spike(ir.GT, s.op(ir.OpSub, h, q), s.num(1))
		return f, []*ir.Value{h, s.op(ir.OpAdd, s.op(ir.OpMul, q, s.num(0.875)), s.op(ir.OpMul, f, s.num(0.125)))}
	}
	for _, steps := range []int{4, 12} {
		_, err := Lower(mlp(t, multiplying, steps, "sum", nil), ir.Fixed, "", &Options{Pixels: &Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}}, nil)
		want := fmt.Sprintf("the %d layers %%lif1, %%lif2 … %%lif%d are steps of %s", steps, steps, unsupported.Product.What)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d steps: %v", steps, err)
		}
	}
}

// A spike of the magnitude of the membrane, which a reset asks for again, is that of a cell; a square is refused.
func TestFunctionsAskedAgain(t *testing.T) {
	reset := func(s *sketch, h, f *ir.Value) *ir.Value {
		return s.op(ir.OpWhere, s.compare(ir.GT, f, s.num(0)), s.like(h, 0), h)
	}
	magnitude := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GT, s.function(ir.FnAbs, h), s.num(1)) }
	wantCells(t, "abs", mlp(t, ownCell(magnitude, reset), 4, "sum", nil), 4, 2)
	square := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GT, s.op(ir.OpMul, h, h), s.num(1)) }
	if _, err := raisedOf(t, mlp(t, ownCell(square, reset), 4, "sum", nil)); err == nil || strings.Count(err.Error(), "a quadratic neuron") != 2 {
		t.Errorf("square: %v", err)
	}
}

// Spikes with a sign that a reset takes away are those of one cell, however they are written,
// also where the reset comes in the next step, and in two sizes.
func TestSignedSpikesAreOfOneCell(t *testing.T) {
	irtest.Long(t)
	up := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GT, h, s.num(1)) }
	down := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.LT, h, s.num(-1)) }
	choice := func(size float64) func(s *sketch, h *ir.Value) *ir.Value {
		return func(s *sketch, h *ir.Value) *ir.Value {
			inner := s.op(ir.OpWhere, s.compare(ir.LT, h, s.num(-1)), s.num(-size), s.like(h, 0))
			return s.op(ir.OpWhere, s.compare(ir.GT, h, s.num(1)), s.num(1), inner)
		}
	}
	for name, fire := range map[string]func(s *sketch, h *ir.Value) *ir.Value{
		"difference": func(s *sketch, h *ir.Value) *ir.Value { return s.op(ir.OpSub, up(s, h), down(s, h)) },
		"turned": func(s *sketch, h *ir.Value) *ir.Value {
			return s.op(ir.OpNeg, s.op(ir.OpSub, down(s, h), up(s, h)))
		},
		"choice": choice(1), "two sizes": choice(0.5),
	} {
		for _, late := range []bool{false, true} {
			c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h, z := s.like(x, 0), s.like(x, 0)
				if past != nil {
					h, z = past[0], past[1]
				}
				h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
				if late {
					h = s.op(ir.OpSub, h, z)
				}
				z = fire(s, h)
				if late {
					return z, []*ir.Value{h, z}
				}
				return z, []*ir.Value{s.op(ir.OpSub, h, z), z}
			}
			for _, steps := range []int{3, 5} {
				low, err := raisedOf(t, mlp(t, c, steps, "sum", nil))
				if err != nil {
					t.Errorf("%s, late %v, %d steps: %v", name, late, steps, err)
					continue
				}
				if got := len(low.All(ir.OpCell)); got != 2 || low.Steps != steps {
					t.Errorf("%s, late %v, %d steps: %d cells in %d steps", name, late, steps, got, low.Steps)
				}
			}
		}
	}
}

// A neuron is folded from the steps on that show its state; it is told before, and never taken for one that
// has two.
func TestAdaptiveNeuronInAnySteps(t *testing.T) {
	irtest.Long(t)
	resets := map[string]func(s *sketch, h, f *ir.Value) *ir.Value{
		"none":     func(_ *sketch, h, _ *ir.Value) *ir.Value { return h },
		"subtract": func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpSub, h, f) },
		"zero":     func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)) },
	}
	for name, reset := range resets {
		for steps := 3; steps <= 6; steps++ {
			c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h, a := s.like(x, 0), s.like(x, 0)
				if past != nil {
					h, a = past[0], past[1]
				}
				h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
				f := s.spike(ir.GT, s.op(ir.OpSub, h, a), s.num(1))
				a = s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.75)), s.op(ir.OpMul, f, s.num(0.25)))
				return f, []*ir.Value{reset(s, h, f), a}
			}
			told := 0
			o := &Options{Tell: func(d *diag.Diagnostic) { told++ }}
			low, err := Lower(mlp(t, c, steps, "sum", nil), ir.Spiking, "", o, nil)
			folds := steps > 3 // three steps show no copy of the threshold
			if err != nil || (told == 0) != folds || (low.Steps == steps) != folds {
				t.Errorf("%s, %d steps: %d told, error %v", name, steps, told, err)
			}
		}
	}
}
