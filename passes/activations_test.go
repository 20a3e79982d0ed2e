package passes_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/passes/rewrite"
	"nomul/runtime/interp"
)

// activated is a layer of weights, a function of numbers, and another layer; %act is the function.
func activated(t *testing.T, act string) *ir.Net {
	t.Helper()
	net, err := ir.Parse("t", `net t spiking steps=1 {
once
	%x = input : real[2,5,5]
	%w = const {seed=1 lo=-1 hi=1} : real[3,2,3,3]
	%b = const {seed=2 lo=-1 hi=1} : real[3]
	%zero = const {fill=0} : real[]
	%six = const {fill=2.5} : real[]
	%sixth = const {fill=0.16666667163372040} : real[]
	%half = const {fill=0.5} : real[]
	%one = const {fill=1} : real[]
	%root = const {fill=0.7071067811865476} : real[]
	%slope = const {data=[0.25,0,-0.5]} : real[3,1,1]
	%a = conv %x, %w, bias=%b {strides=[1,1] pads=[1,1,1,1] dilations=[1,1] groups=1} : real[3,5,5]
`+act+`
	%flat = reshape %act {shape=[75]} : real[75]
	%v = const {seed=3 lo=-1 hi=1} : real[4,75]
	%c = const {seed=4 lo=-1 hi=1} : real[4]
	%out = linear %flat, %v, bias=%c : real[4]
	%y = output %out : real[4]
}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// pixels returns samples of bytes.
func pixels(seed uint64, n, size int) [][]int64 {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([][]int64, n)
	for i := range out {
		out[i] = make([]int64, size)
		for j := range out[i] {
			out[i][j] = r.Int64N(256)
		}
	}
	return out
}

// onPixels are options of a net that reads pixels, measured on samples.
func onPixels(samples [][]int64) *passes.Options {
	o := &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.25}, Std: []float64{0.5}}}
	o.Samples = func(net *ir.Net, want []*ir.Value, see func(sample, step int, v *ir.Value, t *ir.Tensor)) error {
		return interp.Observe(net, want, 1, len(samples), func(i int) (map[string]*ir.Tensor, error) {
			in := net.All(ir.OpInput)[0]
			return map[string]*ir.Tensor{in.Name: normalised(in.Type, samples[i])}, nil
		}, see)
	}
	return o
}

func normalised(t ir.Type, p []int64) *ir.Tensor {
	if !t.IsReal() {
		return &ir.Tensor{Type: t, I: p}
	}
	out := ir.NewTensor(t)
	for i, n := range p {
		out.F[i] = (float64(n)/255 - 0.25) / 0.5
	}
	return out
}

// words of some bits, and how far off results may be beside the largest.
type words struct {
	bits int
	off  float64
}

// Words of 12 bits stand for each function of numbers almost exactly, those of 3 bits within their distance.
func TestActivationsAreWords(t *testing.T) {
	for name, act := range map[string]string{
		"relu":       `%act = map %a {fn=relu} : real[3,5,5]`,
		"relu6":      "%above = max %a, %zero : real[3,5,5]\n%act = min %above, %six : real[3,5,5]",
		"leaky-relu": `%act = map %a {fn=leaky-relu alpha=0.1} : real[3,5,5]`,
		"prelu":      "%neg = min %a, %zero : real[3,5,5]\n%sloped = mul %neg, %slope : real[3,5,5]\n%pos = max %a, %zero : real[3,5,5]\n%act = add %pos, %sloped : real[3,5,5]",
	} {
		t.Run(name, func(t *testing.T) { nearby(t, act, []words{{3, 0.2}, {8, 0.02}, {12, 0.015}}) })
	}
}

// So do those of functions that are looked up, whose levels are the same in all channels.
func TestFunctionsAreTables(t *testing.T) {
	for name, act := range map[string]string{
		"sigmoid":    `%act = map %a {fn=sigmoid} : real[3,5,5]`,
		"silu":       "%gate = map %a {fn=sigmoid} : real[3,5,5]\n%act = mul %a, %gate : real[3,5,5]",
		"hard-swish": "%sloped = mul %a, %sixth : real[3,5,5]\n%raised = add %sloped, %half : real[3,5,5]\n%cut = min %raised, %one : real[3,5,5]\n%gate = map %cut {fn=relu} : real[3,5,5]\n%act = mul %a, %gate : real[3,5,5]",
		"gelu":       "%part = mul %a, %root : real[3,5,5]\n%erf = map %part {fn=erf} : real[3,5,5]\n%raised = add %erf, %one : real[3,5,5]\n%times = mul %a, %raised : real[3,5,5]\n%act = mul %times, %half : real[3,5,5]",
		"elu":        "%exp = map %a {fn=exp} : real[3,5,5]\n%less = sub %exp, %one : real[3,5,5]\n%above = compare %a, %zero {is=gt} : spike[3,5,5]\n%act = where %above, %a, %less : real[3,5,5]",
		"two":        "%t = map %a {fn=tanh} : real[3,5,5]\n%act = map %t {fn=relu} : real[3,5,5]",
		"square":     `%act = mul %a, %a : real[3,5,5]`,
	} {
		t.Run(name, func(t *testing.T) { nearby(t, act, []words{{3, 0.25}, {8, 0.02}, {12, 0.015}}) })
	}
}

// nearby holds a network with words against the one with numbers.
func nearby(t *testing.T, act string, list []words) {
	net, samples := activated(t, act), pixels(5, 24, 50)
	for _, c := range list {
		o := onPixels(samples)
		o.Activations.All = 1<<c.bits - 1
		o.PixelBits = 12
		fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
		if err != nil {
			t.Fatal(err)
		}
		worst, most := furthest(t, net, fixed, samples)
		if worst > c.off*most {
			t.Errorf("words of %d bits are %.3g off, of %.3g", c.bits, worst, most)
		}
	}
}

// furthest is how far the outputs of a net are from those of its fixed form, and the largest of them.
func furthest(t *testing.T, net, fixed *ir.Net, samples [][]int64) (worst, most float64) {
	t.Helper()
	exact, integers := machine(t, net), machine(t, fixed)
	in := net.All(ir.OpInput)[0].Name
	for _, p := range samples {
		want, err := exact.Run(map[string]*ir.Tensor{in: normalised(net.Find(in).Type, p)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := integers.Run(map[string]*ir.Tensor{in: normalised(fixed.Find(in).Type, p)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range fixed.All(ir.OpOutput) {
			if net.Find(out.Name).Args[0].Op == ir.OpSoftmax {
				continue // left out, so that logits come out
			}
			unit := out.Scale.Data.F[0]
			for i, f := range want[out.Name].F {
				worst, most = max(worst, math.Abs(f-float64(got[out.Name].I[i])*unit)), max(most, math.Abs(f))
			}
		}
	}
	return worst, most
}

func machine(t *testing.T, net *ir.Net) *interp.Machine {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	m.Checked = net.Level == ir.Fixed
	return m
}

// Without samples nothing says how large numbers become; at the end of a net nothing has to.
func TestActivationsAreMeasured(t *testing.T) {
	relu := activated(t, `%act = map %a {fn=relu} : real[3,5,5]`)
	if _, err := passes.Lower(relu, ir.Fixed, "", &passes.Options{}, nil); err == nil || !strings.Contains(err.Error(), "%act: sends numbers") {
		t.Errorf("a ReLU without samples gives %v", err)
	}
}

// A layer's own number of levels goes by its name or by that of its function; a name that no layer has
// is refused, with the names that there are.
func TestActivationsOfOneLayer(t *testing.T) {
	net, samples := activated(t, `	%act = map %a {fn=relu} : real[3,5,5]`), pixels(5, 8, 50)
	lowered := func(of map[string]int) (string, error) {
		o := onPixels(samples)
		o.Activations = rewrite.PerLayer{All: 15, Of: of}
		fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
		if err != nil {
			return "", err
		}
		return fixed.Find("act").Type.String(), nil
	}
	for name, want := range map[string]string{"": "u4[3,5,5]", "a": "u3[3,5,5]", "act": "u3[3,5,5]"} {
		of := map[string]int{}
		if name != "" {
			of[name] = 7
		}
		if got, err := lowered(of); err != nil || got != want {
			t.Errorf("%q: %s, wanted %s (%v)", name, got, want, err)
		}
	}
	_, err := lowered(map[string]int{"act": 7, "b": 7, "out": 7})
	var d *diag.Diagnostic
	if !errors.As(err, &d) || !strings.Contains(d.Error(), "there is no layer b, out whose numbers could have bits of their own") || !strings.Contains(d.Help, "layers of weights are a") {
		t.Errorf("names of no layer give %v", err)
	}
}

// Exported networks of ReLUs are near the file's results with words and weights of 12 bits, and nearer
// than half of a hundredth of the largest result; with 8 bits within a twentieth.
func TestActivationExports(t *testing.T) {
	for _, path := range irtest.Files(t, "../testdata/onnx/frameworks/torch/*.onnx") {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		if strings.HasPrefix(name, "trap-") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			net, list := onnx.Import(name, data, onnx.Options{Load: irtest.Beside(path)})
			if err := list.Err(); err != nil {
				t.Fatal(err)
			}
			in := net.All(ir.OpInput)[0]
			samples := pixels(7, 16, in.Type.Size())
			for _, c := range []struct {
				bits int
				off  float64
			}{{12, 0.005}, {8, 0.05}} {
				o := onPixels(samples)
				o.Activations.All, o.Weights.All, o.PixelBits = 1<<c.bits-1, c.bits, c.bits
				fixed, err := passes.Lower(net, ir.Fixed, "", o, nil)
				if err != nil {
					t.Fatal(err)
				}
				if worst, most := furthest(t, net, fixed, samples); worst > c.off*most {
					t.Errorf("words of %d bits are %.3g off, of %.3g", c.bits, worst, most)
				}
			}
		})
	}
}
