package passes

import (
	"slices"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
)

// lingering is a neuron that is not reset, and once it has fired goes on down to half the threshold.
func lingering(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	h, z := s.like(x, 0), s.like(x, 0)
	if past != nil {
		h, z = past[0], past[1]
	}
	h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
	f := s.op(ir.OpOr, s.compare(ir.GT, h, s.num(1)), s.op(ir.OpAnd, s.compare(ir.GT, z, s.num(0)), s.compare(ir.GT, h, s.num(0.5))))
	z = s.typed(ir.OpCast, nil, ir.RealType(f.Type.Shape), f)
	return z, []*ir.Value{h, z}
}

// A neuron that keeps its spike besides is one layer in time, before another one too.
func TestLingeringNeuron(t *testing.T) {
	for steps := 4; steps <= 6; steps++ {
		told := ""
		o := &Options{Tell: func(d *diag.Diagnostic) { told += d.Message + "\n" }}
		net := mlp(t, lingering, steps, "sum", nil)
		low, err := Lower(net, ir.Spiking, "", o, nil)
		if err != nil || told != "" || low.Steps != steps {
			t.Fatalf("%d steps: %v, told %s", steps, err, told)
		}
		same(t, "all", net, low)
	}
}

// resting is a neuron that is reset, and fires again two steps after a spike at the earliest.
func resting(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	h, r := started(s, x, past)
	h = s.op(ir.OpAdd, s.op(ir.OpMul, h, s.num(0.5)), x)
	f := s.op(ir.OpAnd, s.compare(ir.GT, h, s.num(1)), s.compare(ir.LE, r, s.num(0)))
	left := s.function(ir.FnRelu, s.op(ir.OpSub, r, s.num(1)))
	z := s.typed(ir.OpCast, nil, ir.RealType(f.Type.Shape), f)
	return z, []*ir.Value{s.op(ir.OpWhere, f, s.like(x, 0), h), s.op(ir.OpWhere, f, s.like(x, 2), left)}
}

// A neuron that rests is known, but in three steps, where it is told once, in the first of equal layers.
func TestRestingNeuronIsToldOnce(t *testing.T) {
	for steps := 3; steps <= 7; steps++ {
		told := 0
		o := &Options{Tell: func(*diag.Diagnostic) { told++ }}
		net, err := Lower(mlp(t, resting, steps, "sum", nil), ir.Spiking, "", o, nil)
		if err != nil {
			t.Fatal(err)
		}
		rests := slices.IndexFunc(net.All(ir.OpNeuron), func(v *ir.Value) bool {
			return v.Attrs.(ir.NeuronAttrs).Refractory == ir.Refractory{Kind: ir.RestSpike, Steps: 2}
		})
		if steps == 3 && told != 1 || steps > 3 && (told > 0 || rests < 0) {
			t.Errorf("%d steps: %d told, %v", steps, told, net.All(ir.OpNeuron))
		}
	}
}
