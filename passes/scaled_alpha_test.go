package passes

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/rewrite"
)

// scaledBy multiplies the current of a cell by a number, or one for each neuron.
func scaledBy(c cell, factors ...float64) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		k := rewrite.Scalar(factors[0])
		if len(factors) > 1 {
			k = ir.NewTensor(ir.RealType(x.Type.Shape))
			for i := range k.F {
				k.F[i] = factors[i%len(factors)]
			}
		}
		return c(s, s.op(ir.OpMul, x, s.tensor(k)), past)
	}
}

// A factor between the weights and snnTorch's Alpha belongs to the current, not to
// the neuron: it is the same in every step, also where its operand is.
func TestAlphaBehindFactor(t *testing.T) {
	irtest.Long(t)
	for _, reset := range []string{"alpha", "alpha none", "alpha by product"} {
		n := drawn{alpha: 0.875, beta: 0.5, threshold: 0.5, reset: reset}
		for _, factors := range [][]float64{{0.5}, {3}, {0.5, 2, -1.5}} {
			for steps := 3; steps <= 5; steps++ {
				net, err := raisedOf(t, mlp(t, scaledBy(n.cell, factors...), steps, "sum", nil))
				if err != nil {
					t.Errorf("%s, factors %v, T=%d: %v", reset, factors, steps, err)
					continue
				}
				neurons := net.All(ir.OpNeuron)
				if len(neurons) != 2 || net.Steps != steps || neurons[0].Attrs != n.want() || neurons[1].Attrs != n.want() {
					t.Errorf("%s, factors %v, T=%d:\n%s", reset, factors, steps, ir.Print(net, ""))
				}
			}
		}
	}
}
