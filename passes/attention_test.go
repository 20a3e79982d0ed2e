package passes_test

import (
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
)

// tokens draws neurons behind a linear layer over the channels of tokens [heads, tokens, channels].
func (s *sketch) tokens(x *ir.Value, channels int) *ir.Value {
	return s.neuron(s.linear(x, channels))
}

func (s *sketch) linear(x *ir.Value, channels int) *ir.Value {
	in := x.Type.Shape.Dim(x.Type.Shape.Rank() - 1)
	return s.add(ir.OpLinear, ir.LinearAttrs{}, x, s.weights(1, largest, channels, in))
}

func (s *sketch) matmul(a, b *ir.Value) *ir.Value { return s.add(ir.OpMatmul, nil, a, b) }

// turned exchanges tokens and channels.
func (s *sketch) turned(x *ir.Value) *ir.Value {
	return s.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{0, 2, 1}}, x)
}

// byPower multiplies by a power of two, one for all or one per head, or not at all.
func (s *sketch) byPower(x *ir.Value, perHead bool) *ir.Value {
	powers := []float64{0.125, 0.25, 0.5, 1, 2, 4}
	switch n := s.pick("scale", 0, 2); {
	case n == 0:
		return s.add(ir.OpMul, nil, x, s.choice(powers))
	case n == 1 && perHead:
		return s.add(ir.OpMul, nil, x, s.choice(powers, x.Type.Shape.Dim(0), 1, 1))
	}
	return x
}

// joined has the channels of all heads side by side.
func (s *sketch) joined(x *ir.Value) *ir.Value {
	shape := x.Type.Shape
	x = s.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 0, 2}}, x)
	return s.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{1, shape.Dim(1), shape.Dim(0) * shape.Dim(2)}}, x)
}

// mixed draws attention: spikes that meet, of either side first, and scales
// wherever models have them; or masks, or sums of weights that spikes choose.
func (s *sketch) mixed(x *ir.Value, perHead bool) *ir.Value {
	d := s.pick("channels", 1, 4)
	q, k, v := s.tokens(x, d), s.tokens(x, d), s.tokens(x, d)
	switch s.pick("attention", 0, 6) {
	case 0: // (q·kᵀ)·v
		return s.byPower(s.matmul(s.byPower(s.matmul(q, s.turned(k)), perHead), v), perHead)
	case 1: // q·(kᵀ·v)
		return s.byPower(s.matmul(q, s.byPower(s.matmul(s.turned(k), v), perHead)), perHead)
	case 2: // q and a mask of all tokens
		sum := s.add(ir.OpReduceSum, ir.ReduceAttrs{Axes: []int{1}, Keep: true}, s.add(ir.OpAnd, nil, k, v))
		return s.add(ir.OpAnd, nil, q, s.neuron(s.byPower(sum, true)))
	case 3: // (q·kᵀ)·v, where no neurons are behind the weights of v
		return s.matmul(s.neuron(s.byPower(s.matmul(q, s.turned(k)), true)), s.linear(x, d))
	}
	return s.gated(x, q, k, v)
}

// gated draws numbers that are let through where there are spikes.
func (s *sketch) gated(x, q, k, v *ir.Value) *ir.Value {
	sum := s.add(ir.OpReduceSum, ir.ReduceAttrs{Axes: []int{1}, Keep: true}, s.add(ir.OpAnd, nil, k, v))
	switch s.pick("gate", 0, 2) {
	case 0:
		return s.add(ir.OpMul, nil, q, s.byPower(sum, false))
	case 1:
		return s.add(ir.OpMul, nil, s.linear(x, q.Type.Shape.Dim(2)), q)
	}
	return s.matmul(s.linear(x, q.Type.Shape.Dim(2)), s.turned(k))
}

// Attention on spikes (R12) fires and answers as in real numbers, without tolerance: factors go
// into the neurons and weights behind it, and spikes choose the multiplied numbers.
func TestAttentionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSketch(t, s1to4(t))
		x := s.input(ir.UintType(s.pick("bits", 1, 4), ir.Shape{}), s.draw(1, 3), s.draw(1, 5), s.draw(1, 4))
		projected := rapid.Bool().Draw(t, "projected") // by weights, whose rounding is exact for one scale
		v := s.mixed(s.tokens(x, s.draw(1, 4)), !projected)
		s.output(s.add(ir.OpSum, nil, v))
		if v.Type.IsSpike() || projected && len(weightsBehind(v)) == 0 {
			v = s.linear(s.joined(v), s.draw(1, 3))
		}
		s.output(s.add(ir.OpSum, nil, s.neuron(v)))
		after := apply(t, s.b.Net(), "absorb-affine", "merge-neurons", "fold-gain", "choose-scales", "quantise")
		both(t, s.b.Net(), after, uint64(s.pick("seed", 0, 1000)))
	})
}

// weightsBehind are the linear layers that a product reads without neurons between.
func weightsBehind(v *ir.Value) (out []*ir.Value) {
	for _, a := range v.Args {
		if a.Type.IsReal() && a.Op == ir.OpLinear {
			out = append(out, a)
		}
	}
	return out
}

// A factor that is no power of two goes into the threshold too: 3·n ≥ θ is
// n ≥ ⌈θ/3⌉, as long as the membrane is made of whole inputs.
func TestAnyFactorOfAttentionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSketch(t, s1to4(t))
		q := s.input(ir.SpikeType(ir.Shape{}), s.draw(1, 2), s.draw(1, 5), s.draw(1, 7))
		k := s.input(ir.SpikeType(ir.Shape{}), q.Type.Shape.Dim(0), s.draw(1, 5), q.Type.Shape.Dim(2))
		scores := s.add(ir.OpMul, nil, s.matmul(q, s.turned(k)), s.choice([]float64{3, 7, 12}))
		a := ir.NeuronAttrs{Round: ir.RoundFloor, When: ir.WhenFire, Leak: rapid.SampledFrom([]ir.Leak{{Kind: ir.LeakNone}, {Kind: ir.LeakAll}}).Draw(t, "leak"),
			Compare: rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(t, "compare"), Reset: rapid.SampledFrom([]ir.Reset{ir.ResetNone, ir.ResetZero}).Draw(t, "reset")}
		s.output(s.add(ir.OpSum, nil, s.add(ir.OpNeuron, a, scores, s.constant(1, 1, 60, 1, 1, 1))))
		after := apply(t, s.b.Net(), "absorb-affine", "fold-gain", "choose-scales", "quantise")
		both(t, s.b.Net(), after, uint64(s.pick("seed", 0, 1000)))
	})
}
