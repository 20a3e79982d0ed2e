package passes_test

import (
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
)

// largest is the weight in each row of the nets here. It is the largest of 8
// bits, so that the scale at which weights fit is 1, and integer thresholds keep it.
const largest = 127

// current draws the input of a neuron: a convolution, or two that are added, one of them coarser by
// a power of two; moved, pooled, or normalised with either sign.
func (s *sketch) current(x *ir.Value) *ir.Value {
	v := s.conv(x, 1, largest)
	isLinear := s.pick("linear", 0, 3) == 0
	if isLinear { // over the last axis
		n := s.pick("n", 1, 4)
		v = s.add(ir.OpLinear, ir.LinearAttrs{}, x, s.weights(1, largest, n, x.Type.Shape.Dim(2)), s.maybe(func() *ir.Value { return s.constant(4, -9, 9, n) }))
	} else if rapid.Bool().Draw(s.t, "join") {
		w, shift := v.Args[1].Type.Shape, 1<<s.pick("shift", 0, 3)
		coarse := s.weights(1, largest, w.Dims()...)
		for i := range coarse.Const().F {
			coarse.Const().F[i] *= float64(shift)
		}
		other := s.add(ir.OpConv, v.Attrs, x, coarse, s.maybe(func() *ir.Value { return s.constant(4, -9, 9, w.Dim(0)) }))
		v = s.add([]ir.Op{ir.OpAdd, ir.OpSub}[s.pick("sub", 0, 1)], nil, v, other)
	}
	c := v.Type.Shape.Dim(0)
	if rapid.Bool().Draw(s.t, "channels") { // R2 over channels: any sign
		dims, scales := []int{c, 1, 1}, []float64{-2, -1, -0.5, 0.5, 1, 2}
		if isLinear { // pools below have one scale for the outputs of a linear
			dims, scales = []int{1, 1, v.Type.Shape.Dim(2)}, []float64{-1, 1}
		}
		v = s.add(ir.OpMul, nil, v, s.choice(scales, dims...))
		v = s.add(ir.OpAdd, nil, v, s.constant(4, -9, 9, dims...))
	}
	switch s.pick("move", 0, 6) {
	case 4: // R7: a mean of currents
		if v.Type.Shape.Dim(1) > 1 {
			v = s.add(ir.OpAvgPool, ir.AvgPoolAttrs{Kernel: []int{2, 1}, Strides: []int{1, 2}, Pads: []int{0, 0, 1, 0}, Dilations: []int{1, 1}, CountPad: true}, v)
		}
	case 5:
		v = s.add(ir.OpSlice, ir.SliceAttrs{Axis: 2, Start: v.Type.Shape.Dim(2) - 1, Count: v.Type.Shape.Dim(2), Step: -1}, v)
	case 0:
		if v.Type.Shape.Dim(1) > 1 {
			v = s.add(ir.OpMaxPool, ir.PoolAttrs{Kernel: []int{2, 1}, Strides: []int{1, 1}, Pads: []int{0, 0, 1, 0}, Dilations: []int{1, 1}}, v)
		}
	case 1:
		v = s.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{2, 0, 1}}, v)
	case 2:
		v = s.add(ir.OpConcat, ir.AxisAttrs{Axis: 0}, v, s.add(ir.OpNeg, nil, v))
	case 3: // R2 over tokens: any sign, and 0
		v = s.add(ir.OpMul, nil, v, s.choice([]float64{-2, -1, -0.5, 0, 0.5, 1, 2}, 1, 1, v.Type.Shape.Dim(2)))
		v = s.add(ir.OpAdd, nil, v, s.constant(4, -9, 9, 1, 1, v.Type.Shape.Dim(2)))
	}
	return v
}

func (s *sketch) choice(of []float64, dims ...int) *ir.Value {
	data := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	for i := range data.F {
		data.F[i] = rapid.SampledFrom(of).Draw(s.t, "choice")
	}
	return s.data(data)
}

