package passes_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// extremes runs a net on one input, checked against its promised ranges, and
// gives the extremes of a value and of its membrane.
func extremes(t *rapid.T, net *ir.Net, in *ir.Tensor, name string) (result, state ir.Range) {
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = true
	first := true
	_, err = m.Run(map[string]*ir.Tensor{"x": in}, func(_ int, v *ir.Value, r *ir.Tensor, s []*ir.Tensor) {
		if v.Name != name {
			return
		}
		if first {
			result, first = r.Range(), false
			if s != nil {
				state = s[0].Range()
			}
		}
		result = result.Union(r.Range())
		if s != nil {
			state = state.Union(s[0].Range())
		}
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, ir.Print(net, ""))
	}
	return result, state
}

// Inputs made from the weights, all that is positive on or all that is negative,
// bring accumulators and membranes to the very bounds that are promised, and not
// beyond: the widths that engines are given are needed and enough.
func TestBoundsAreReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps, guard := rapid.IntRange(1, 5).Draw(t, "steps"), rapid.IntRange(0, 4).Draw(t, "guard")
		b := ir.NewBuilder("bounds", ir.Fixed, steps)
		must := func(v *ir.Value, err error) *ir.Value {
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		h, w, m := rapid.IntRange(1, 4).Draw(t, "h"), rapid.IntRange(1, 4).Draw(t, "w"), rapid.IntRange(1, 3).Draw(t, "m")
		kernel := rapid.SliceOfN(rapid.Int64Range(-127, 127), m*h*w, m*h*w).Draw(t, "weights")
		x := must(b.Input("x", ir.UintType(rapid.SampledFrom([]int{1, 4, 8}).Draw(t, "bits"), ir.ShapeOf(1, h+1, w)), ir.InputAttrs{}))
		weight := must(b.Const("w", ir.Ints(ir.ShapeOf(m, 1, h, w), kernel)))
		bias := must(b.Const("b", ir.Ints(ir.ShapeOf(m), rapid.SliceOfN(rapid.Int64Range(-500, 500), m, m).Draw(t, "bias"))))
		slots := ir.SlotsNone
		if x.Type.Bits > 1 {
			slots = ir.SlotsPlanes
		}
		acc := must(b.Add(ir.OpConv, "acc", ir.ConvAttrs{Strides: []int{1, 1}, Pads: []int{0, 0, 0, 0}, Dilations: []int{1, 1}, Groups: 1, Slots: slots}, x, weight, bias))
		far := must(b.Const("far", ir.Ints(ir.Shape{}, []int64{1 << 40})))
		neuron := must(b.Add(ir.OpNeuron, "s", ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetZero, When: ir.WhenFire, Guard: guard}, acc, far))
		must(b.Add(ir.OpOutput, "y", nil, must(b.Add(ir.OpSum, "n", nil, neuron))))
		net := b.Net()

		var result, state ir.Range
		for channel := range m {
			for _, sign := range []int64{1, -1} {
				in := ir.NewTensor(x.Type)
				for i, k := range kernel[channel*h*w:][:h*w] {
					if k*sign > 0 {
						in.I[i] = x.Range.Hi
					}
				}
				r, _ := extremes(t, net, in, "acc")
				_, s := extremes(t, net, in, "s")
				result, state = result.Union(r), state.Union(s)
			}
		}
		if result != acc.Range.Union(ir.Range{}) {
			t.Fatalf("the sums reach %v of %v", result, acc.Range)
		}
		if state != neuron.State {
			t.Fatalf("the membrane reaches %v of %v", state, neuron.State)
		}
	})
}

