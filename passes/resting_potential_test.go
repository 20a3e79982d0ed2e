package passes

import (
	"testing"

	"nomul/ir"
)

// A membrane that leaks towards a potential may begin elsewhere: the first step has the distance as
// a constant, with either sign.
func TestPotentialAtRest(t *testing.T) {
	towards := map[string]func(s *sketch, h, x *ir.Value) *ir.Value{
		"taken off": func(s *sketch, h, x *ir.Value) *ir.Value {
			return s.op(ir.OpSub, x, s.op(ir.OpSub, h, s.num(-0.625)))
		},
		"opposite": func(s *sketch, h, x *ir.Value) *ir.Value {
			return s.op(ir.OpAdd, s.op(ir.OpNeg, s.op(ir.OpSub, h, s.num(-0.625))), x)
		},
		"added": func(s *sketch, h, x *ir.Value) *ir.Value { return s.op(ir.OpAdd, s.op(ir.OpSub, s.num(-0.625), h), x) },
	}
	for name, by := range towards {
		for _, start := range []float64{0, -0.625, 0.375} {
			source := mlp(t, func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h := s.like(x, start)
				if past != nil {
					h = past[0]
				}
				h = s.op(ir.OpAdd, h, s.op(ir.OpDiv, by(s, h, x), s.num(2)))
				z := above(s, h)
				return z, []*ir.Value{s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.like(x, -0.625), h)}
			}, 5, "sum", nil)
			net, err := lowered(t, source)
			if err != nil || len(net.All(ir.OpNeuron)) != 2 {
				t.Errorf("%s, from %v: %v", name, start, err)
				continue
			}
			same(t, name, source, net)
		}
	}
}
