package passes

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/rewrite"
)

// The order of terms and factors does not matter to a neuron and its readout:
// h = fc(x) + .5·mem; spk = h ≥ 1; mem = h − spk; acc = acc + spk.
func TestOrderOfOperands(t *testing.T) {
	irtest.Long(t)
	for orders := range 8 {
		for steps := 2; steps <= 5; steps++ {
			for _, zeros := range []bool{false, true} {
				t.Run(fmt.Sprintf("%03b/T=%d/zeros=%v", orders, steps, zeros), func(t *testing.T) {
					s := newSketch(t)
					ordered := func(op ir.Op, bit int, a, b *ir.Value) *ir.Value {
						if orders>>bit&1 == 1 {
							a, b = b, a
						}
						return s.op(op, a, b)
					}
					x := s.input(4)
					mem, acc := s.tensor(rewrite.Uniform(ir.ShapeOf(1, 3), 0)), s.tensor(rewrite.Uniform(ir.ShapeOf(1, 3), 0))
					for step := range steps {
						h := s.dense(1, 3, x)
						if step > 0 || zeros {
							h = ordered(ir.OpAdd, 0, h, ordered(ir.OpMul, 1, s.num(0.5), mem))
						}
						spike := s.spike(ir.GE, h, s.num(1))
						mem = s.op(ir.OpSub, h, spike)
						if step == 0 && !zeros {
							acc = spike
							continue
						}
						acc = ordered(ir.OpAdd, 2, acc, spike)
					}
					net, err := raisedOf(t, s.output(acc))
					if err != nil {
						t.Fatal(err)
					}
					neurons := net.All(ir.OpNeuron)
					if len(neurons) != 1 || net.Steps != steps || neuronLine(neurons[0]) != "factor ge subtract fire threshold=1 reset=1 leak=0.5" {
						t.Errorf("%s", ir.Print(net, ""))
					}
				})
			}
		}
	}
}

// Two layers that one readout reads alike are told apart in every step, the first
// too, where the body is folded and looks alike for both.
func TestReadoutOfTwoLayers(t *testing.T) {
	for odd := range 4 {
		s := newSketch(t)
		x := s.input(4)
		var a, b, terms []*ir.Value
		for step := range 4 {
			var f, g *ir.Value
			f, a = sjLIF(2, 0)(s, s.dense(1, 5, x), a)
			g, b = sjLIF(2, 0)(s, s.dense(2, 5, x), b)
			f, g = s.dense(3, 3, f), s.dense(3, 3, g)
			if step == odd {
				f, g = g, f
			}
			terms = append(terms, f, g)
		}
		if _, err := raisedOf(t, s.output(readoutOf(s, "sum", terms))); err != nil {
			t.Errorf("swapped in step %d: %v", odd, err)
		}
	}
}

// A readout may add up the steps from the right: spikes, membranes, or a leaky value.
func TestSumsFromTheRight(t *testing.T) {
	for _, of := range []string{"spikes", "membranes", "leaky", "leaky behind a factor"} {
		for steps := 3; steps <= 6; steps++ {
			t.Run(fmt.Sprintf("%s/T=%d", of, steps), func(t *testing.T) {
				s := newSketch(t)
				x := s.input(4)
				var past, terms []*ir.Value
				var leaky *ir.Value
				for range steps {
					var f *ir.Value
					f, past = sjIF14(false)(s, s.dense(1, 5, x), past)
					y := s.dense(2, 3, f)
					if leaky != nil {
						y = s.op(ir.OpAdd, s.op(ir.OpMul, leaky, s.num(0.75)), y)
					}
					if leaky = y; of == "leaky behind a factor" {
						y = s.op(ir.OpMul, y, s.num(0.5))
					}
					terms = append(terms, map[string]*ir.Value{"spikes": f, "membranes": past[0]}[of])
					if terms[len(terms)-1] == nil {
						terms[len(terms)-1] = y
					}
				}
				sum := terms[steps-1]
				for i := steps - 2; i >= 0; i-- {
					sum = s.op(ir.OpAdd, terms[i], sum)
				}
				if net, err := raisedOf(t, s.output(sum)); err != nil {
					t.Error(err)
				} else if net.Steps != steps {
					t.Errorf("%s", ir.Print(net, ""))
				}
			})
		}
	}
}

// A readout may weigh the steps of a leaky value.
func TestWeightedLeakyValue(t *testing.T) {
	for steps := 3; steps <= 5; steps++ {
		s := newSketch(t)
		x := s.input(4)
		var past []*ir.Value
		var leaky, sum *ir.Value
		for step := range steps {
			var y *ir.Value
			y, past = sjIF14(false)(s, s.dense(1, 5, x), past)
			y = s.dense(2, 3, y)
			if leaky != nil {
				y = s.op(ir.OpAdd, s.op(ir.OpMul, leaky, s.num(0.75)), y)
			}
			leaky = y
			term := s.op(ir.OpMul, y, s.num([]float64{0.5, 1.5, -0.25, 2, 3}[step]))
			if sum == nil {
				sum = term
				continue
			}
			sum = s.op(ir.OpAdd, sum, term)
		}
		if net, err := raisedOf(t, s.output(sum)); err != nil {
			t.Errorf("T=%d: %v", steps, err)
		} else if net.Steps != steps {
			t.Errorf("T=%d:\n%s", steps, ir.Print(net, ""))
		}
	}
}