// A leaky readout, and a neuron whose input goes through a current, are within
// the bound of their guard bits: a unit per step and leak, of which β^n are left
// after n, and 2^-10 for the fraction that stands for a leak.
func TestLeakyMembranesAreWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSketch(rt, rapid.IntRange(1, 12).Draw(rt, "steps"))
		beta, alpha := rapid.Float64Range(0.1, 0.95).Draw(rt, "beta"), rapid.Float64Range(0.1, 0.95).Draw(rt, "alpha")
		x, err := s.b.Input("x", ir.SpikeType(ir.ShapeOf(5)), ir.InputAttrs{Per: ir.Step})
		if err != nil {
			rt.Fatal(err)
		}
		// Multiples of 1/128 whose largest is 127/128 are exact in the scale 2^-7.
		drive := s.add(ir.OpLinear, ir.LinearAttrs{}, x, s.scaled(s.weights(1, largest, 3, 5), 1.0/128),
			s.maybe(func() *ir.Value { return s.scaled(s.constant(4, -largest, largest, 3), 1.0/128) }))
		a := ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakFactor}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetNone, When: ir.WhenFire, Silent: true}
		args := make([]*ir.Value, ir.NeuronCurrent+1)
		args[ir.NeuronX], args[ir.NeuronLeak] = drive, s.fill(beta, 1)
		gain := 1.0
		if rapid.Bool().Draw(rt, "current") {
			a.Current, args[ir.NeuronCurrent] = ir.Leak{Kind: ir.LeakFactor}, s.fill(alpha, 1)
			a.Order = rapid.SampledFrom([]ir.Order{ir.OrderBefore, ir.OrderAfter, ir.OrderLate}).Draw(rt, "order")
			gain = 1 / (1 - alpha)
		}
		v := s.add(ir.OpNeuron, a, args...)
		readout := rapid.SampledFrom([]ir.Op{ir.OpLast, ir.OpMaxTime, ir.OpSum}).Draw(rt, "readout")
		s.output(s.add(readout, nil, v))
		net := s.b.Net()
		fixed := apply(rt, net, "lower-leak", "choose-scales", "quantise")
		name := net.All(ir.OpOutput)[0].Name
		unit := fixed.Find(name).Scale.Data.F[0]
		if frac, _ := math.Frexp(unit); frac != 0.5 {
			rt.Fatalf("the readout's scale %v is no power of two", unit)
		}
		for _, in := range irtest.Inputs(net, rapid.Uint64Range(0, 1000).Draw(rt, "seed"), 3) {
			want, got := outputs(rt, net, in)[name], outputs(rt, fixed, in)[name]
			// Rounding: a unit per step in the membrane, and gain of them through the
			// current; half a unit of the bias. Fractions: 2^-10 of the largest membrane
			// that the weights and the bias allow.
			bound := unit*(1+1.5*gain)/(1-beta) + 2*math.Ldexp(6*gain/(1-beta), -10)
			if readout == ir.OpSum {
				bound *= float64(net.Steps)
			}
			for i := range want.F {
				if d := math.Abs(float64(got.I[i])*unit - want.F[i]); d > bound {
					rt.Fatalf("readout %d is off by %v, more than %v\n%s", i, d, bound, ir.Print(fixed, ""))
				}
			}
		}
	})
}

func outputs(t *rapid.T, net *ir.Net, in map[string]*ir.Tensor) map[string]*ir.Tensor {
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = net.Level == ir.Fixed
	out, err := m.Run(in, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, ir.Print(net, ""))
	}
	return out
}

// scaled multiplies a constant in place.
func (s *sketch) scaled(v *ir.Value, by float64) *ir.Value {
	for i := range v.Const().F {
		v.Const().F[i] *= by
	}
	return v
}

// Token-axis batch-norm in front of an addition: the error of the powers of two is within an
// eleventh of the factor at two digits, and is reported.
func TestTokenFactorsAreWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newSketch(rt, 1)
		x := s.input(ir.SpikeType(ir.Shape{}), 2, 1, 4)
		one := ir.ConvAttrs{Strides: []int{1, 1}, Pads: []int{0, 0, 0, 0}, Dilations: []int{1, 1}, Groups: 1}
		h := s.add(ir.OpConv, one, x, s.scaled(s.weights(1, largest, 3, 2, 1, 1), 1.0/128))
		z := s.add(ir.OpConv, one, x, s.scaled(s.weights(1, largest, 3, 2, 1, 1), 1.0/128))
		factor := ir.NewTensor(ir.RealType(ir.ShapeOf(1, 1, 4)))
		for i := range factor.F {
			factor.F[i] = rapid.Float64Range(-3, 3).Draw(rt, "factor")
		}
		scaled := s.add(ir.OpMul, nil, z, s.data(factor))
		s.output(s.add(ir.OpAdd, nil, h, scaled))
		net := s.b.Net()
		p, _ := passes.Named("choose-scales")
		q, _ := passes.Named("quantise")
		told := 0
		o := &passes.Options{CSDDigits: 2, Note: func(*ir.Value, string) { told++ }}
		chosen, err := passes.Apply(p, net, o)
		if err != nil {
			rt.Fatal(err)
		}
		fixed, err := passes.Apply(q, chosen, o)
		if err != nil {
			rt.Fatal(err)
		}
		if told == 0 {
			rt.Fatal("nothing was told")
		}
		name := net.All(ir.OpOutput)[0].Name
		unit := fixed.Find(name).Scale.Data.F[0]
		for _, in := range irtest.Inputs(net, rapid.Uint64Range(0, 1000).Draw(rt, "seed"), 3) {
			want, got := outputs(rt, net, in)[name], outputs(rt, fixed, in)[name]
			for i := range want.F {
				bound := 2*math.Abs(factor.F[i%4])/11 + 2*unit
				if d := math.Abs(float64(got.I[i])*unit - want.F[i]); d > bound {
					rt.Fatalf("element %d is off by %v, more than %v\n%s", i, d, bound, ir.Print(fixed, ""))
				}
			}
		}
	})
}
