package passes

import (
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// countCell fires a number that is made of its membrane, and takes that off.
func countCell(fire func(s *sketch, h *ir.Value) *ir.Value) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := x
		if past != nil {
			h = s.op(ir.OpAdd, s.op(ir.OpMul, past[0], s.num(0.5)), x)
		}
		z := fire(s, h)
		return z, []*ir.Value{s.op(ir.OpSub, h, z)}
	}
}

// leakyBy leaks more where its current is below 0.
func leakyBy(product bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v := s.like(x, 0)
		if past != nil {
			v = past[0]
		}
		up := s.compare(ir.GT, x, s.num(0))
		leaky := s.op(ir.OpWhere, up, s.op(ir.OpMul, v, s.num(0.75)), s.op(ir.OpMul, v, s.num(0.5)))
		if product {
			leaky = s.op(ir.OpMul, v, s.op(ir.OpWhere, up, s.like(x, 0.75), s.like(x, 0.5)))
		}
		h := s.op(ir.OpAdd, leaky, x)
		z := s.spike(ir.GT, h, s.num(1))
		return z, []*ir.Value{s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), z), h)}
	}
}

// clamped is a value between 0 and another.
func (s *sketch) clamped(v *ir.Value, most float64) *ir.Value {
	return s.op(ir.OpMin, s.op(ir.OpMax, v, s.num(0)), s.num(most))
}

// Neurons that fire the whole number of their membrane, sums of comparisons, and leaks that the input switches, are
// updates of cells; those of too many spikes are named by how many that is.
func TestManySpikesAreNamed(t *testing.T) {
	irtest.Long(t)
	above := func(s *sketch, h *ir.Value, k float64) *ir.Value { return s.spike(ir.GT, h, s.num(k)) }
	levels := func(low, high float64) cell {
		return countCell(func(s *sketch, h *ir.Value) *ir.Value {
			one := s.op(ir.OpWhere, s.compare(ir.GT, h, s.num(1)), s.like(h, low), s.like(h, 0))
			return s.op(ir.OpWhere, s.compare(ir.GT, h, s.num(2)), s.like(h, high), one)
		})
	}
	cells := map[string]struct {
		cell cell
		says string
	}{
		"floor": {countCell(func(s *sketch, h *ir.Value) *ir.Value { return s.clamped(s.function(ir.FnFloor, h), 4) }), ""},
		"round": {countCell(func(s *sketch, h *ir.Value) *ir.Value { return s.function(ir.FnRound, s.clamped(h, 3)) }), ""},
		"ratio": {countCell(func(s *sketch, h *ir.Value) *ir.Value {
			return s.op(ir.OpMul, s.clamped(s.function(ir.FnFloor, s.op(ir.OpDiv, h, s.num(0.75))), 2), s.num(0.75))
		}), ""},
		"many": {countCell(func(s *sketch, h *ir.Value) *ir.Value { return s.function(ir.FnRound, s.clamped(h, 100)) }), "up to 100 spikes in a step"},
		"open": {countCell(func(s *sketch, h *ir.Value) *ir.Value { return s.function(ir.FnRelu, s.function(ir.FnFloor, h)) }), "any number of spikes in a step"},
		"sum": {countCell(func(s *sketch, h *ir.Value) *ir.Value {
			return s.op(ir.OpAdd, s.op(ir.OpAdd, above(s, h, 1), above(s, h, 2)), above(s, h, 3))
		}), ""},
		"where":           {levels(1, 2), ""},
		"several sizes":   {levels(1, 4), ""},
		"leak by current": {leakyBy(false), ""},
		"a product of it": {leakyBy(true), ""},
	}
	for name, c := range cells {
		for _, steps := range []int{4, 6} {
			_, err := raisedOf(t, mlp(t, c.cell, steps, "sum", nil))
			if c.says == "" && err == nil {
				continue
			}
			if err == nil || c.says == "" || !strings.Contains(err.Error(), c.says) || strings.Count(err.Error(), "error: ") != strings.Count(err.Error(), c.says) {
				t.Errorf("%s, %d steps: got %v", name, steps, err)
			}
		}
	}
}

// One step with its state is named alike; a whole number of the input that is read once is no
// neuron's.
func TestWholeNumbersOfOneStep(t *testing.T) {
	b := ir.NewBuilder("step", ir.Source, 4)
	s := &sketch{t: t, b: b}
	zero := s.tensor(rewrite.Uniform(ir.ShapeOf(3), 0))
	x, err := b.Input("x", ir.RealType(ir.ShapeOf(3)), ir.InputAttrs{})
	if err != nil {
		t.Fatal(err)
	}
	past := s.op(ir.OpDelay, zero)
	h := s.op(ir.OpAdd, past, x)
	z := s.clamped(s.function(ir.FnFloor, h), 4)
	s.op(ir.OpLatch, past, s.op(ir.OpSub, h, z))
	stepped := s.output(s.op(ir.OpSum, z))
	if got := unsupported.WholeSpikes(stepped).Err(); got == nil || !strings.Contains(got.Error(), "up to 4 spikes in a step") {
		t.Errorf("one step: got %v", got)
	}
	s = newSketch(t)
	q := s.function(ir.FnRound, s.clamped(s.input(3), 4))
	if got := unsupported.WholeSpikes(s.output(s.function(ir.FnRound, s.op(ir.OpMul, q, s.num(0.5))))).Err(); got != nil {
		t.Errorf("rounded twice: %v", got)
	}
}
