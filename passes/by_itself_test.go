package passes

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// twoLayers are layers of two kinds, one behind the other.
func twoLayers(t *testing.T, first, second cell, steps int) *ir.Net {
	return mlp(t, first, steps, "sum", func(layer, _ int) cell { return []cell{first, second}[layer] })
}

// plain is a neuron as most are: a leak of half, reset to 0.
func plain() cell {
	return ownCell(func(s *sketch, h *ir.Value) *ir.Value { return s.spike(ir.GE, h, s.num(1)) },
		func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), f)) })
}

// A spike of two numbers, of which silence is not 0, may be asked for by its reset whatever
// layer stands behind.
func TestNumbersAskedForBeforeAnyLayer(t *testing.T) {
	irtest.Long(t)
	asks := map[string]func(s *sketch, z *ir.Value) *ir.Value{
		"above":  func(s *sketch, z *ir.Value) *ir.Value { return s.compare(ir.GT, z, s.num(0.5)) },
		"equals": func(s *sketch, z *ir.Value) *ir.Value { return s.compare(ir.EQ, z, s.num(0.75)) },
	}
	resets := map[string]func(s *sketch, h *ir.Value) *ir.Value{
		"zero":     func(s *sketch, h *ir.Value) *ir.Value { return s.like(h, 0) },
		"subtract": func(s *sketch, h *ir.Value) *ir.Value { return s.op(ir.OpSub, h, s.num(1)) },
	}
	for _, low := range []float64{0.25, -0.75} {
		for asked, ask := range asks {
			for reset, to := range resets {
				c := ownCell(func(s *sketch, h *ir.Value) *ir.Value {
					return s.op(ir.OpWhere, s.compare(ir.GT, h, s.num(1)), s.like(h, 0.75), s.like(h, low))
				}, func(s *sketch, h, z *ir.Value) *ir.Value { return s.op(ir.OpWhere, ask(s, z), to(s, h), h) })
				for steps := 3; steps <= 6; steps++ {
					wantReset(t, fmt.Sprintf("%v, %s, %d steps", low, asked, steps), mlp(t, c, steps, "sum", nil), reset)
				}
			}
		}
	}
}

// looking is a neuron whose input goes through a choice that looks at it.
func looking(choose func(s *sketch, x *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		return plain()(s, choose(s, x), past)
	}
}

// An input may be chosen by itself, before a membrane is made of it.
func TestLooksAtWhatComesIn(t *testing.T) {
	for name, choose := range map[string]func(s *sketch, x *ir.Value) *ir.Value{
		"above": func(s *sketch, x *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, s.compare(ir.GT, x, s.num(0.25)), x, s.like(x, 0))
		},
		"by sign": func(s *sketch, x *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, s.compare(ir.LT, x, s.num(0)), s.op(ir.OpMul, x, s.num(0.5)), x)
		},
	} {
		for steps := 3; steps <= 6; steps++ {
			for _, net := range []*ir.Net{mlp(t, looking(choose), steps, "sum", nil), twoLayers(t, plain(), looking(choose), steps), twoLayers(t, looking(choose), plain(), steps)} {
				low, err := lowered(t, net)
				if err != nil {
					t.Errorf("%s, %d steps: %v", name, steps, err)
				} else if low.Steps != steps {
					t.Errorf("%s: %d steps for %d", name, low.Steps, steps)
				}
			}
		}
	}
}

// A layer that fires twice in a row before anything comes of it hands on nothing in the first
// step, which is then computed by whoever writes the file; the layer behind has all steps even so.
func TestFirstStepInSilence(t *testing.T) {
	c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h, last := s.like(x, 0), s.typed(ir.OpConst, ir.ConstAttrs{Data: ir.NewTensor(ir.SpikeType(x.Type.Shape))}, ir.SpikeType(x.Type.Shape))
		if past != nil {
			h, last = past[0], past[1]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
		f := s.compare(ir.GE, h, s.num(0.5))
		return asNumber(s, s.op(ir.OpAnd, f, last)), []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, asNumber(s, f), s.num(0.5))), f}
	}
	for steps := 4; steps <= 6; steps++ {
		low, err := lowered(t, twoLayers(t, c, plain(), steps))
		if err != nil {
			t.Errorf("%d steps: %v", steps, err)
			continue
		}
		for _, v := range low.All(ir.OpNeuron) {
			if v.Arg(ir.NeuronInit) != nil || low.Steps != steps {
				t.Errorf("%d steps: %d, %s", steps, low.Steps, neuronLine(v))
			}
		}
	}
}

// gates are three ways in which the input lets spikes through.
var gates = map[string]func(s *sketch, f, open *ir.Value) *ir.Value{
	"and":     func(s *sketch, f, open *ir.Value) *ir.Value { return asNumber(s, s.op(ir.OpAnd, f, open)) },
	"product": func(s *sketch, f, open *ir.Value) *ir.Value { return s.op(ir.OpMul, asNumber(s, f), asNumber(s, open)) },
	"choice": func(s *sketch, f, open *ir.Value) *ir.Value {
		return s.op(ir.OpWhere, open, asNumber(s, f), s.like(open, 0))
	},
}

