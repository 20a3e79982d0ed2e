package passes_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/metrics"
)

// mixture is a random net with all that units are chosen for: layers, sums of unlike
// scales, factors, membranes that are read and values without weights, in any order.
// Values are [tokens, channels].
type mixture struct {
	*sketch
	spikes, reals, ends []*ir.Value
}

func (m *mixture) from(list []*ir.Value, label string) *ir.Value {
	return list[rapid.IntRange(0, len(list)-1).Draw(m.t, label)]
}

// some are numbers of any size, of which many are alike, whole or 0.
func (m *mixture) some(dims ...int) *ir.Value {
	data := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	size := rapid.SampledFrom([]float64{1, 1, 1, 0.01, 100}).Draw(m.t, "size")
	kind := rapid.SampledFrom([]string{"any", "any", "any", "zero", "whole", "same"}).Draw(m.t, "kind")
	same := float64(rapid.IntRange(-2000, 2000).Draw(m.t, "same")) / 999
	for i := range data.F {
		switch kind {
		case "any":
			data.F[i] = size * float64(rapid.IntRange(-2000, 2000).Draw(m.t, "n")) / 999
		case "whole":
			data.F[i] = size * same * float64(rapid.IntRange(-9, 9).Draw(m.t, "n"))
		case "same":
			data.F[i] = size * same
		}
	}
	return m.data(data)
}

// positive is like some, without signs and zeros.
func (m *mixture) positive(dims ...int) *ir.Value {
	v := m.some(dims...)
	for i, f := range v.Const().F {
		v.Const().F[i] = math.Abs(f) + 0.05
	}
	return v
}

// entries are the extents of a constant that goes with [tokens, channels].
func (m *mixture) entries(v *ir.Value) []int {
	s := v.Type.Shape
	return rapid.SampledFrom([][]int{{1, 1}, {1, s.Dim(1)}, {s.Dim(0), 1}, {s.Dim(0), s.Dim(1)}}).Draw(m.t, "entries")
}

func (m *mixture) layer(x *ir.Value) *ir.Value {
	n := m.pick("n", 1, 4)
	return m.add(ir.OpLinear, ir.LinearAttrs{}, x, m.some(n, x.Type.Shape.Dim(1)), m.maybe(func() *ir.Value { return m.some(n) }))
}

func (m *mixture) leak() (ir.Leak, *ir.Value) {
	beta := rapid.SampledFrom([]float64{0, 0.5, 0.75, 0.9, 1, 0.3}).Draw(m.t, "beta")
	return ir.Leak{Kind: ir.LeakFactor}, m.fill(beta)
}

// fires is a neuron of any kind on a value; silent, its membrane.
func (m *mixture) fires(x *ir.Value, silent bool) *ir.Value {
	a := ir.NeuronAttrs{Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetNone, When: ir.WhenFire, Silent: silent}
	args := make([]*ir.Value, ir.NeuronCurrent+1)
	args[ir.NeuronX] = x
	a.Leak, args[ir.NeuronLeak] = m.leak()
	if m.pick("current", 0, 3) == 0 {
		a.Current, args[ir.NeuronCurrent] = m.leak()
		a.Order = rapid.SampledFrom([]ir.Order{ir.OrderBefore, ir.OrderAfter, ir.OrderLate}).Draw(m.t, "order")
	}
	args[ir.NeuronBias] = m.maybe(func() *ir.Value { return m.some(m.entries(x)...) })
	if silent {
		return m.add(ir.OpNeuron, a, args...)
	}
	args[ir.NeuronInit] = m.maybe(func() *ir.Value { return m.some(1, 1) })
	args[ir.NeuronThreshold] = m.positive(m.entries(x)...)
	a.Compare = rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(m.t, "compare")
	a.Reset = rapid.SampledFrom([]ir.Reset{ir.ResetNone, ir.ResetZero, ir.ResetValue, ir.ResetSubtract}).Draw(m.t, "reset")
	a.When = rapid.SampledFrom([]ir.When{ir.WhenFire, ir.WhenNext}).Draw(m.t, "when")
	if a.Reset == ir.ResetValue || a.Reset == ir.ResetSubtract {
		args[ir.NeuronReset] = m.some(1, 1)
	}
	return m.add(ir.OpNeuron, a, args...)
}

