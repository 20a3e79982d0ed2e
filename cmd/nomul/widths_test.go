package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"nomul/ir/irtest"
	"nomul/runtime/dataset"
)

// lastImages writes so many of the last test images, which other tests do not evaluate on.
func lastImages(t *testing.T, count int) string {
	t.Helper()
	all, err := dataset.ReadImages(images)
	if err != nil {
		t.Fatal(err)
	}
	pixels := make([]int64, count*28*28)
	for i, p := range all.Pixels[len(all.Pixels)-len(pixels):] {
		pixels[i] = int64(p)
	}
	file := filepath.Join(t.TempDir(), "last.npz")
	if err := dataset.WriteArrays(file, map[string]*dataset.Array{"images": dataset.Ints(dataset.Uint8, []int{count, 28, 28}, pixels)}); err != nil {
		t.Fatal(err)
	}
	return file
}

// Trained networks keep their predictions with few bits, by calibration on images without labels: agreement in
// percent on the first 400 test images.
func TestFewBits(t *testing.T) {
	irtest.Long(t)
	calibrate := lastImages(t, 256)
	const models = "../../testdata/models/"
	for _, c := range []struct {
		model, weights string
		accuracy       float64
		agreement      float64
	}{
		{"fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx", "8", 88.5, 99},
		{"fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx", "4", 88.5, 97},
		{"fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx", "ternary,first=8,last=8", 88, 96},
		{"fmnist-cnn-snntorch/cnn_ts26.onnx", "4", 87.5, 94},
		{"fmnist-cnn-snntorch/cnn_ts26.onnx", "3", 87, 92.5},
		{"fmnist-cnn-snntorch/cnn_ts26.onnx", "ternary,first=8,last=8", 86, 91},
	} {
		var r evaluation
		text := nomul(t, "eval", models+c.model, "--images", images, "--labels", labels, "--mean", ".286", "--std", ".353", "--limit", "400", "--json",
			"--weights", c.weights, "--calibrate", calibrate)
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s, weights %s: accuracy %.2f, agreement %.2f", c.model, c.weights, 100*r.Accuracy, 100**r.Agreement)
		if 100*r.Accuracy < c.accuracy || 100**r.Agreement < c.agreement {
			t.Errorf("%s, weights %s: accuracy %.2f and agreement %.2f, wanted %v and %v", c.model, c.weights, 100*r.Accuracy, 100**r.Agreement, c.accuracy, c.agreement)
		}
	}
}
