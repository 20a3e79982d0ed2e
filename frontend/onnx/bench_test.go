package onnx_test

import (
	"os"
	"testing"

	"nomul/frontend/onnx"
)

// BenchmarkImport reads the bundled network's export with unrolled steps.
func BenchmarkImport(b *testing.B) {
	const file = "../../testdata/models/fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx"
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if net, found := onnx.Import(file, data, onnx.Options{}); net == nil {
			b.Fatal(found)
		}
	}
}