// gating is a neuron whose spikes are let through, and then reset it.
func gating(gate func(s *sketch, f, open *ir.Value) *ir.Value, reset func(s *sketch, h, z *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := s.like(x, 0)
		if past != nil {
			h = past[0]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
		z := gate(s, s.compare(ir.GT, h, s.num(1)), s.compare(ir.GT, x, s.num(0)))
		return z, []*ir.Value{reset(s, h, z)}
	}
}

// A spike that is let through may be taken off the membrane, however it is written.
func TestGatedSpikesSubtract(t *testing.T) {
	for name, gate := range gates {
		for _, steps := range []int{3, 5} {
			low, err := lowered(t, mlp(t, gating(gate, lessSpike), steps, "sum", nil))
			if err != nil || low.Steps != steps {
				t.Errorf("%s, %d steps: %v", name, steps, err)
			}
		}
	}
}

// Where a net is refused, the first layer that is no neuron is told, once, whatever stands
// before it or behind.
func TestFirstRefusedLayerIsTold(t *testing.T) {
	odd := through(ir.FnExp)
	for name, net := range map[string]*ir.Net{
		"first":  twoLayers(t, odd, plain(), 4),
		"second": twoLayers(t, plain(), odd, 4),
		"both":   mlp(t, odd, 4, "sum", nil),
	} {
		_, err := Lower(net, ir.Spiking, "", &Options{}, nil)
		if err == nil || strings.Count(err.Error(), "error: ") != 1 || !strings.Contains(err.Error(), "exponential neuron") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A layer whose spikes are as large as its membrane is not taken for the membrane of the one behind.
func TestGradedSpikesBeforeALayer(t *testing.T) {
	c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := s.like(x, 0)
		if past != nil {
			h = past[0]
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
		f := s.compare(ir.GT, h, s.num(1))
		return s.op(ir.OpWhere, f, h, s.like(h, 0)), []*ir.Value{s.op(ir.OpWhere, f, s.like(h, 0), h)}
	}
	for _, steps := range []int{3, 5} {
		low, err := lowered(t, mlp(t, c, steps, "sum", nil))
		if err != nil || low.Steps != steps {
			t.Errorf("%d steps: %v", steps, err)
		}
	}
}

// Gates of resets and of membranes, membranes of another step and thresholds that are made of anything are updates
// of cells, alone and among neurons.
func TestOwnUpdatesAmongNeurons(t *testing.T) {
	for name, c := range map[string]cell{
		"gated reset": gating(gates["product"], zeroBehind),
		"gated membrane": func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
			h := s.like(x, 0)
			if past != nil {
				h = past[0]
			}
			h = s.op(ir.OpWhere, s.compare(ir.GT, x, s.num(0)), s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x), h)
			z := above(s, h)
			return z, []*ir.Value{zeroBehind(s, h, z)}
		},
		"membrane of another step": func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
			old := s.like(x, 0)
			if past != nil {
				old = past[0]
			}
			h := s.op(ir.OpAdd, s.op(ir.OpMul, old, s.num(0.5)), x)
			return s.spike(ir.GT, h, old), []*ir.Value{h}
		},
		"bounded threshold": grown(func(s *sketch, a, h, z *ir.Value) *ir.Value {
			return s.op(ir.OpMin, s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.75)), z), s.num(1.5))
		}),
		"threshold that spikes multiply": grown(func(s *sketch, a, h, z *ir.Value) *ir.Value {
			return s.op(ir.OpAdd, s.op(ir.OpMul, s.op(ir.OpMul, a, s.num(0.75)), s.op(ir.OpSub, s.num(1), z)), z)
		}),
		"threshold made of the membrane": grown(func(s *sketch, a, h, z *ir.Value) *ir.Value {
			return s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.75)), s.op(ir.OpMul, h, s.num(0.25)))
		}),
	} {
		wantCells(t, name+", alone", mlp(t, c, 5, "sum", nil), 5, 2)
		wantCells(t, name+", before another", twoLayers(t, c, plain(), 5), 5, 1)
		wantCells(t, name+", behind another", twoLayers(t, plain(), c, 5), 5, 1)
	}
}

// A layer of which only the strongest neuron fires is named, whatever stands behind it.
func TestStrongestIsNamed(t *testing.T) {
	for name, net := range map[string]*ir.Net{"alone": mlp(t, strongest, 5, "sum", nil), "before another": twoLayers(t, strongest, plain(), 5)} {
		_, err := Lower(net, ir.Spiking, "", &Options{}, nil)
		if err == nil || !strings.Contains(err.Error(), "with the greatest of a layer, %") || strings.Count(err.Error(), "error: ") != 1 || !strings.Contains(err.Error(), "help: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// strongest fires where its membrane is above the threshold and the greatest of the layer.
func strongest(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	h := x
	if past != nil {
		h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.5)), x)
	}
	most := s.typed(ir.OpReduceMax, ir.ReduceAttrs{Axes: []int{len(x.Type.Shape.Dims()) - 1}, Keep: true}, ir.Type{}, h)
	z := s.op(ir.OpMul, above(s, h), s.spike(ir.EQ, h, most))
	return z, []*ir.Value{s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), z))}
}

// grown has a threshold that a function of its growth, the membrane and the spike makes anew.
func grown(next func(s *sketch, a, h, z *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v, a := s.like(x, 0), s.like(x, 0)
		if past != nil {
			v, a = past[0], past[1]
		}
		h := s.op(ir.OpAdd, s.op(ir.OpMul, v, s.num(0.5)), x)
		z := s.spike(ir.GT, h, s.op(ir.OpAdd, a, s.num(1)))
		return z, []*ir.Value{zeroBehind(s, h, z), next(s, a, h, z)}
	}
}
