package onnx_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"

	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/irtest"
)

func mlpFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(mlpDir + "*.onnx")
	if err != nil || len(files) != 4 {
		t.Fatalf("found %d models in %s, wanted 4 (%v)", len(files), mlpDir, err)
	}
	return files
}

func importFile(t testing.TB, file string) *ir.Net {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	net, list := onnx.Import(file, data, onnx.Options{})
	if len(list) > 0 {
		t.Fatal(list)
	}
	if gaps := onnx.Unsupported(net); len(gaps) > 0 {
		t.Fatal(gaps)
	}
	return net
}

// TestModels holds what each export of the bundled network imports to.
func TestModels(t *testing.T) {
	path := "../../testdata/onnx/fmnist-mlp-sj.txtar"
	archive := irtest.Load(t, path)
	for _, file := range mlpFiles(t) {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			net := importFile(t, file)
			if err := ir.Verify(net); err != nil {
				t.Fatal(err)
			}
			irtest.Check(t, path, archive, name, summary(net))
		})
	}
}

// summary is the interface of a net, its values per op, and the constants that
// are too large to write out.
func summary(net *ir.Net) string {
	var b strings.Builder
	fmt.Fprintf(&b, "net %s %v steps=%d\n", net.Name, net.Level, net.Steps)
	for _, v := range append(net.All(ir.OpInput), net.All(ir.OpOutput)...) {
		fmt.Fprintln(&b, v)
	}
	for _, op := range ir.AllOps() {
		if n := len(net.All(op)); n > 0 {
			fmt.Fprintf(&b, "%4d %v\n", n, op)
		}
	}
	for _, v := range net.All(ir.OpConst) {
		if _, uniform := v.Const().Uniform(); !uniform {
			fmt.Fprintln(&b, v)
		}
	}
	return b.String()
}

// TestModelsCompute runs the imported nets on the first recorded samples: PyTorch's
// outputs must come back within 1e-5.
func TestModelsCompute(t *testing.T) {
	const samples = 8
	in, want := reference(t, "x"), reference(t, "y")
	for _, file := range mlpFiles(t) {
		net := importFile(t, file)
		worst := 0.0
		for s := range samples {
			image := ir.NewTensor(net.Find("x").Type)
			for i := range image.F {
				image.F[i] = float64(in[s*len(image.F)+i])
			}
			y := run(net, map[string]*ir.Tensor{"x": image})["y"]
			for i, f := range y.F {
				worst = max(worst, math.Abs(f-float64(want[s*len(y.F)+i])))
			}
		}
		if !(worst <= 1e-5) {
			t.Errorf("%s: outputs differ from PyTorch's by up to %g", filepath.Base(file), worst)
		}
	}
}

func reference(t *testing.T, key string) []float32 {
	t.Helper()
	f, err := npz.Open(mlpDir + "io.npz")
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
