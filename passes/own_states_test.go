package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
)

// floors hold a membrane at 0 or at −1, before it fires or behind its reset.
var floors = map[string]func(s *sketch, h *ir.Value) *ir.Value{
	"choice": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpWhere, s.compare(ir.LT, h, s.num(0)), s.like(h, 0), h)
	},
	"turned": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpWhere, s.compare(ir.GE, h, s.num(0)), h, s.like(h, 0))
	},
	"below": func(s *sketch, h *ir.Value) *ir.Value {
		return s.op(ir.OpWhere, s.compare(ir.LT, h, s.num(-1)), s.like(h, -1), h)
	},
	"rectified":   func(s *sketch, h *ir.Value) *ir.Value { return s.function(ir.FnRelu, h) },
	"at least":    func(s *sketch, h *ir.Value) *ir.Value { return s.op(ir.OpMax, h, s.num(-1)) },
	"at least, 0": func(s *sketch, h *ir.Value) *ir.Value { return s.op(ir.OpMax, h, s.num(0)) },
}

// ownResets are resets as people write them.
var ownResets = map[string]func(s *sketch, h, f *ir.Value) *ir.Value{
	"subtract": func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpSub, h, f) },
	"zero":     func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)) },
	"none":     func(_ *sketch, h, _ *ir.Value) *ir.Value { return h },
	"where": func(s *sketch, h, f *ir.Value) *ir.Value {
		return s.op(ir.OpWhere, s.compare(ir.GT, f, s.num(0)), s.op(ir.OpSub, h, s.num(1)), h)
	},
}

// A floor is a part of the update of a cell, however it is written and wherever it stands.
func TestFloorsAreOfCells(t *testing.T) {
	irtest.Long(t)
	for name, floor := range floors {
		for reset, take := range ownResets {
			for _, before := range []bool{false, true} {
				c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
					h := s.like(x, 0)
					if past != nil {
						h = past[0]
					}
					h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
					if before {
						h = floor(s, h)
						f := s.spike(ir.GT, h, s.num(1))
						return f, []*ir.Value{take(s, h, f)}
					}
					f := s.spike(ir.GT, h, s.num(1))
					return f, []*ir.Value{floor(s, take(s, h, f))}
				}
				for _, steps := range []int{4, 6} {
					wantCells(t, fmt.Sprintf("%s, %s, before %v, %d steps", name, reset, before, steps), mlp(t, c, steps, "sum", nil), steps, 2)
				}
			}
		}
	}
}

// Inputs may be rectified by a choice, also in each layer; and a spike may be that of the excess
// over the threshold.
func TestRectifiedInputsAndSpikes(t *testing.T) {
	keeps := func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)) }
	fires := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GT, h, s.num(1)) }
	rectified := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		return ownCell(fires, keeps)(s, floors["turned"](s, x), past)
	}
	wantReset(t, "input", mlp(t, rectified, 5, "sum", nil), "zero")
	for name, fire := range map[string]func(s *sketch, h *ir.Value) *ir.Value{
		"relu": func(s *sketch, h *ir.Value) *ir.Value {
			return s.spike(ir.GT, s.function(ir.FnRelu, s.op(ir.OpSub, h, s.num(1))), s.num(0))
		},
		"max": func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GE, s.op(ir.OpMax, h, s.num(0)), s.num(1)) },
		"min": func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GE, s.op(ir.OpMin, h, s.num(2)), s.num(1)) },
	} {
		wantReset(t, name, mlp(t, ownCell(fire, keeps), 4, "sum", nil), "zero")
	}
}

