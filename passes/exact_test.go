package passes_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// sketch is a random net that grows value by value. Its constants are multiples
// of powers of two, which float64 adds and multiplies without rounding.
type sketch struct {
	t    *rapid.T
	b    *ir.Builder
	next int
}

func newSketch(t *rapid.T, steps int) *sketch {
	return &sketch{t: t, b: ir.NewBuilder("sketch", ir.Spiking, steps)}
}

func (s *sketch) name(prefix string) string {
	s.next++
	return fmt.Sprint(prefix, s.next)
}

func (s *sketch) add(op ir.Op, attrs ir.Attrs, args ...*ir.Value) *ir.Value {
	v, err := s.b.Add(op, s.name(op.String()), attrs, args...)
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	return v
}

// constant has multiples of 1/den in lo..hi.
func (s *sketch) constant(den, lo, hi int, dims ...int) *ir.Value {
	data := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	for i := range data.F {
		data.F[i] = float64(rapid.IntRange(lo*den, hi*den).Draw(s.t, "c")) / float64(den)
	}
	return s.data(data)
}

func (s *sketch) data(data *ir.Tensor) *ir.Value {
	v, err := s.b.Const(s.name("c"), data)
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	return v
}

func (s *sketch) input(elem ir.Type, dims ...int) *ir.Value {
	v, err := s.b.Input(s.name("x"), elem.WithShape(ir.ShapeOf(dims...)), ir.InputAttrs{})
	if err != nil {
		s.t.Fatalf("%v", err)
	}
	return v
}

func (s *sketch) pick(label string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(s.t, label) }

// conv draws a convolution of a value [C,H,W]; weights are multiples of 1/den,
// and each row has one of the largest, so that its scale is known.
func (s *sketch) conv(x *ir.Value, den, largest int) *ir.Value {
	c := x.Type.Shape.Dim(0)
	groups := 1
	if c%2 == 0 {
		groups = rapid.SampledFrom([]int{1, 2, c}).Draw(s.t, "groups")
	}
	m := groups * s.pick("m", 1, 2)
	h, w := x.Type.Shape.Dim(1), x.Type.Shape.Dim(2)
	kh, kw := s.pick("kh", 1, min(3, h)), s.pick("kw", 1, min(3, w))
	pads := []int{s.pick("p", 0, kh-1), s.pick("p", 0, kw-1), s.pick("p", 0, kh-1), s.pick("p", 0, kw-1)}
	a := ir.ConvAttrs{Strides: []int{s.pick("s", 1, 2), s.pick("s", 1, 2)}, Pads: pads, Dilations: []int{1, 1}, Groups: groups}
	if h >= 2*kh-1 && kh > 1 {
		a.Dilations[0] = s.pick("d", 1, 2)
	}
	weight := s.weights(den, largest, m, c/groups, kh, kw)
	v, err := s.b.Add(ir.OpConv, s.name("conv"), a, x, weight, s.maybe(func() *ir.Value { return s.constant(4, -9, 9, m) }))
	if err != nil { // a window saw padding only: try another shape
		return s.conv(x, den, largest)
	}
	return v
}

func (s *sketch) maybe(f func() *ir.Value) *ir.Value {
	if rapid.Bool().Draw(s.t, "maybe") {
		return f()
	}
	return nil
}

// weights are multiples of 1/den, and the first of each row is ±largest; the
// others are often small, so that sums meet thresholds exactly.
func (s *sketch) weights(den, largest int, dims ...int) *ir.Value {
	data := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	row, most := len(data.F)/dims[0], rapid.SampledFrom([]int{2, largest}).Draw(s.t, "most")*den
	for i := range data.F {
		data.F[i] = float64(s.pick("w", -most, most)) / float64(den)
		if i%row == 0 {
			data.F[i] = float64(largest * (1 - 2*s.pick("sign", 0, 1)))
		}
	}
	return s.data(data)
}

func (s *sketch) output(v *ir.Value) { s.add(ir.OpOutput, nil, v) }

// both runs a net before and after passes and demands that every output, and
// every spike of a neuron that both have, is the same number.
func both(t *rapid.T, before, after *ir.Net, seed uint64) {
	spikes := func(net *ir.Net, in map[string]*ir.Tensor) (map[string][]int64, map[string]*ir.Tensor) {
		m, err := interp.New(net)
		if err != nil {
			t.Fatal(err)
		}
		m.Checked = net.Level == ir.Fixed
		got := map[string][]int64{}
		out, err := m.Run(in, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
			if v.Op == ir.OpNeuron {
				got[v.Name] = append(got[v.Name], result.I...)
			}
		})
		if err != nil {
			t.Fatalf("%v\n%s", err, ir.Print(net, ""))
		}
		return got, out
	}
	for _, in := range irtest.Inputs(before, seed, 4) {
		want, wantOut := spikes(before, in)
		got, gotOut := spikes(after, in)
		for _, v := range before.All(ir.OpNeuron) { // the first that differs is to blame
			name, w := v.Name, want[v.Name]
			if g, ok := got[name]; ok && !slices.Equal(g, w) {
				t.Fatalf("%%%s fires %v, was %v\n%s\nbecame\n%s", name, g, w, ir.Print(before, ""), ir.Print(after, ""))
			}
		}
		for name, w := range wantOut {
			scale := 1.0
			if v := after.Find(name); v.Scale != nil {
				scale = v.Scale.Data.F[0]
			}
			for i := range w.Type.Size() {
				if g := gotOut[name].At(i) * scale; g != w.At(i) {
					t.Fatalf("%%%s[%d] is %v, was %v\n%s\nbecame\n%s", name, i, g, w.At(i), ir.Print(before, ""), ir.Print(after, ""))
				}
			}
		}
	}
}

