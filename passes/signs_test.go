package passes

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// twoSigns is a spike with a sign, of a membrane with thresholds of 1 and −1.
func twoSigns(s *sketch, h *ir.Value) *ir.Value {
	return s.op(ir.OpSub, s.spike(ir.GT, h, s.num(1)), s.spike(ir.LT, h, s.num(-1)))
}

// signs are the spikes of a membrane, and its remainder behind a reset.
var signs = map[string]func(s *sketch, h *ir.Value) (z, left *ir.Value){
	"taken away": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = twoSigns(s, h)
		return z, s.op(ir.OpSub, h, z)
	},
	"one sign": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		return twoSigns(s, h), s.op(ir.OpSub, h, s.spike(ir.GT, h, s.num(1)))
	},
	"no reset": func(s *sketch, h *ir.Value) (z, left *ir.Value) { return twoSigns(s, h), h },
	"half": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = s.op(ir.OpMul, twoSigns(s, h), s.num(0.5))
		return z, s.op(ir.OpSub, h, z)
	},
	"another amount": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = twoSigns(s, h)
		return z, s.op(ir.OpSub, h, s.op(ir.OpMul, z, s.num(0.75)))
	},
	"asked for": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = twoSigns(s, h)
		below := s.op(ir.OpWhere, s.compare(ir.LT, z, s.num(0)), s.op(ir.OpAdd, h, s.num(1)), h)
		return z, s.op(ir.OpWhere, s.compare(ir.GT, z, s.num(0)), s.op(ir.OpSub, h, s.num(1)), below)
	},
	"magnitude": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = s.op(ir.OpMul, s.function(ir.FnSign, h), s.spike(ir.GT, s.function(ir.FnAbs, h), s.num(1)))
		return z, s.op(ir.OpSub, h, z)
	},
	"magnitude alone": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = s.op(ir.OpAdd, s.spike(ir.GT, h, s.num(1)), s.spike(ir.LT, h, s.num(-1)))
		return z, s.op(ir.OpSub, h, z)
	},
	"ternary": func(s *sketch, h *ir.Value) (z, left *ir.Value) {
		z = twoSigns(s, h)
		return z, s.op(ir.OpWhere, s.compare(ir.NE, z, s.num(0)), s.like(h, 0), h)
	},
}

// Spikes with a sign are words of one cell, whatever its reset is.
func TestSignsAreWords(t *testing.T) {
	irtest.Long(t)
	for name, c := range signs {
		for _, steps := range []int{3, 5} {
			low, err := raisedOf(t, mlp(t, func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h := s.like(x, 0)
				if past != nil {
					h = past[0]
				}
				z, left := c(s, s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x))
				return z, []*ir.Value{left}
			}, steps, "sum", nil))
			if err != nil || low.Steps != steps || len(low.All(ir.OpCell)) != 2 || len(low.All(ir.OpNeuron)) != 0 {
				t.Errorf("%s, %d steps: %v", name, steps, err)
				continue
			}
			for _, v := range low.All(ir.OpCell) {
				if v.Type.IsReal() || v.Range.Magnitude() > 2 {
					t.Errorf("%s, %d steps: a cell hands on %v %v", name, steps, v.Type, v.Range)
				}
			}
		}
	}
}
