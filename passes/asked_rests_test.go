package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
)

// gatedNeuron is a neuron that rests so many steps behind a spike, without its spikes or its whole
// membrane, and whose reset and count ask for the number that its spikes are.
func gatedNeuron(kind ir.Rest, steps int, gate, asks func(s *sketch, f, rests *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h, left := started(s, x, past)
		charged, rests := restingCharge(s, kind, h, left, x)
		f := s.compare(ir.GT, charged, s.num(1))
		if kind != ir.RestDrive {
			f = gate(s, f, rests)
		}
		z := s.typed(ir.OpCast, nil, x.Type, f)
		less := s.function(ir.FnRelu, s.op(ir.OpSub, left, s.num(1)))
		return z, []*ir.Value{
			s.op(ir.OpWhere, asks(s, z, nil), s.like(x, 0), charged),
			s.op(ir.OpWhere, asks(s, z, nil), s.like(x, float64(steps)), less),
		}
	}
}

// restingCharge is the membrane of a neuron that rests in the steps that are left, and whether it does.
func restingCharge(s *sketch, kind ir.Rest, h, left, x *ir.Value) (charged, rests *ir.Value) {
	rests = s.compare(ir.GT, left, s.num(0))
	if kind.DropsDrive() {
		x = s.op(ir.OpWhere, rests, s.like(x, 0), x)
	}
	charged = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.75)), x)
	if kind == ir.RestHold {
		charged = s.op(ir.OpWhere, rests, h, charged)
	}
	return charged, rests
}

// A reset may ask for the number of a spike that a count gates, in any number of steps of rest.
func TestGatedSpikesAreAsked(t *testing.T) {
	gates := map[string]func(s *sketch, f, rests *ir.Value) *ir.Value{
		"and not": func(s *sketch, f, rests *ir.Value) *ir.Value {
			return s.op(ir.OpAnd, f, s.op(ir.OpXor, rests, s.op(ir.OpOr, rests, s.compare(ir.GE, s.num(0), s.num(0)))))
		},
		"product": func(s *sketch, f, rests *ir.Value) *ir.Value {
			number := func(v *ir.Value) *ir.Value { return s.typed(ir.OpCast, nil, ir.RealType(v.Type.Shape), v) }
			return s.compare(ir.NE, s.op(ir.OpMul, number(f), s.op(ir.OpSub, s.num(1), number(rests))), s.num(0))
		},
		"choice": func(s *sketch, f, rests *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, rests, s.tensor(ir.NewTensor(f.Type)), f)
		},
	}
	asks := map[string]func(s *sketch, z, _ *ir.Value) *ir.Value{
		"above 0": func(s *sketch, z, _ *ir.Value) *ir.Value { return s.compare(ir.GT, z, s.num(0)) },
		"is 1":    func(s *sketch, z, _ *ir.Value) *ir.Value { return s.compare(ir.EQ, z, s.num(1)) },
	}
	for _, kind := range []ir.Rest{ir.RestHold, ir.RestDrive, ir.RestSpike, ir.RestLeak} {
		for steps := 2; steps <= 4; steps++ {
			for gate, hold := range gates {
				for ask, by := range asks {
					what := fmt.Sprintf("%v, %d steps, %s, %s", kind, steps, gate, ask)
					wantRest(t, what, mlp(t, gatedNeuron(kind, steps, hold, by), 6, "sum", nil), ir.Refractory{Kind: kind, Steps: steps})
				}
			}
		}
	}
}

// wantRest demands that both layers of a net rest, and compute as before.
func wantRest(t *testing.T, what string, net *ir.Net, want ir.Refractory) {
	t.Helper()
	told := ""
	low, err := Lower(net, ir.Spiking, "", &Options{Tell: func(d *diag.Diagnostic) { told += d.Message }}, nil)
	if err != nil || told != "" {
		t.Errorf("%s: %v, told %q", what, err, told)
		return
	}
	for _, v := range low.All(ir.OpNeuron) {
		if v.Attrs.(ir.NeuronAttrs).Refractory != want {
			t.Errorf("%s: %s", what, neuronLine(v))
		}
	}
	if got := len(low.All(ir.OpNeuron)); got != 2 {
		t.Errorf("%s: %d layers", what, got)
	}
	same(t, what, net, low)
}

// A neuron may rest behind a spike, and have a threshold that adapts.
func TestThresholdsThatAdaptAndRest(t *testing.T) {
	for _, kind := range []ir.Rest{ir.RestHold, ir.RestDrive, ir.RestSpike, ir.RestLeak} {
		for reset, take := range map[string]func(s *sketch, h, z *ir.Value) *ir.Value{"zero": zeroBehind, "subtract": lessSpike, "rest": timesRest} {
			for _, grows := range []bool{false, true} { // before it is compared
				c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
					h, left, a := s.like(x, 0), s.like(x, 0), s.like(x, 0)
					if past != nil {
						h, left, a = past[0], past[1], past[2]
					}
					if grows {
						a = s.op(ir.OpMul, a, s.num(0.75))
					}
					charged, rests := restingCharge(s, kind, h, left, x)
					f := s.compare(ir.GT, charged, s.op(ir.OpAdd, a, s.num(1)))
					if kind != ir.RestDrive {
						f = s.op(ir.OpAndNot, f, rests)
					}
					if !grows {
						a = s.op(ir.OpMul, a, s.num(0.75))
					}
					z := s.typed(ir.OpCast, nil, x.Type, f)
					less := s.function(ir.FnRelu, s.op(ir.OpSub, left, s.num(1)))
					return z, []*ir.Value{take(s, charged, z), s.op(ir.OpWhere, f, s.like(x, 2), less), s.op(ir.OpAdd, a, s.op(ir.OpMul, z, s.num(0.5)))}
				}
				net := mlp(t, c, 6, "sum", nil)
				what := fmt.Sprintf("%v, %s, %v", kind, reset, grows)
				wantRest(t, what, net, ir.Refractory{Kind: kind, Steps: 2})
				if low, err := lowered(t, net); err == nil {
					for _, v := range low.All(ir.OpNeuron) {
						if v.Attrs.(ir.NeuronAttrs).Adapt.Kind != ir.LeakFactor {
							t.Errorf("%s: %s", what, neuronLine(v))
						}
					}
				}
			}
		}
	}
}
