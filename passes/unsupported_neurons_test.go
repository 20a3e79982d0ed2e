package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"pgregory.net/rapid"
)

// oddCell is a neuron v' = f(v) + x with a reset to zero, where no neuron here has the leak f.
func oddCell(f func(s *sketch, v *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v := s.like(x, 0)
		if past != nil {
			v = past[0]
		}
		h := s.op(ir.OpAdd, f(s, v), x)
		z := s.spike(ir.GT, h, s.num(1))
		return z, []*ir.Value{s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), z), h)}
	}
}

func (s *sketch) function(fn ir.Fn, x *ir.Value) *ir.Value {
	return s.typed(ir.OpMap, ir.MapAttrs{Fn: fn}, ir.Type{}, x)
}

func through(fn ir.Fn) cell {
	return oddCell(func(s *sketch, v *ir.Value) *ir.Value { return s.function(fn, s.op(ir.OpMul, v, s.num(0.5))) })
}

// adaptiveCell raises its threshold with every spike.
func adaptiveCell(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	v, b, z := s.like(x, 0), s.like(x, 0), s.like(x, 0)
	if past != nil {
		v, b, z = past[0], past[1], past[2]
	}
	b = s.op(ir.OpAdd, s.op(ir.OpMul, b, s.num(0.5)), z)
	v = s.op(ir.OpAdd, s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), z), s.op(ir.OpMul, v, s.num(0.75))), x)
	z = s.spike(ir.GT, s.op(ir.OpSub, v, s.op(ir.OpAdd, b, s.num(1))), s.num(0))
	return z, []*ir.Value{v, b, z}
}

// refractoryCell holds its membrane for three steps after a spike.
func refractoryCell(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	v, count := s.like(x, 0), s.like(x, 0)
	if past != nil {
		v, count = past[0], past[1]
	}
	h := s.op(ir.OpAdd, s.op(ir.OpMul, v, s.num(0.75)), x)
	held := s.spike(ir.GT, count, s.num(0))
	open := s.op(ir.OpSub, s.num(1), held)
	z := s.spike(ir.GT, h, s.num(1))
	v = s.op(ir.OpAdd, s.op(ir.OpMul, held, v), s.op(ir.OpMul, open, s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), z), h)))
	z = s.op(ir.OpMul, open, z)
	count = s.op(ir.OpAdd, s.function(ir.FnRelu, s.op(ir.OpSub, count, held)), s.op(ir.OpMul, z, s.num(3)))
	return z, []*ir.Value{v, count}
}

// ternaryCell fires 1, 0 or −1, which it computes in a way, and takes that off.
func ternaryCell(fire func(s *sketch, h *ir.Value) *ir.Value, hard bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := x
		if past != nil {
			h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.5)), x)
		}
		z := fire(s, h)
		if hard {
			return z, []*ir.Value{s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), s.function(ir.FnAbs, z)))}
		}
		return z, []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, z, s.num(0.75)))}
	}
}

// ternaries are the ways in which people compute a spike with a sign.
var ternaries = map[string]func(s *sketch, h *ir.Value) *ir.Value{
	"sign times magnitude": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpMul, s.function(ir.FnSign, h), s.spike(ir.GT, s.function(ir.FnAbs, h), s.num(0.75)))
	},
	"two comparisons": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpSub, s.spike(ir.GE, h, s.num(0.75)), s.spike(ir.LE, h, s.num(-0.75)))
	},
	"of the opposite": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpSub, s.spike(ir.GE, h, s.num(0.75)), s.spike(ir.GE, s.op(ir.OpNeg, h), s.num(0.75)))
	},
	"sign of the rest": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpMul, s.spike(ir.GE, s.function(ir.FnAbs, h), s.num(0.75)), s.function(ir.FnSign, h))
	},
}

// The two signs of a spike are those of two neurons, or of two cells where the reset sets the membrane to zero.
func TestTernaryNeuronsAreTaken(t *testing.T) {
	irtest.Long(t)
	for name, fire := range ternaries {
		for _, hard := range []bool{false, true} {
			for _, steps := range []int{2, 3, 5} {
				taken(t, fmt.Sprintf("%s, hard %v, %d steps", name, hard, steps), mlp(t, ternaryCell(fire, hard), steps, "sum", nil))
			}
		}
	}
}