func apply(t *rapid.T, net *ir.Net, names ...string) *ir.Net {
	return applyWith(t, &passes.Options{}, net, names...)
}

func applyWith(t *rapid.T, o *passes.Options, net *ir.Net, names ...string) *ir.Net {
	if err := ir.Verify(net); err != nil {
		t.Fatalf("%v\n%s", err, ir.Print(net, ""))
	}
	for _, name := range names {
		p, ok := passes.Named(name)
		if !ok {
			t.Fatalf("there is no pass %s", name)
		}
		next, err := passes.Apply(p, net, o)
		if err != nil {
			t.Fatalf("%v\n%s", err, ir.Print(net, ""))
		}
		net = next
	}
	return net
}

// Factors and shifts of integers, means, pools, batch-norms and pads in front of
// weights go into them without a trace (R7, R11, R17), also where padding is not
// the integer that stands for 0.
func TestAbsorbAffineIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSketch(t, 2)
		c := s.pick("c", 1, 4)
		x := s.input(ir.UintType(s.pick("bits", 1, 4), ir.Shape{}), c, s.pick("h", 2, 5), s.pick("w", 2, 5))
		v := s.add(ir.OpMul, nil, x, s.constant(4, -3, 3, c, 1, 1))
		v = s.add(ir.OpAdd, nil, v, s.constant(2, -3, 3, c, 1, 1))
		switch s.pick("then", 0, 4) {
		case 0:
			v = s.add(ir.OpPad, ir.PadAttrs{Before: []int{0, 1, 0}, After: []int{0, 0, 2}}, v, s.maybe(func() *ir.Value { return s.constant(2, -3, 3) }))
		case 1:
			v = s.add(ir.OpAvgPool, ir.AvgPoolAttrs{Kernel: []int{2, 2}, Strides: []int{1, 2}, Pads: []int{1, 0, 0, 0}, Dilations: []int{1, 1}, CountPad: true}, v)
		case 2:
			v = s.add(ir.OpBatchNorm, ir.BatchNormAttrs{Axis: 0}, v, s.constant(2, -2, 2, c), s.constant(2, -2, 2, c), s.constant(2, -2, 2, c), s.fill(4, c))
		case 3:
			v = s.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{0, 2, 1}}, v)
		}
		if rapid.Bool().Draw(t, "conv") {
			v = s.conv(v, 4, 4)
		} else {
			v = s.add(ir.OpSum, nil, s.flat(v))
			v = s.add(ir.OpLinear, ir.LinearAttrs{}, v, s.constant(4, -2, 2, 3, v.Type.Shape.Dim(0)), nil)
		}
		s.output(v)
		net := s.b.Net()
		after := apply(t, net, "fold-pooling", "lower-batch-norm", "absorb-affine", "fold-pads")
		if left := after.All(ir.OpMul); len(left) > 0 {
			t.Fatalf("%s is left in\n%s", left[0], ir.Print(after, ""))
		}
		both(t, net, after, uint64(s.pick("seed", 0, 1000)))
	})
}

func (s *sketch) fill(f float64, dims ...int) *ir.Value {
	data := ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	for i := range data.F {
		data.F[i] = f
	}
	return s.data(data)
}

// flat is a value as a vector.
func (s *sketch) flat(v *ir.Value) *ir.Value {
	return s.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{v.Type.Size()}}, v)
}

// Two layers of weights are one (R13), with any strides, dilations, groups and
// padding: a convolution where that is exact, else a matrix.
func TestComposeLayersIsExact(t *testing.T) {
	composed := 0
	rapid.Check(t, func(t *rapid.T) {
		s := newSketch(t, 1)
		x := s.input(ir.UintType(2, ir.Shape{}), s.pick("c", 1, 4), s.pick("h", 1, 7), s.pick("w", 1, 7))
		v := s.conv(s.conv(x, 2, 2), 2, 2)
		s.output(v)
		f := s.add(ir.OpLinear, ir.LinearAttrs{}, s.flat(x), s.constant(2, -2, 2, 3, x.Type.Size()), s.constant(2, -2, 2, 3))
		s.output(s.add(ir.OpLinear, ir.LinearAttrs{}, f, s.constant(2, -2, 2, 2, 3), s.constant(2, -2, 2, 2)))
		after := ir.Prune(apply(t, s.b.Net(), "compose-layers"))
		linears, convs := len(after.All(ir.OpLinear)), len(after.All(ir.OpConv))
		if linears+convs != 2 || linears == 0 {
			t.Fatalf("the layers are %d matrices and %d convolutions, wanted one for each output", linears, convs)
		}
		composed += convs
		both(t, s.b.Net(), after, uint64(s.pick("seed", 0, 1000)))
	})
	if composed == 0 {
		t.Error("no two convolutions were composed")
	}
}