// Spikes may be gated by the input, which is compared once, beside the membrane.
func TestSpikesGatedByInput(t *testing.T) {
	for _, steps := range []int{3, 5} {
		s := newSketch(t)
		x := s.dense(1, 6, s.input(5))
		var h *ir.Value
		var out []*ir.Value
		for range steps {
			if h == nil {
				h = s.like(x, 0)
			}
			h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
			fire := s.compare(ir.GT, h, s.num(1))
			gated := s.typed(ir.OpCast, nil, x.Type, s.op(ir.OpAnd, fire, s.compare(ir.GT, x, s.num(0.25))))
			h = s.op(ir.OpWhere, fire, s.like(x, 0), h)
			out = append(out, s.dense(2, 3, gated))
		}
		low, err := lowered(t, s.output(readoutOf(s, "sum", out)))
		if err != nil {
			t.Errorf("%d steps: %v", steps, err)
		} else if got := len(low.All(ir.OpNeuron)); got != 2 || low.Steps != steps {
			t.Errorf("%d steps: %d neurons in %d", steps, got, low.Steps)
		}
	}
}

// secondStates are numbers that a neuron keeps beside its membrane: one that the membrane
// makes, and one of its spikes.
var secondStates = map[string]func(s *sketch, h, a, x *ir.Value) (charged, fires, kept *ir.Value){
	"coupled": func(s *sketch, h, a, x *ir.Value) (charged, fires, kept *ir.Value) {
		h = s.op(ir.OpAdd, s.op(ir.OpSub, s.op(ir.OpMul, h, s.num(0.75)), s.op(ir.OpMul, a, s.num(0.25))), x)
		return h, s.spike(ir.GT, h, s.num(1)), s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.5)), s.op(ir.OpMul, h, s.num(0.25)))
	},
	"adapts": func(s *sketch, h, a, x *ir.Value) (charged, fires, kept *ir.Value) {
		h = s.op(ir.OpSub, s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x), a)
		f := s.spike(ir.GT, h, s.num(1))
		return h, f, s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.5)), s.op(ir.OpMul, f, s.num(0.5)))
	},
}

func started(s *sketch, x *ir.Value, past []*ir.Value) (h, a *ir.Value) {
	if past == nil {
		return s.like(x, 0), s.like(x, 0)
	}
	return past[0], past[1]
}

// A second state is a part of the update of a cell from four steps on; of three the steps do not show it.
func TestSecondStatesAreOfCells(t *testing.T) {
	irtest.Long(t)
	for name, state := range secondStates {
		for reset, take := range ownResets {
			c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h, a := started(s, x, past)
				h, f, a := state(s, h, a, x)
				return f, []*ir.Value{take(s, h, f), a}
			}
			for steps := 4; steps <= 7; steps++ {
				wantCells(t, fmt.Sprintf("%s, %s, %d steps", name, reset, steps), mlp(t, c, steps, "sum", nil), steps, 2)
			}
		}
	}
}

// A leak may depend on the input, which steps do not show where both choices add that.
func TestLeakByInputIsNotUnrolled(t *testing.T) {
	c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := s.like(x, 0)
		if past != nil {
			h = past[0]
		}
		h = s.op(ir.OpWhere, s.compare(ir.GT, x, s.num(0)), s.op(ir.OpAdd, h, x), s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x))
		f := s.spike(ir.GT, h, s.num(1))
		return f, []*ir.Value{s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f))}
	}
	_, err := raisedOf(t, mlp(t, c, 5, "sum", nil))
	wantCode(t, "leak", err, diag.NotUnrolled)
}

// Functions that programs of neurons do not have are named, kept or compared.
func TestFunctionsOfStateAreNamed(t *testing.T) {
	for _, fn := range []ir.Fn{ir.FnSigmoid, ir.FnTanh} {
		kept := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
			h := x
			if past != nil {
				h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(.875)), x)
			}
			h = s.function(fn, h)
			f := s.spike(ir.GT, h, s.num(.5))
			return f, []*ir.Value{s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f))}
		}
		spike := func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GT, s.function(fn, h), s.num(0.5)) }
		for name, c := range map[string]cell{"kept": kept, "compared": ownCell(spike, ownResets["zero"])} {
			_, err := raisedOf(t, mlp(t, c, 4, "sum", nil))
			if err == nil || strings.Count(err.Error(), "error: ") != 2 || strings.Count(err.Error(), "goes through "+fn.String()) != 2 {
				t.Errorf("%s %v: %v", name, fn, err)
			}
		}
	}
}
