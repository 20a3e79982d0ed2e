package passes

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/runtime/interp"
	"pgregory.net/rapid"
)

// sketch writes nets as an exporter would: every step out in full, with a batch axis.
type sketch struct {
	t     testing.TB
	b     *ir.Builder
	count int
}

func newSketch(t testing.TB) *sketch {
	return &sketch{t: t, b: ir.NewBuilder("unrolled", ir.Source, 1)}
}

func (s *sketch) typed(op ir.Op, attrs ir.Attrs, typ ir.Type, args ...*ir.Value) *ir.Value {
	s.t.Helper()
	s.count++
	v, err := s.b.AddTyped(op, fmt.Sprintf("%v_%d", op, s.count), attrs, typ, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *sketch) op(op ir.Op, args ...*ir.Value) *ir.Value {
	return s.typed(op, nil, ir.Type{}, args...)
}

func (s *sketch) num(f float64) *ir.Value { return s.tensor(rewrite.Scalar(f)) }

func (s *sketch) tensor(t *ir.Tensor) *ir.Value {
	return s.typed(ir.OpConst, ir.ConstAttrs{Data: t}, t.Type)
}

func (s *sketch) like(v *ir.Value, f float64) *ir.Value {
	return s.tensor(rewrite.Uniform(v.Type.Shape, f))
}

func (s *sketch) compare(is ir.Compare, a, b *ir.Value) *ir.Value {
	return s.typed(ir.OpCompare, ir.CompareAttrs{Is: is}, ir.Type{}, a, b)
}

// spike is the comparison as a real number.
func (s *sketch) spike(is ir.Compare, a, b *ir.Value) *ir.Value {
	c := s.compare(is, a, b)
	return s.typed(ir.OpCast, nil, ir.RealType(c.Type.Shape), c)
}

func (s *sketch) input(size int) *ir.Value {
	v, err := s.b.Input("x", ir.RealType(ir.ShapeOf(1, size)), ir.InputAttrs{})
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *sketch) output(v *ir.Value) *ir.Net {
	if _, err := s.b.Add(ir.OpOutput, "y", nil, v); err != nil {
		s.t.Fatal(err)
	}
	net := s.b.Net()
	if err := ir.Verify(net); err != nil {
		s.t.Fatal(err)
	}
	return net
}

// dense is a layer of weights; the same seed gives the same weights.
func (s *sketch) dense(seed, n int, x *ir.Value) *ir.Value {
	k := x.Type.Shape.Dim(1)
	w, b := ir.NewTensor(ir.RealType(ir.ShapeOf(n, k))), ir.NewTensor(ir.RealType(ir.ShapeOf(n)))
	state := uint32(seed)*7919 + 1
	for i := range w.F {
		state = state*1664525 + 1013904223
		w.F[i] = float64(int32(state)>>24) / 128
	}
	for i := range b.F {
		state = state*1664525 + 1013904223
		b.F[i] = float64(int32(state)>>24) / 512
	}
	return s.typed(ir.OpLinear, ir.LinearAttrs{}, ir.Type{}, x, s.tensor(w), s.tensor(b))
}

// cell is a neuron's step as a framework computes it: from the input and the state before (nil in
// the first) to the spike and its state.
type cell func(s *sketch, x *ir.Value, past []*ir.Value) (spike *ir.Value, left []*ir.Value)

// sjLIF is SpikingJelly's LIF with input decay: V + (x − (V − v))/τ, reset to v.
func sjLIF(tau, reset float64) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		v := s.like(x, reset)
		if past != nil {
			v = past[0]
		}
		h := s.op(ir.OpAdd, v, s.op(ir.OpDiv, s.op(ir.OpSub, x, s.op(ir.OpSub, v, s.num(reset))), s.num(tau)))
		f := s.spike(ir.GE, s.op(ir.OpSub, h, s.num(1)), s.num(0))
		v = s.op(ir.OpAdd, s.op(ir.OpMul, f, s.num(reset)), s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), h))
		return f, []*ir.Value{v}
	}
}

// sjIF14 is SpikingJelly 0.14's IF with a soft reset, or a hard one written with a negation.
func sjIF14(soft bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		h := s.op(ir.OpAdd, s.like(x, 0), x)
		if past != nil {
			h = s.op(ir.OpAdd, past[0], x)
		}
		f := s.spike(ir.GE, h, s.num(0.75))
		if soft {
			return f, []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, f, s.num(0.75)))}
		}
		keep := s.op(ir.OpAdd, s.op(ir.OpNeg, f), s.num(1))
		return f, []*ir.Value{s.op(ir.OpAdd, s.op(ir.OpMul, f, s.num(0)), s.op(ir.OpMul, keep, h))}
	}
}