// neuron draws an exact neuron (R5): its leak is a power of two, its thresholds
// are multiples of 2, so that they stay integers behind any factor here, and
// often small, so that sums meet them.
func (s *sketch) neuron(x *ir.Value) *ir.Value {
	a := ir.NeuronAttrs{
		Leak:    rapid.SampledFrom([]ir.Leak{{Kind: ir.LeakNone}, {Kind: ir.LeakAll}, {Kind: ir.LeakShift, K: 1}, {Kind: ir.LeakShift, K: 2}}).Draw(s.t, "leak"),
		Round:   ir.RoundFloor,
		Compare: rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(s.t, "compare"),
		Reset:   rapid.SampledFrom([]ir.Reset{ir.ResetNone, ir.ResetZero, ir.ResetValue, ir.ResetSubtract}).Draw(s.t, "reset"),
		When:    rapid.SampledFrom([]ir.When{ir.WhenFire, ir.WhenNext}).Draw(s.t, "when"),
	}
	if a.Compare == ir.GT {
		a.Round = ir.RoundCeil
	}
	args := make([]*ir.Value, ir.NeuronInit+1)
	threshold := ir.NewTensor(ir.RealType(ir.ShapeOf(1, 1, 1)))
	if rapid.Bool().Draw(s.t, "per channel") {
		threshold = ir.NewTensor(ir.RealType(ir.ShapeOf(x.Type.Shape.Dim(0), 1, 1)))
	}
	most := rapid.SampledFrom([]int{3, 200}).Draw(s.t, "most")
	for i := range threshold.F {
		threshold.F[i] = float64(2 * s.pick("threshold", 1, most))
	}
	args[ir.NeuronX], args[ir.NeuronThreshold] = x, s.data(threshold)
	if a.Reset == ir.ResetValue || a.Reset == ir.ResetSubtract {
		args[ir.NeuronReset] = s.constant(1, -most, most, 1, 1, 1)
	}
	args[ir.NeuronBias] = s.maybe(func() *ir.Value { return s.constant(2, -9, 9, x.Type.Shape.Dim(0), 1, 1) })
	args[ir.NeuronInit] = s.maybe(func() *ir.Value { return s.constant(2, -most, most, 1, 1, 1) })
	return s.add(ir.OpNeuron, a, args...)
}

// spikes combines spikes as residual blocks do.
func (s *sketch) combined(a, b *ir.Value) *ir.Value {
	if a.Type.Shape != b.Type.Shape {
		return b
	}
	op := rapid.SampledFrom([]ir.Op{ir.OpAdd, ir.OpAnd, ir.OpOr, ir.OpXor, ir.OpAndNot, ir.OpSub}).Draw(s.t, "combine")
	return s.add(op, nil, a, b)
}

// Where all numbers are exact the fixed net fires and answers as the real one
// does, without tolerance: R1 to R11 and R16 on nets of convolutions with any
// geometry, joins, batch-norms with negative and zero scales, pools of currents,
// words from residual sums, delayed and immediate resets, and ties. No value and
// no membrane leaves its promised range.
func TestFixedIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSketch(t, s1to4(t))
		elem := rapid.SampledFrom([]int{1, 4, 8}).Draw(t, "bits")
		x := s.input(ir.UintType(elem, ir.Shape{}), s.draw(1, 3), s.draw(1, 5), s.draw(1, 5))
		a := s.neuron(s.current(x))
		b := s.neuron(s.current(s.combined(a, s.neuron(s.current(a)))))
		count := s.add(ir.OpSum, nil, s.flat(b))
		s.output(count)
		s.output(s.add(ir.OpLinear, ir.LinearAttrs{}, count, s.weights(1, largest, 3, b.Type.Size()), s.constant(1, -50, 50, 3)))
		after := apply(t, s.b.Net(), "fold-pooling", "lower-batch-norm", "absorb-affine", "merge-neurons", "choose-scales", "quantise")
		both(t, s.b.Net(), after, uint64(s.pick("seed", 0, 1000)))
	})
}

func s1to4(t *rapid.T) int { return rapid.IntRange(1, 4).Draw(t, "steps") }

func (s *sketch) draw(lo, hi int) int { return s.pick("extent", lo, hi) }
