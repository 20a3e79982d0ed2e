package onnx_test

import (
	"flag"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"

	"nomul/ir"
	"nomul/runtime/interp"
)

var all = flag.Bool("all", false, "compare the bundled networks on all recorded samples, not on a few")

// onThreshold lists the recorded samples in which a membrane comes so close to
// its threshold that the order of float32 additions decides over a spike:
// PyTorch itself gives something else for them in float64 (model.json,
// float32_vs_float64), or onnxruntime does.
var onThreshold = map[string][]int{}

// TestModelsCompute runs every export on recorded samples: PyTorch's outputs must
// come back within 1e-5. Files of a single step are run step by step.
func TestModelsCompute(t *testing.T) {
	for _, model := range trained {
		in, want := reference(t, model, "x"), reference(t, model, "y")
		samples := 4
		if *all {
			samples = len(want) / 10
		}
		for _, file := range modelFiles(t, model) {
			t.Run(filepath.Base(file), func(t *testing.T) {
				m, err := interp.New(importFile(t, file))
				if err != nil {
					t.Fatal(err)
				}
				for s := range samples {
					image := ir.NewTensor(ir.RealType(ir.ShapeOf(1, 1, 28, 28)))
					for i := range image.F {
						image.F[i] = float64(in[s*len(image.F)+i])
					}
					got := compute(t, m, file, image)
					if off := distance(got, want[s*10:][:10]); !(off <= 1e-5) && !slices.Contains(onThreshold[model], s) {
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