// sjPLIF decays by a factor per neuron; soft resets act before the decay.
func sjPLIF(soft bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		rate := ir.NewTensor(ir.RealType(ir.ShapeOf(1, x.Type.Shape.Dim(1))))
		for i := range rate.F {
			rate.F[i] = float64(float32(0.2 + 0.1*float64(i%4)))
		}
		v := s.like(x, 0)
		if past != nil {
			v = past[0]
		}
		h := s.op(ir.OpAdd, v, s.op(ir.OpMul, s.op(ir.OpSub, x, v), s.tensor(rate)))
		f := s.spike(ir.GE, h, s.num(0.5))
		if soft {
			return f, []*ir.Value{s.op(ir.OpSub, h, s.op(ir.OpMul, f, s.num(0.5)))}
		}
		return f, []*ir.Value{s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), f), h)}
	}
}

// snnLeaky is snnTorch's Leaky: strict, the reset of a spike acts at the next
// step. again compares a second time instead of reading the spike.
func snnLeaky(again, zero bool) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		threshold, beta := s.num(0.75), s.num(0.5)
		v, r := s.like(x, 0), s.like(x, 0)
		if past != nil {
			v, r = past[0], past[1]
			if again {
				r = s.spike(ir.GT, s.op(ir.OpSub, v, s.num(0.75)), s.num(0))
			}
		}
		var h *ir.Value
		if zero {
			h = s.op(ir.OpAdd, s.op(ir.OpMul, beta, s.op(ir.OpMul, s.op(ir.OpSub, s.num(1), r), v)), x)
		} else {
			h = s.op(ir.OpSub, s.op(ir.OpAdd, s.op(ir.OpMul, beta, v), x), s.op(ir.OpMul, r, threshold))
		}
		f := s.spike(ir.GT, s.op(ir.OpSub, h, threshold), s.num(0))
		return s.op(ir.OpMul, f, s.num(1)), []*ir.Value{h, f}
	}
}

// whereLIF writes comparison and reset with where, and ≥ as ≤ the other way round.
func whereLIF(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
	v := s.like(x, 0)
	if past != nil {
		v = past[0]
	}
	h := s.op(ir.OpAdd, s.op(ir.OpMul, v, s.num(0.25)), x)
	c := s.compare(ir.LE, s.num(0.75), h)
	f := s.op(ir.OpWhere, c, s.like(x, 1), s.like(x, 0))
	return f, []*ir.Value{s.op(ir.OpWhere, c, s.like(x, 0), h)}
}

// recurrent adds weights times the layer's own last spikes to the input of a cell.
func recurrent(c cell) cell {
	return func(s *sketch, x *ir.Value, past []*ir.Value) (*ir.Value, []*ir.Value) {
		spikes, inner := s.like(x, 0), []*ir.Value(nil)
		if past != nil {
			spikes, inner = past[0], past[1:]
		}
		f, left := c(s, s.op(ir.OpAdd, x, s.dense(9, x.Type.Shape.Dim(1), spikes)), inner)
		return f, append([]*ir.Value{f}, left...)
	}
}

// mlp is two layers of a cell and a linear readout; change may spoil the cell of a step.
func mlp(t testing.TB, c cell, steps int, readout string, change func(layer, step int) cell) *ir.Net {
	s := newSketch(t)
	x := s.input(5)
	past := make([][]*ir.Value, 2)
	var out []*ir.Value
	for step := range steps {
		v := s.dense(1, 6, x)
		for layer := range past {
			c := c
			if change != nil && change(layer, step) != nil {
				c = change(layer, step)
			}
			v, past[layer] = c(s, v, past[layer])
			if layer == 0 {
				v = s.dense(2, 6, v)
			}
		}
		if readout != "count" {
			v = s.dense(3, 3, v)
		}
		out = append(out, v)
	}
	return s.output(readoutOf(s, readout, out))
}

func readoutOf(s *sketch, readout string, out []*ir.Value) *ir.Value {
	if readout == "stack" {
		var parts []*ir.Value
		for _, v := range out {
			parts = append(parts, s.typed(ir.OpReshape, ir.ShapeAttrs{Shape: []int{1, 1, v.Type.Shape.Dim(1)}}, ir.Type{}, v))
		}
		return s.typed(ir.OpReduceMean, ir.ReduceAttrs{Axes: []int{0}}, ir.Type{},
			s.typed(ir.OpConcat, ir.AxisAttrs{}, ir.Type{}, parts...))
	}
	sum := out[0]
	for _, v := range out[1:] {
		sum = s.op(ir.OpAdd, sum, v)
	}
	if readout == "mean" {
		sum = s.op(ir.OpDiv, sum, s.num(float64(len(out))))
	}
	return sum
}

// raise runs the source level's passes, and holds the results of each against
// the net before it.
func raisedOf(t *testing.T, n *ir.Net) (*ir.Net, error) {
	t.Helper()
	for _, p := range All {
		if p.From != ir.Source {
			continue
		}
		next, err := Apply(p, n, &Options{})
		if err != nil {
			return n, err
		}
		same(t, p.Name, n, next)
		n = next
	}
	return n, nil
}

