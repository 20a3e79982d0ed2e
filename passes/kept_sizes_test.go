package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/canonical"
)

// looks are the ways in which a spike of some size is asked whether it fired, by its size.
var looks = map[string]func(s *sketch, f *ir.Value, size float64) *ir.Value{
	"not zero": func(s *sketch, f *ir.Value, _ float64) *ir.Value { return s.compare(ir.NE, f, s.num(0)) },
	"equal":    func(s *sketch, f *ir.Value, size float64) *ir.Value { return s.compare(ir.EQ, f, s.num(size)) },
	"beyond zero": func(s *sketch, f *ir.Value, size float64) *ir.Value {
		return s.compare(map[bool]ir.Compare{true: ir.GT, false: ir.LT}[size > 0], f, s.num(0))
	},
	"at least": func(s *sketch, f *ir.Value, size float64) *ir.Value {
		return s.compare(map[bool]ir.Compare{true: ir.GE, false: ir.LE}[size > 0], f, s.num(size))
	},
	"beyond half": func(s *sketch, f *ir.Value, size float64) *ir.Value {
		return s.compare(map[bool]ir.Compare{true: ir.GE, false: ir.LT}[size > 0], f, s.num(size/2))
	},
	"equal to none": func(s *sketch, f *ir.Value, _ float64) *ir.Value {
		return s.op(ir.OpXor, s.compare(ir.EQ, f, s.num(0)), s.tensor(canonical.Filled(ir.SpikeType(ir.Shape{}), 1)))
	},
	"as bool": func(s *sketch, f *ir.Value, _ float64) *ir.Value {
		return s.typed(ir.OpCast, nil, ir.SpikeType(f.Type.Shape), f)
	},
}

// sizedCell fires spikes of a size; its reset looks at them, in this step or in the next.
func sizedCell(size float64, written, look, reset string, late bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		after := func(h, f *ir.Value) *ir.Value {
			to := s.like(h, 0)
			if reset == "subtract" {
				to = s.op(ir.OpSub, h, s.num(0.25))
			}
			return s.op(ir.OpWhere, looks[look](s, f, size), to, h)
		}
		h := s.like(x, 0)
		if past != nil {
			h = past[0]
			if late {
				h = after(h, past[1])
			}
		}
		h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
		f := s.op(ir.OpMul, s.spike(ir.GE, h, s.num(0.25)), s.num(size))
		if written == "where" {
			f = s.op(ir.OpWhere, s.compare(ir.GE, h, s.num(0.25)), s.like(h, size), s.like(h, 0))
		}
		if !late {
			return f, []*ir.Value{after(h, f), f}
		}
		return f, []*ir.Value{h, f}
	}
}

// A reset is the same whether it asks the membrane or the spike, however large that is, how
// it is asked, and in which step.
func TestSpikesOfASizeReset(t *testing.T) {
	irtest.Long(t)
	for look := range looks {
		for _, size := range []float64{0.5, 2, -1, -0.25, 1} {
			for _, written := range []string{"where", "product"} {
				for _, reset := range []string{"zero", "subtract"} {
					for _, late := range []bool{false, true} {
						c := sizedCell(size, written, look, reset, late)
						wantReset(t, fmt.Sprintf("%s, size %v as a %s, %s, late %v", look, size, written, reset, late), mlp(t, c, 4, "sum", nil), reset)
					}
				}
			}
		}
	}
}

// wantReset demands two layers of a reset, which compute the same.
func wantReset(t *testing.T, what string, net *ir.Net, reset string) {
	t.Helper()
	low, err := lowered(t, net)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	for _, v := range low.All(ir.OpNeuron) {
		if a := v.Attrs.(ir.NeuronAttrs); a.Reset.String() != reset || a.Silent {
			t.Errorf("%s: %s", what, neuronLine(v))
		}
	}
	if got := len(low.All(ir.OpNeuron)); got != 2 {
		t.Errorf("%s: %d layers", what, got)
	}
}

// Where a layer reads such spikes without weights, its first membrane is one of them, and
// no look at it.
func TestSpikesOfASizeWithoutWeights(t *testing.T) {
	irtest.Long(t)
	for _, size := range []float64{0.5, 1, 2} {
		for _, look := range []string{"beyond zero", "equal", "at least"} {
			for _, late := range []bool{false, true} {
				for _, steps := range []int{3, 5} {
					s := newSketch(t)
					x := s.input(5)
					past := make([][]*ir.Value, 2)
					var out []*ir.Value
					for range steps {
						v := s.dense(1, 6, x)
						for layer := range past {
							v, past[layer] = sizedCell(size, "where", look, "zero", late)(s, v, past[layer])
						}
						out = append(out, s.dense(3, 3, v))
					}
					wantReset(t, fmt.Sprintf("%s, size %v, late %v, %d steps", look, size, late, steps), s.output(readoutOf(s, "sum", out)), "zero")
				}
			}
		}
	}
}
