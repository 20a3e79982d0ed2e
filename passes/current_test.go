package passes

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"pgregory.net/rapid"
)

// drawn are the numbers of a neuron with a current, and how it resets.
type drawn struct {
	alpha, beta, threshold float64
	reset                  string
}

func drawNeuron(rt *rapid.T) drawn {
	eighths := func(name string) float64 { return float64(rapid.IntRange(1, 7).Draw(rt, name)) / 8 }
	return drawn{eighths("alpha"), eighths("beta"), eighths("threshold") + 0.125,
		rapid.SampledFrom([]string{"none", "subtract", "zero", "norse", "alpha", "alpha by product", "alpha none"}).Draw(rt, "reset")}
}

// cell is snnTorch's Synaptic, in which a reset waits for the next step and one
// to zero kills the new input, or Norse's LIF.
func (n drawn) cell(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	if n.isAlpha() {
		return n.alphaCell(s, x, past)
	}
	i, v, r := s.like(x, 0), s.like(x, 0), s.like(x, 0)
	if past != nil {
		i, v, r = past[0], past[1], past[2]
	}
	if n.reset == "norse" {
		i = s.op(ir.OpAdd, i, x)
		h := s.op(ir.OpAdd, v, s.op(ir.OpMul, s.num(0.125), s.op(ir.OpSub, i, v)))
		f := s.spike(ir.GT, h, s.num(n.threshold))
		return f, []*ir.Value{s.op(ir.OpMul, i, s.num(n.alpha)), s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), h), f}
	}
	i = s.op(ir.OpAdd, s.op(ir.OpMul, s.num(n.alpha), i), x)
	h := s.op(ir.OpAdd, s.op(ir.OpMul, s.num(n.beta), v), i)
	switch n.reset {
	case "subtract":
		h = s.op(ir.OpSub, h, s.op(ir.OpMul, r, s.num(n.threshold)))
	case "zero":
		h = s.op(ir.OpSub, h, s.op(ir.OpMul, r, h))
	}
	f := s.spike(ir.GT, h, s.num(n.threshold))
	return f, []*ir.Value{i, h, f}
}

func (n drawn) isAlpha() bool { return strings.HasPrefix(n.reset, "alpha") }

// alphaCell is snnTorch's Alpha: a reset to zero sets both currents to zero too.
func (n drawn) alphaCell(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	e, i, r := s.like(x, 0), s.like(x, 0), s.like(x, 0)
	if past != nil {
		e, i, r = past[0], past[1], past[2]
	}
	e = s.op(ir.OpAdd, s.op(ir.OpMul, s.num(n.alpha), e), x)
	i = s.op(ir.OpSub, s.op(ir.OpMul, s.num(n.beta), i), x)
	h := s.op(ir.OpMul, s.num(2), s.op(ir.OpAdd, e, i))
	if n.reset != "alpha none" {
		less := func(v *ir.Value) *ir.Value { return s.op(ir.OpSub, v, s.op(ir.OpMul, v, r)) }
		if n.reset == "alpha by product" {
			less = func(v *ir.Value) *ir.Value { return s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), r), v) }
		}
		e, i, h = less(e), less(i), less(h)
	}
	f := s.spike(ir.GT, h, s.num(n.threshold))
	return f, []*ir.Value{e, i, f}
}

// want are the attributes of the neuron that it is.
func (n drawn) want() ir.NeuronAttrs {
	a := ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakFactor}, Round: ir.RoundFloor, Compare: ir.GT, Reset: ir.ResetNone,
		When: ir.WhenFire, Current: ir.Leak{Kind: ir.LeakFactor}}
	switch n.reset {
	case "subtract":
		a.Reset, a.When = ir.ResetSubtract, ir.WhenNext
	case "zero":
		a.Reset, a.When, a.Masks = ir.ResetZero, ir.WhenNext, true
	case "norse":
		a.Reset = ir.ResetZero
	case "alpha", "alpha by product":
		a.Reset, a.When, a.Masks, a.MasksCurrent, a.Order = ir.ResetZero, ir.WhenNext, true, true, ir.OrderLate
	case "alpha none":
		a.Order = ir.OrderLate
	}
	return a
}

