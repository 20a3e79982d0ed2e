package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/canonical"
)

// A neuron that fires low, or whose spike is read inverted, begins with an inverted spike of 1:
// the one that did not happen. Its reset may be any value, and its input taken away.
func TestInvertedSpikesReset(t *testing.T) {
	irtest.Long(t)
	low := func(s *sketch, h *ir.Value) *ir.Value { return s.compare(ir.LT, h, s.num(-0.5)) }
	silent := func(s *sketch, h *ir.Value) *ir.Value { return s.compare(ir.LE, h, s.num(1)) }
	not := func(s *sketch, f *ir.Value) *ir.Value {
		return s.typed(ir.OpXor, nil, ir.Type{}, f, s.tensor(canonical.Filled(f.Type, 1)))
	}
	number := func(s *sketch, f *ir.Value) *ir.Value { return s.typed(ir.OpCast, nil, ir.RealType(f.Type.Shape), f) }
	resets := map[string]func(s *sketch, h, f *ir.Value) *ir.Value{
		"where f":  func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpWhere, f, s.num(-0.25), h) },
		"where ~f": func(s *sketch, h, f *ir.Value) *ir.Value { return s.op(ir.OpWhere, not(s, f), h, s.num(-0.25)) },
		"masked": func(s *sketch, h, f *ir.Value) *ir.Value {
			return s.op(ir.OpAdd, s.op(ir.OpMul, h, s.op(ir.OpSub, s.num(1), number(s, f))), s.op(ir.OpMul, number(s, f), s.num(-0.25)))
		},
	}
	outs := map[string]func(s *sketch, f *ir.Value) *ir.Value{
		"f":     number,
		"1 - f": func(s *sketch, f *ir.Value) *ir.Value { return s.op(ir.OpSub, s.num(1), number(s, f)) },
		"~f":    func(s *sketch, f *ir.Value) *ir.Value { return s.op(ir.OpWhere, f, s.num(0), s.num(1)) },
	}
	for name, fire := range map[string]func(s *sketch, h *ir.Value) *ir.Value{"low": low, "silent": silent} {
		for kind, reset := range resets {
			for out, spike := range outs {
				for _, drive := range []ir.Op{ir.OpAdd, ir.OpSub} {
					for steps := 3; steps <= 5; steps++ {
						c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
							h := s.like(x, 0)
							if past != nil {
								h = past[0]
							}
							h = s.op(drive, s.op(ir.OpMul, h, s.num(0.5)), x)
							f := fire(s, h)
							if name == "silent" {
								return spike(s, f), []*ir.Value{reset(s, h, not(s, f))}
							}
							return spike(s, f), []*ir.Value{reset(s, h, f)}
						}
						wantReset(t, fmt.Sprintf("%s, %s, %s, %v, T=%d", name, kind, out, drive, steps), mlp(t, c, steps, "sum", nil), "value")
					}
				}
			}
		}
	}
}

// A soft reset that is a choice is one in step 0 too, where a membrane from which the input is
// taken is that input's opposite.
func TestSoftResetOfAnOpposite(t *testing.T) {
	for _, by := range []float64{0.5, -1} {
		for _, is := range []ir.Compare{ir.GT, ir.LE} {
			c := func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
				h := s.like(x, 0)
				if past != nil {
					h = past[0]
				}
				h = s.op(ir.OpSub, s.op(ir.OpMul, h, s.num(0.5)), x)
				f := s.compare(is, h, s.num(0.75))
				return s.typed(ir.OpCast, nil, ir.RealType(f.Type.Shape), f), []*ir.Value{s.op(ir.OpWhere, f, s.op(ir.OpAdd, h, s.num(by)), h)}
			}
			wantReset(t, fmt.Sprintf("by %v, %v", by, is), mlp(t, c, 4, "sum", nil), "subtract")
		}
	}
}