// Neurons whose update has operations that programs of neurons do not have are refused by name, once for each
// layer, and with nothing else; others are cells.
func TestOddNeurons(t *testing.T) {
	irtest.Long(t)
	for name, c := range map[string]cell{
		"exponential": through(ir.FnExp), "goes through tanh": through(ir.FnTanh), "rounded in every step": through(ir.FnRound),
		"quadratic":  oddCell(func(s *sketch, v *ir.Value) *ir.Value { return s.op(ir.OpMul, v, v) }),
		"Izhikevich": oddCell(func(s *sketch, v *ir.Value) *ir.Value { return s.op(ir.OpPow, v, s.num(2)) }),
	} {
		for _, steps := range []int{3, 5} {
			_, err := raisedOf(t, mlp(t, c, steps, "sum", nil))
			if err == nil || strings.Count(err.Error(), "error: ") != 2 || strings.Count(err.Error(), name) != 2 {
				t.Errorf("%s, %d steps: got %v", name, steps, err)
			}
		}
	}
	for name, c := range map[string]cell{
		"magnitude": through(ir.FnAbs), "floor": through(ir.FnRelu), "refractory": refractoryCell,
		"bound":   oddCell(func(s *sketch, v *ir.Value) *ir.Value { return s.op(ir.OpMax, v, s.num(-0.5)) }),
		"ceiling": oddCell(func(s *sketch, v *ir.Value) *ir.Value { return s.op(ir.OpMin, v, s.num(1.5)) }),
	} {
		wantCells(t, name, mlp(t, c, 5, "sum", nil), 5, 2)
	}
}

// A threshold that adapts is known where the steps show it, and computes the same.
func TestThresholdsThatAdapt(t *testing.T) {
	source := mlp(t, adaptiveCell, 5, "sum", nil)
	net, err := raisedOf(t, source)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range net.All(ir.OpNeuron) {
		if a := v.Attrs.(ir.NeuronAttrs); a.Adapt.Kind != ir.LeakFactor || v.Args[ir.NeuronJump].Const().F[0] != 1 {
			t.Errorf("got %v", v)
		}
	}
	same(t, "adapts", source, net)
}

// A neuron that is known is not named, though its input is an odd function of another layer.
func TestOddInputsAreNoOddNeurons(t *testing.T) {
	leaky := sjLIF(2, 0)
	net := mlp(t, func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		return leaky(s, s.function(ir.FnTanh, s.op(ir.OpMul, x, x)), past)
	}, 4, "sum", func(layer, step int) cell {
		if layer == 1 && step == 2 {
			return sjLIF(4, 0)
		}
		return nil
	})
	_, err := raisedOf(t, net)
	if err == nil || strings.Contains(err.Error(), "fires a") || !strings.Contains(err.Error(), "repeat") {
		t.Errorf("got %v", err)
	}
}

// A legal net of layers without weights between them is raised, and one of which a
// step does something else is refused for that, and not as an odd neuron; or raised to what
// computes the same, with that step's input another one, or the steps' neurons written out.
func TestLayersInARowAreNoOddNeurons(t *testing.T) {
	irtest.Long(t)
	rapid.Check(t, func(rt *rapid.T) {
		steps, layers := rapid.IntRange(3, 5).Draw(rt, "steps"), rapid.IntRange(2, 4).Draw(rt, "layers")
		kinds := make([]int, layers)
		for i := range kinds {
			kinds[i] = rapid.IntRange(0, len(cells)-1).Draw(rt, "kind")
		}
		skip, spoilt := rapid.Bool().Draw(rt, "skip"), rapid.IntRange(-1, layers-1).Draw(rt, "spoilt")
		s := newSketch(t)
		x := s.input(4)
		past := make([][]*ir.Value, layers)
		var out []*ir.Value
		for step := range steps {
			v := s.dense(1, 4, x)
			for i := range layers {
				in := v
				if i == spoilt && step == steps-2 {
					in = s.op(ir.OpMul, in, s.num(3))
				}
				v, past[i] = cells[kinds[i]].cell(s, in, past[i])
				if skip && i > 0 {
					v = s.op(ir.OpAdd, v, in)
				}
			}
			out = append(out, s.dense(7, 3, v))
		}
		net := s.output(readoutOf(s, "sum", out))
		raised, err := raisedOf(t, net)
		switch {
		case spoilt < 0 && err != nil:
			rt.Fatalf("refused: %v", err)
		case err == nil:
			same(rt, "raised", net, raised)
		case strings.Contains(err.Error(), "fires a"):
			rt.Fatalf("named: %v", err)
		}
	})
}
