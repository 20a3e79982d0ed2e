package passes

import (
	"testing"

	"nomul/ir"
)

// keptThresholds are the steps of a threshold that is a state as a whole, from that of a neuron at
// rest, 1.
var keptThresholds = map[string]func(s *sketch, th, z *ir.Value) *ir.Value{
	"distance": func(s *sketch, th, z *ir.Value) *ir.Value {
		left := s.op(ir.OpMul, s.op(ir.OpSub, th, s.num(1)), s.num(0.75))
		return s.op(ir.OpAdd, s.op(ir.OpAdd, s.num(1), left), s.op(ir.OpMul, z, s.num(0.5)))
	},
	"mean": func(s *sketch, th, z *ir.Value) *ir.Value {
		left := s.op(ir.OpAdd, s.op(ir.OpMul, th, s.num(0.75)), s.num(0.25))
		return s.op(ir.OpAdd, left, s.op(ir.OpMul, z, s.num(0.5)))
	},
	"choice": func(s *sketch, th, z *ir.Value) *ir.Value {
		left := s.op(ir.OpAdd, s.op(ir.OpMul, th, s.num(0.75)), s.num(0.25))
		return s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.op(ir.OpAdd, left, s.num(0.5)), left)
	},
}

// A threshold that adapts may be kept as a whole, and is, or is not, taken by the reset; the
// exporter folds the first.
func TestThresholdsThatAreKept(t *testing.T) {
	resets := map[string]func(s *sketch, h, z, th *ir.Value) *ir.Value{
		"zero": func(s *sketch, h, z, _ *ir.Value) *ir.Value { return zeroBehind(s, h, z) },
		"rest": func(s *sketch, h, z, _ *ir.Value) *ir.Value { return timesRest(s, h, z) },
		"one":  func(s *sketch, h, z, _ *ir.Value) *ir.Value { return lessSpike(s, h, z) },
		"all":  func(s *sketch, h, z, th *ir.Value) *ir.Value { return s.op(ir.OpSub, h, s.op(ir.OpMul, z, th)) },
		"all, where": func(s *sketch, h, z, th *ir.Value) *ir.Value {
			return s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.op(ir.OpSub, h, th), h)
		},
	}
	for name, keeps := range keptThresholds {
		for reset, take := range resets {
			source := mlp(t, func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h, th := s.like(x, 0), s.like(x, 1)
				if past != nil {
					h, th = past[0], past[1]
				}
				h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.75)), x)
				z := s.spike(ir.GT, h, th)
				return z, []*ir.Value{take(s, h, z, th), keeps(s, th, z)}
			}, 6, "sum", nil)
			net, err := lowered(t, source)
			if err != nil {
				t.Errorf("%s, %s: %v", name, reset, err)
				continue
			}
			for _, v := range net.All(ir.OpNeuron) {
				a := v.Attrs.(ir.NeuronAttrs)
				takes := reset == "all" || reset == "all, where"
				if a.Adapt.Kind != ir.LeakFactor || a.AdaptReset != takes || v.Args[ir.NeuronJump].Const().F[0] != 0.5 {
					t.Errorf("%s, %s: %s", name, reset, neuronLine(v))
				}
			}
			same(t, name+", "+reset, source, net)
		}
	}
}