// combined is one of the ops that bring values together, or moves one.
func (m *mixture) combined(list []*ir.Value) *ir.Value {
	a, b := m.from(list, "a"), m.from(list, "b")
	same := a.Type.Shape == b.Type.Shape
	switch m.pick("combine", 0, 9) {
	case 0, 1:
		return m.add(rapid.SampledFrom([]ir.Op{ir.OpMul, ir.OpAdd, ir.OpSub}).Draw(m.t, "op"), nil, a, m.some(m.entries(a)...))
	case 2, 3:
		if same {
			return m.add(rapid.SampledFrom([]ir.Op{ir.OpAdd, ir.OpSub, ir.OpMax, ir.OpMin}).Draw(m.t, "op"), nil, a, b)
		}
	case 4:
		if a.Type.Shape.Dim(0) == b.Type.Shape.Dim(0) && a.Type.IsReal() == b.Type.IsReal() {
			return m.add(ir.OpConcat, ir.AxisAttrs{Axis: 1}, a, b)
		}
	case 5:
		op := rapid.SampledFrom([]ir.Op{ir.OpReduceSum, ir.OpReduceMax, ir.OpReduceMean}).Draw(m.t, "op")
		return m.add(op, ir.ReduceAttrs{Axes: []int{m.pick("axis", 0, 1)}, Keep: true}, a)
	case 6:
		return m.add(ir.OpMap, ir.MapAttrs{Fn: rapid.SampledFrom([]ir.Fn{ir.FnRelu, ir.FnAbs}).Draw(m.t, "fn")}, a)
	case 7:
		return m.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{1, 0}}, a)
	case 8:
		if s := m.from(m.spikes, "chooser"); s.Clock <= a.Clock || a.Clock == ir.Step {
			if s.Type.Shape.Dim(1) == a.Type.Shape.Dim(0) && (s.Clock == ir.Step) == (a.Clock == ir.Step) {
				return m.add(ir.OpMatmul, nil, s, a)
			}
		}
	}
	return m.add(ir.OpNeg, nil, a)
}

func (m *mixture) grow() {
	switch m.pick("grow", 0, 10) {
	case 0, 1:
		m.reals = append(m.reals, m.layer(m.from(m.spikes, "x")))
	case 10:
		m.reals = append(m.reals, m.layer(m.from(m.reals, "x")))
	case 2:
		m.reals = append(m.reals, m.fires(m.from(m.reals, "x"), true))
	case 3:
		m.reals = append(m.reals, m.fires(m.from(m.spikes, "x"), true))
	case 4:
		m.spikes = append(m.spikes, m.fires(m.from(m.spikes, "x"), false))
	case 5, 6:
		m.spikes = append(m.spikes, m.fires(m.from(m.reals, "x"), false))
	default:
		if v := m.combined(append(append([]*ir.Value{}, m.reals...), m.from(m.spikes, "x"))); v.Type.IsReal() {
			m.reals = append(m.reals, v)
		}
	}
}

// read reads a value out, and does something more with the readout.
func (m *mixture) read() {
	v := m.from(append(append([]*ir.Value{}, m.reals...), m.from(m.spikes, "x")), "read")
	if v.Clock == ir.Step {
		v = m.add(rapid.SampledFrom([]ir.Op{ir.OpSum, ir.OpLast, ir.OpMaxTime}).Draw(m.t, "readout"), nil, v)
	}
	m.ends = append(m.ends, v)
	for range m.pick("more", 0, 2) {
		if v := m.combined(m.ends); v.Clock == ir.End {
			m.ends = append(m.ends, v)
		}
	}
	if !v.Type.IsReal() && rapid.Bool().Draw(m.t, "readout layer") {
		m.ends = append(m.ends, m.layer(v))
	}
}

func drawMixture(t *rapid.T) *ir.Net {
	m := &mixture{sketch: newSketch(t, rapid.IntRange(1, 6).Draw(t, "steps"))}
	elem := rapid.SampledFrom([]ir.Type{ir.SpikeType(ir.Shape{}), ir.UintType(8, ir.Shape{})}).Draw(t, "elem")
	x, err := m.b.Input("x", elem.WithShape(ir.ShapeOf(m.pick("tokens", 1, 3), m.pick("channels", 1, 3))), ir.InputAttrs{Per: ir.Step})
	if err != nil {
		t.Fatal(err)
	}
	m.reals = append(m.reals, m.layer(x))
	m.spikes = append(m.spikes, m.fires(m.reals[0], false))
	for range m.pick("size", 0, 6) {
		m.grow()
	}
	for range m.pick("outputs", 1, 2) {
		m.read()
		m.output(m.ends[len(m.ends)-1])
	}
	return ir.Prune(m.b.Net())
}

// lowered returns the net that choose-scales takes, the fixed net, and the bounds
// stated about it. A refusal is an error.
func lowered(net *ir.Net) (real, fixed *ir.Net, bounds []*ir.Bound, err error) {
	o := &passes.Options{Bound: func(b *ir.Bound) { bounds = append(bounds, b) }}
	fixed, err = passes.Lower(net, ir.Fixed, "", o, func(p passes.Pass, n *ir.Net) {
		if p.Name == "lower-leak" {
			real = n
		}
	})
	return real, fixed, bounds, err
}

// The bounds stated about a value hold on any net, up to the first spike that differs
// from that of real numbers, and no net breaks a pass.
func TestStatedBoundsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := drawMixture(t)
		real, fixed, bounds, err := lowered(net)
		var bug *passes.Bug
		if errors.As(err, &bug) {
			t.Fatal(err)
		}
		if err != nil {
			t.Logf("refused: %v", err)
			t.Skip()
		}
		b, err := metrics.NewBounds(real, fixed, bounds)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range irtest.Inputs(net, rapid.Uint64Range(0, 1000).Draw(t, "seed"), 4) {
			if err := b.Run(in); err != nil {
				t.Fatalf("%v\n%s\n%s", err, ir.Print(real, ""), ir.Print(fixed, ""))
			}
		}
	})
}
