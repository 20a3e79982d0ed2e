package onnx_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/irtest"
)

const modelsDir = "../../testdata/models/"

func modelFiles(t testing.TB, model string) []string {
	t.Helper()
	files, err := filepath.Glob(modelsDir + model + "/*.onnx")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %d files of %s, wanted 3 or more (%v)", len(files), model, err)
	}
	return files
}

func importFile(t testing.TB, file string) *ir.Net {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	net, list := onnx.Import(file, data, onnx.Options{Load: irtest.Beside(file)})
	if len(list) > 0 {
		t.Fatal(list)
	}
	if gaps := onnx.Unsupported(net); len(gaps) > 0 {
		t.Fatal(gaps)
	}
	return net
}

// trained are the bundled networks.
var trained = []string{"fmnist-mlp-sj", "fmnist-cnn-snntorch", "fmnist-relu-cnn", "fmnist-resnet-sj-sew", "fmnist-spiking-mlp-bnc"}

// TestModels holds the imported net of each export of the bundled networks against the archive.
func TestModels(t *testing.T) {
	irtest.Long(t)
	for _, model := range trained {
		path := "../../testdata/onnx/" + model + ".txtar"
		archive := irtest.Load(t, path)
		for _, file := range modelFiles(t, model) {
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