// same demands that two nets give the same outputs: exactly, up to the last bits
// where real numbers are no longer rounded to float32.
func same(t rapid.TB, pass string, before, after *ir.Net) {
	t.Helper()
	a, b := machine(t, before), machine(t, after)
	for i, in := range irtest.Inputs(after, 3, 12) {
		old := map[string]*ir.Tensor{}
		for _, v := range before.All(ir.OpInput) {
			data := *in[v.Name]
			data.Type = before.SampleType(v)
			old[v.Name] = &data
		}
		want, err := a.Run(old, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, w := range want {
			for j := range w.Type.Size() {
				exact := before.Level == after.Level
				if d := distance(w.At(j), got[name].At(j)); !(d <= 1e-5) || exact && d != 0 {
					t.Fatalf("after %s, sample %d: %s[%d] is %v, was %v\n%s", pass, i, name, j, got[name].At(j), w.At(j), ir.Print(after, ""))
				}
			}
		}
	}
}

// distance is that of two numbers: 0 between equal infinities, and where both are none.
func distance(a, b float64) float64 {
	if a == b || math.IsNaN(a) && math.IsNaN(b) {
		return 0
	}
	return math.Abs(a - b)
}

func machine(t rapid.TB, n *ir.Net) *interp.Machine {
	m, err := interp.New(n)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// shape tells a neuron in one line: its attributes and its constants.
func neuronLine(v *ir.Value) string {
	a := v.Attrs.(ir.NeuronAttrs)
	leak, _ := a.Leak.MarshalText()
	out := []string{string(leak), a.Compare.String(), a.Reset.String(), a.When.String()}
	for i, slot := range ir.OpNeuron.Operands()[1:] {
		if c := v.Args[i+1]; c != nil {
			out = append(out, slot.Name+"="+raise.Shown(c.Const()))
		}
	}
	return strings.Join(out, " ")
}

func TestRaiseUnrolled(t *testing.T) {
	irtest.Long(t)
	tests := []struct {
		name string
		cell cell
		want string
	}{
		{"LIF, hard reset", sjLIF(2, 0), "factor ge zero fire threshold=1 leak=0.5 gain=0.5"},
		{"LIF, reset to a value", sjLIF(2, -0.25), "factor ge value fire threshold=1 bias=-0.125 reset=-0.25 init=-0.25 leak=0.5 gain=0.5"},
		{"LIF, tau 4", sjLIF(4, 0), "factor ge zero fire threshold=1 leak=0.75 gain=0.25"},
		{"IF, soft reset", sjIF14(true), "none ge subtract fire threshold=0.75 reset=0.75"},
		{"IF, hard reset", sjIF14(false), "none ge zero fire threshold=0.75"},
		{"PLIF, hard reset", sjPLIF(false), "factor ge zero fire threshold=0.5 leak=one per neuron, the first 0.7999999970197678 gain=one per neuron, the first 0.20000000298023224"},
		{"PLIF, soft reset", sjPLIF(true), "factor ge subtract fire threshold=0.5 reset=0.5 leak=one per neuron, the first 0.7999999970197678 gain=one per neuron, the first 0.20000000298023224"},
		{"Leaky, delayed subtract, shared comparison", snnLeaky(false, false), "factor gt subtract next threshold=0.75 reset=0.75 leak=0.5"},
		{"Leaky, delayed subtract, second comparison", snnLeaky(true, false), "factor gt subtract next threshold=0.75 reset=0.75 leak=0.5"},
		{"Leaky, delayed zero", snnLeaky(false, true), "factor gt zero fire threshold=0.75 leak=0.5"},
		{"LIF by where", whereLIF, "factor ge zero fire threshold=0.75 leak=0.25"},
		{"recurrent Leaky", recurrent(snnLeaky(false, false)), "factor gt subtract next threshold=0.75 reset=0.75 leak=0.5"},
		{"recurrent IF", recurrent(sjIF14(false)), "none ge zero fire threshold=0.75"},
	}
	for _, test := range tests {
		for _, steps := range []int{2, 3, 4, 7} {
			for _, readout := range []string{"sum", "mean", "count", "stack"} {
				t.Run(fmt.Sprintf("%s/T=%d/%s", test.name, steps, readout), func(t *testing.T) {
					net, err := raisedOf(t, mlp(t, test.cell, steps, readout, nil))
					if err != nil {
						t.Fatal(err)
					}
					neurons := net.All(ir.OpNeuron)
					if len(neurons) != 2 || net.Steps != steps {
						t.Fatalf("%d neurons, %d steps:\n%s", len(neurons), net.Steps, ir.Print(net, ""))
					}
					for _, v := range neurons {
						if got := neuronLine(v); got != test.want {
							t.Errorf("%%%s is %s, wanted %s", v.Name, got, test.want)
						}
					}
				})
			}
		}
	}
}
