package passes_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// mlp is a small spiking network as it stands behind raise-neurons: batch-norms,
// an input gain, a leak factor, a readout summed over time.
func mlp(t testing.TB, k, n, steps int, compare, reset, when string, seed int) *ir.Net {
	t.Helper()
	resetArg := ""
	if reset == "subtract" {
		resetArg = ", reset=%th"
	}
	neuron := func(x string) string {
		return fmt.Sprintf("neuron %s, %%th%s, leak=%%beta, gain=%%g {leak=factor round=floor compare=%s reset=%s when=%s} : spike[%d]",
			x, resetArg, compare, reset, when, n)
	}
	text := fmt.Sprintf(`net small spiking steps=%[1]d {
once
	%%x = input : real[%[2]d]
	%%w1 = const {seed=%[4]d lo=-0.5 hi=0.5} : real[%[3]d,%[2]d]
	%%b1 = const {seed=1%[4]d lo=-0.1 hi=0.1} : real[%[3]d]
	%%gamma = const {seed=2%[4]d lo=-2 hi=2} : real[%[3]d]
	%%beta1 = const {seed=3%[4]d lo=-0.5 hi=0.8} : real[%[3]d]
	%%mean = const {seed=4%[4]d lo=-0.5 hi=0.5} : real[%[3]d]
	%%var = const {seed=5%[4]d lo=0 hi=1} : real[%[3]d]
	%%i1 = linear %%x, %%w1, bias=%%b1 : real[%[3]d]
	%%n1 = batch-norm %%i1, %%gamma, %%beta1, %%mean, %%var {axis=0 eps=0.00001} : real[%[3]d]
	%%th = const {fill=1} : real[]
	%%beta = const {fill=0.5} : real[]
	%%g = const {fill=0.5} : real[]
	%%w2 = const {seed=6%[4]d lo=-0.7 hi=1} : real[%[3]d,%[3]d]
	%%b2 = const {seed=7%[4]d lo=-0.1 hi=0.5} : real[%[3]d]
	%%w3 = const {seed=8%[4]d lo=-1 hi=1} : real[3,%[3]d]
	%%b3 = const {seed=9%[4]d lo=-1 hi=1} : real[3]
	%%quarter = const {fill=0.25} : real[]
step
	%%s1 = %[5]s
	%%i2 = linear %%s1, %%w2, bias=%%b2 : real[%[3]d]
	%%n2 = batch-norm %%i2, %%gamma, %%beta1, %%mean, %%var {axis=0 eps=0.00001} : real[%[3]d]
	%%s2 = %[6]s
	%%l = linear %%s2, %%w3, bias=%%b3 : real[3]
end
	%%sum = sum %%l : real[3]
	%%m = mul %%sum, %%quarter : real[3]
	%%y = output %%m : real[3]
}
`, steps, k, n, seed, neuron("%n1"), neuron("%n2"))
	return irtest.ParseNet(t, "small.sir", text)
}

func runNet(t testing.TB, net *ir.Net, in map[string]*ir.Tensor) (out *ir.Tensor, spikes []int64) {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	res, err := m.Run(in, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if v.Op == ir.OpNeuron {
			spikes = append(spikes, result.I...)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return res["y"], spikes
}

func drawNet(t *rapid.T, tb testing.TB) *ir.Net {
	return mlp(tb, rapid.IntRange(1, 9).Draw(t, "k"), rapid.IntRange(1, 9).Draw(t, "n"), rapid.IntRange(1, 6).Draw(t, "steps"),
		rapid.SampledFrom([]string{"ge", "gt"}).Draw(t, "compare"),
		rapid.SampledFrom([]string{"zero", "subtract", "none"}).Draw(t, "reset"),
		rapid.SampledFrom([]string{"fire", "next"}).Draw(t, "when"), rapid.IntRange(1, 1000).Draw(t, "seed"))
}

// The passes of the spiking level change no spike and no result beyond the
// rounding of float64.
func TestSpikingPassesKeepTheFunction(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		net := drawNet(rt, t)
		in := irtest.Inputs(net, uint64(rapid.IntRange(0, 1000).Draw(rt, "in")), 1)[0]
		want, wantSpikes := runNet(t, net, in)
		for _, name := range []string{"fold-batch-norm", "commute-readout", "compose-linear", "prune-dead", "fold-gain", "lower-leak"} {
			p, _ := passes.Named(name)
			next, err := passes.Apply(p, net, &passes.Options{})
			if err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
			net = next
			got, spikes := runNet(t, net, in)
			if fmt.Sprint(spikes) != fmt.Sprint(wantSpikes) {
				rt.Fatalf("%s changes spikes", name)
			}
			for i := range want.F {
				if math.Abs(got.F[i]-want.F[i]) > 1e-12*(1+math.Abs(want.F[i])) {
					rt.Fatalf("%s: result %d is %v, was %v", name, i, got.F[i], want.F[i])
				}
			}
		}
		for _, op := range []ir.Op{ir.OpBatchNorm, ir.OpMul} {
			if left := net.All(op); len(left) > 0 {
				rt.Fatalf("%s is left", left[0])
			}
		}
	})
}

