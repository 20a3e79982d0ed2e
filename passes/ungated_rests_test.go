package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
)

// ungated is a neuron that keeps firing where it rests for two steps, or does not rest; its reset, the
// growth of its threshold, or its output goes by its spikes or by another comparison.
type ungated struct {
	kind           ir.Rest // 0: none
	leak           bool    // resets behind the leak, by its membrane of the step before
	reset, grow    string  // by: spikes, all that fire, the constant threshold alone
	handsOn        string
	counts         string // as reset: may begin the rest anew
	adapts, zeroes bool
}

func (u ungated) cell(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	x = s.op(ir.OpAdd, s.op(ir.OpMul, x, s.num(2)), s.num(0.375)) // fires where it rests
	v, left, a := s.like(x, 0), s.like(x, 0), s.like(x, 0)
	if past != nil {
		v, left, a = past[0], past[1], past[2]
	}
	reset := func(h, z *ir.Value) *ir.Value {
		if u.zeroes {
			return zeroBehind(s, h, z)
		}
		return lessSpike(s, h, z)
	}
	if u.leak {
		v = reset(v, above(s, v))
	}
	rests := asNumber(s, s.compare(ir.GT, left, s.num(0)))
	if u.kind.DropsDrive() {
		x = timesRest(s, x, rests)
	}
	h, threshold := leaks(s, v, x), s.num(1)
	if u.adapts {
		threshold = s.op(ir.OpAdd, a, threshold)
	}
	all := s.spike(ir.GT, h, threshold)
	by := map[string]*ir.Value{"": all, "all": all, "constant": above(s, h)}
	if u.kind != 0 {
		by[""] = timesRest(s, all, rests)
	}
	left = s.op(ir.OpWhere, s.compare(ir.GT, by[u.counts], s.num(0)), s.like(x, 2), s.function(ir.FnRelu, s.op(ir.OpSub, left, s.num(1))))
	a = s.op(ir.OpAdd, s.op(ir.OpMul, a, s.num(0.75)), s.op(ir.OpMul, by[u.grow], s.num(0.5)))
	if !u.leak {
		h = reset(h, by[u.reset])
	}
	return by[u.handsOn], []*ir.Value{h, left, a}
}

// A threshold that grows, and spikes that are handed on, may go by a comparison that no rest holds back,
// and a reset by one with the threshold as it is without spikes. Where they rest, steps may not show it.
func TestOtherComparisonsAreTaken(t *testing.T) {
	for _, zeroes := range []bool{false, true} {
		for _, kind := range []ir.Rest{0, ir.RestSpike, ir.RestLeak} {
			for name, c := range map[string]ungated{
				"grows":          {adapts: true, grow: "all"},
				"hands on":       {handsOn: "all"},
				"constant":       {adapts: true, reset: "constant"},
				"constant, next": {adapts: true, leak: true},
				"counts":         {counts: "all"},
				"counts, hands":  {counts: "all", handsOn: "all"},
				"by all":         {reset: "all"},
			} {
				c.kind, c.zeroes = kind, zeroes
				what := fmt.Sprintf("%s, %v, zero %v", name, kind, zeroes)
				if _, err := raisedOf(t, mlp(t, c.cell, 8, "sum", nil)); err != nil && (kind == 0 || diag.Of(err)[0].Code != diag.NotUnrolled) {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
	}
}