// A neuron with a current, of any numbers and reset, comes back from its unrolled
// steps as that neuron, and computes the same.
func TestRaiseCurrents(t *testing.T) {
	irtest.Long(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := drawNeuron(rt)
		if n.isAlpha() && n.alpha == n.beta {
			rt.Skip("then nothing ever charges the membrane")
		}
		net := mlp(t, n.cell, rapid.IntRange(3, 6).Draw(rt, "steps"), "sum", nil)
		out, err := raisedOf(t, net)
		if err != nil {
			rt.Fatalf("%+v: %v", n, err)
		}
		for _, v := range out.All(ir.OpNeuron) {
			if v.Attrs != n.want() {
				rt.Fatalf("%+v became %v", n, v)
			}
			alpha, beta := n.alpha, n.beta
			switch {
			case n.reset == "norse":
				beta = 0.875
			case n.isAlpha():
				alpha, beta = max(alpha, beta), min(alpha, beta)
			}
			for slot, number := range map[int]float64{ir.NeuronThreshold: n.threshold, ir.NeuronLeak: beta, ir.NeuronCurrent: alpha} {
				if !canonical.Every(v.Args[slot], number) {
					rt.Fatalf("%+v: operand %d is %s, wanted %v", n, slot, raise.Shown(v.Args[slot].Const()), number)
				}
			}
		}
	})
}

// A file that gives the membrane of the last step compares it no more; the neurons with a
// current are found even so.
func TestMembraneOfCurrentsGiven(t *testing.T) {
	irtest.Long(t)
	for _, reset := range []string{"none", "subtract", "zero", "norse", "alpha", "alpha by product", "alpha none"} {
		n := drawn{alpha: 0.75, beta: 0.5, threshold: 0.375, reset: reset}
		for steps := 4; steps <= 6; steps++ {
			for layers := 1; layers <= 2; layers++ {
				low, err := lowered(t, n.membrane(t, steps, layers))
				isLinear := layers == 1 && strings.HasSuffix(reset, "none") // no spike is read
				if err == nil && low.Steps != steps && !isLinear {
					err = fmt.Errorf("%d steps found", low.Steps)
				}
				if err != nil {
					t.Errorf("%s, %d steps, %d layers: %v", reset, steps, layers, err)
				}
			}
		}
	}
}

// membrane is a net of so many layers that gives the last one's membrane in the last step.
func (n drawn) membrane(t *testing.T, steps, layers int) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	left := make([][]*ir.Value, layers)
	var f *ir.Value
	for range steps {
		f = x
		for layer := range left {
			f, left[layer] = n.cell(s, s.dense(layer, 6, f), left[layer])
		}
	}
	return ir.Prune(s.output(canonical.MembraneOf(f.Args[0])))
}

// Two steps do not show the currents of an Alpha neuron, and the error says so.
func TestAlphaInTwoSteps(t *testing.T) {
	n := drawn{alpha: 0.75, beta: 0.5, threshold: 1, reset: "alpha"}
	_, err := raisedOf(t, mlp(t, n.cell, 2, "sum", nil))
	if err == nil || strings.Count(err.Error(), "two steps do not show") != 2 || !strings.Contains(err.Error(), "three time steps or more") {
		t.Errorf("got %v", err)
	}
}

// FuzzRaise: no net, however spoiled, makes a pass panic or break the IR.
func FuzzRaise(f *testing.F) {
	irtest.Long(f)
	for i := range 8 { // long enough to draw a net from
		seed := make([]byte, 2048)
		for j := range seed {
			seed[j] = byte(i*j + j>>3)
		}
		f.Add(seed)
	}
	irtest.AddCorpus(f, "../testdata/passes/fuzz-corpus.zip")
	f.Fuzz(func(t *testing.T, data []byte) {
		rapid.MakeFuzz(func(rt *rapid.T) {
			net := spoiled(rt, spoiled(rt, randomNet(rt, t, cells)))
			if ir.Verify(net) != nil {
				rt.Skip("the other value does not fit")
			}
			var bug *Bug
			if _, err := Lower(net, ir.Spiking, "", &Options{}, nil); errors.As(err, &bug) {
				rt.Fatal(err)
			}
		})(t, data)
	})
}
