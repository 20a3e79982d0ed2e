package onnx_test

import (
	"cmp"
	"flag"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

var all = flag.Bool("all", false, "compare the bundled networks on all recorded samples, not on a few")

// onThreshold lists the recorded samples in which a membrane comes so close to
// its threshold that the order of float32 additions decides over a spike; PyTorch
// and onnxruntime disagree in such samples too, and in some of these. The test
// demands proof: PyTorch's output comes back when the one spike is decided the other way.
var onThreshold = map[string][]int{
	"fmnist-resnet-sj-sew":   {47, 65, 188},
	"fmnist-spiking-mlp-bnc": {150, 165},
}

// TestModelsCompute runs every export on recorded samples: PyTorch's outputs must
// come back within 1e-5. Files of a single step are run step by step.
func TestModelsCompute(t *testing.T) {
	irtest.Long(t)
	for _, model := range trained {
		in, want := reference(t, model, "x"), reference(t, model, "y")
		samples := 4
		if *all {
			samples = len(want) / 10
		}
		for _, file := range modelFiles(t, model) {
			t.Run(filepath.Base(file), func(t *testing.T) {
				net := importFile(t, file)
				m, err := interp.New(net)
				if err != nil {
					t.Fatal(err)
				}
				for s := range samples {
					image := ir.NewTensor(ir.RealType(ir.ShapeOf(1, 1, 28, 28)))
					for i := range image.F {
						image.F[i] = float64(in[s*len(image.F)+i])
					}
					y := want[s*10:][:10]
					off := distance(compute(t, m, file, image), y)
					if !(off <= 1e-5) && !(slices.Contains(onThreshold[model], s) && oneSpikeApart(net, image, y)) {
						t.Errorf("sample %d differs from PyTorch's output by %g", s, off)
					}
				}
			})
		}
	}
}

// compute is the output for an image.
func compute(t *testing.T, m *interp.Machine, file string, image *ir.Tensor) []float64 {
	t.Helper()
	if strings.Contains(file, "_step") {
		return countSpikes(t, m, image)
	}
	out, err := m.Run(map[string]*ir.Tensor{"x": image}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range out {
		return y.F
	}
	return nil
}

// tie is a comparison of almost equal numbers.
type tie struct {
	v   *ir.Value
	at  int
	gap float64
}

// oneSpikeApart reports whether the output is the wanted one when one of the 32
// closest decisions is turned over.
func oneSpikeApart(net *ir.Net, image *ir.Tensor, want []float32) bool {
	in := map[string]*ir.Tensor{"x": image}
	var ties []tie
	runWatched(net, in, func(v *ir.Value, args []*ir.Tensor, _ *ir.Tensor) { ties = append(ties, tiesOf(v, args)...) })
	slices.SortFunc(ties, func(a, b tie) int { return cmp.Compare(a.gap, b.gap) })
	for _, k := range ties[:min(32, len(ties))] {
		out := runWatched(net, in, func(v *ir.Value, _ []*ir.Tensor, result *ir.Tensor) {
			if v == k.v {
				result.I[k.at] = 1 - result.I[k.at]
			}
		})
		if distance(out["y"].F, want) <= 1e-5 {
			return true
		}
	}
	return false
}

// tiesOf lists the elements of a comparison that are closer than float32 sums of
// such numbers are exact.
func tiesOf(v *ir.Value, args []*ir.Tensor) []tie {
	if v.Op != ir.OpCompare || !args[0].Type.IsReal() {
		return nil
	}
	a, b := eval.NewView(v.Args[0], v.Type.Shape).Reals(args[0]), eval.NewView(v.Args[1], v.Type.Shape).Reals(args[1])
	var out []tie
	for i := range a {
		if gap := math.Abs(a[i] - b[i]); gap < 4e-6 {
			out = append(out, tie{v, i, gap})
		}
	}
	return out
}

// countSpikes feeds the states of a single-step network back for 8 steps.
func countSpikes(t *testing.T, m *interp.Machine, image *ir.Tensor) []float64 {
	t.Helper()
	in := map[string]*ir.Tensor{"x": image}
	for name, dims := range map[string][]int{"mem1": {1, 16, 12, 12}, "mem2": {1, 32, 4, 4}, "mem3": {1, 10}} {
		in[name] = ir.NewTensor(ir.RealType(ir.ShapeOf(dims...)))
	}
	count := make([]float64, 10)
	for range 8 {
		out, err := m.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range out["spk"].F {
			count[i] += s
		}
		for _, name := range []string{"mem1", "mem2", "mem3"} {
			copy(in[name].F, out[name+"_out"].F)
		}
	}
	return count
}

func distance(got []float64, want []float32) float64 {
	worst := 0.0
	for i, f := range got {
		worst = max(worst, math.Abs(f-float64(want[i])))
	}
	if len(got) != len(want) {
		return math.Inf(1)
	}
	return worst
}

func reference(t *testing.T, model, key string) []float32 {
	t.Helper()
	f, err := npz.Open(modelsDir + model + "/io.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []float32
	if err := f.Read(key+".npy", &out); err != nil {
		t.Fatal(err)
	}
	return out
}
