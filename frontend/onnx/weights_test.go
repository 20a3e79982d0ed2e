package onnx

import (
	"os"
	"testing"
)

// The weights of a trained model are there by the names that training gave them.
func TestWeights(t *testing.T) {
	file := "../../testdata/models/fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Weights(file, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, shape := range map[string]string{"fc1.weight": "[512,784]", "bn2.running_var": "[256]", "fc3.bias": "[10]"} {
		if w[name] == nil || w[name].Type.Shape.String() != shape {
			t.Errorf("%s is %v, wanted %s", name, w[name], shape)
		}
	}
	if _, err := Weights("cut.onnx", data[:1000], Options{}); err == nil {
		t.Error("a truncated file is no error")
	}
}