// encode-input changes the input, not the function: pixels give the same as their normalised
// numbers.
func TestEncodeInput(t *testing.T) {
	pixels := &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.286}, Std: []float64{0.353}}
	net := mlp(t, 7, 5, 4, "ge", "zero", "fire", 3)
	net, err := passes.Lower(net, ir.Spiking, "", &passes.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := passes.Named("encode-input")
	coded, err := passes.Apply(p, net, &passes.Options{Pixels: pixels})
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		in := irtest.Inputs(coded, seed, 1)[0]
		real := ir.NewTensor(net.Find("x").Type)
		for i, p := range in["x"].I {
			real.F[i] = (float64(p)/255 - 0.286) / 0.353
		}
		want, _ := runNet(t, net, map[string]*ir.Tensor{"x": real})
		got, _ := runNet(t, coded, in)
		for i := range want.F {
			if math.Abs(got.F[i]-want.F[i]) > 1e-9 {
				t.Fatalf("seed %d: %v, want %v", seed, got.F, want.F)
			}
		}
	}
}

// quantise makes thresholds exact: θ_q is θ·2^G/s with no rounding, the
// readout's scale is a power of two, unless all weights are integers already, and
// weights stay within 8 bits.
func TestQuantise(t *testing.T) {
	pixels := &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.286}, Std: []float64{0.353}}
	rapid.Check(t, func(rt *rapid.T) {
		net := drawNet(rt, t)
		var scaled *ir.Net
		fixed, err := passes.Lower(net, ir.Fixed, "", &passes.Options{Pixels: pixels, Off: map[string]bool{"fold-constant-neurons": true}}, func(p passes.Pass, n *ir.Net) {
			if p.Name == "choose-scales" {
				scaled = n
			}
		})
		if err != nil {
			rt.Fatal(err)
		}
		for _, v := range scaled.All(ir.OpNeuron) {
			q := fixed.Find(v.Name)
			th, scale := q.Args[ir.NeuronThreshold].Const(), v.Args[0].Scale.Data
			for i := range th.I {
				theta := v.Args[ir.NeuronThreshold].Const()
				exact := math.Ldexp(theta.F[i%len(theta.F)]/scale.F[i%len(scale.F)], q.Attrs.(ir.NeuronAttrs).Guard)
				if math.Abs(float64(th.I[i])-exact) > 1e-9*exact && !wholeRow(v.Args[0], fixed.Find(v.Args[0].Name), i) {
					rt.Fatalf("threshold %d is %d, exactly %v", i, th.I[i], exact)
				}
			}
		}
		readout := scaled.Find("y").Args[0]
		if frac, _ := math.Frexp(fixed.Find("y").Scale.Data.F[0]); frac != 0.5 && !wholeRow(readout, fixed.Find(readout.Name), 0) {
			rt.Fatalf("the readout's scale %v is no power of two", fixed.Find("y").Scale.Data.F)
		}
		for _, v := range fixed.All(ir.OpLinear) {
			if r := v.Args[1].Range; r.Lo < -127 || r.Hi > 127 {
				rt.Fatalf("weights of %%%s are %v", v.Name, r)
			}
		}
	})
}

// wholeRow reports whether the integers of a row of weights are its real weights, up to
// the rounding of float32.
func wholeRow(real, fixed *ir.Value, row int) bool {
	w, q, scale := real.Args[1].Const(), fixed.Args[1].Const(), real.Scale.Data.F
	n := w.Type.Shape.Dim(1)
	for i := row * n; i < (row+1)*n; i++ {
		if math.Abs(w.F[i]-float64(q.I[i])*scale[row%len(scale)]) > 1e-6*math.Abs(w.F[i]) {
			return false
		}
	}
	return true
}

// An op without an exact integer form is refused by name.
func TestRefusals(t *testing.T) {
	base := ir.Print(mlp(t, 3, 4, 2, "ge", "zero", "fire", 1), "")
	pixels := &passes.Pixels{Scale: []float64{1}, Mean: []float64{0}, Std: []float64{1}}
	for _, c := range []struct{ name, old, new, want string }{
		{"leak", "%beta = const {fill=0.5} : real[]", "%beta = const {data=[0.5,-0.25,0.5,0.5]} : real[4]", "%s1: its leak -0.25 lets the membrane grow or change its sign"},
		{"growth", "%beta = const {fill=0.5}", "%beta = const {fill=1.5}", "%s1: its leak 1.5 lets the membrane grow"},
		{"readout", "%y = output %m", "%z = mul %m, %m : real[3]\n\t%y = output %z", "multiplies or divides two computed values"},
	} {
		text := strings.Replace(base, c.old, c.new, 1)
		if text == base {
			t.Fatalf("%s: nothing to replace", c.name)
		}
		_, err := passes.Lower(irtest.ParseNet(t, c.name, text), ir.Fixed, "", &passes.Options{Pixels: pixels}, nil)
		if err == nil || !matches(c.want, err.Error()) {
			t.Errorf("%s: error %v, wanted %s", c.name, err, c.want)
		}
	}
	_, err := passes.Lower(irtest.ParseNet(t, "pixels", base), ir.Fixed, "", &passes.Options{}, nil)
	if err == nil || !matches("--mean", err.Error()) {
		t.Errorf("without a normalisation: error %v", err)
	}
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }
