package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/dataset"
)

// A spiking network that was trained with weights of int8 times a power of two keeps them, and its integers fire as
// PyTorch's real numbers do, spike by spike.
func TestTrainedGrid(t *testing.T) {
	irtest.Long(t)
	const folder = "../../testdata/models/fmnist-mlp-qat"
	pictures, err := dataset.ReadImages(images)
	if err != nil {
		t.Fatal(err)
	}
	want := arrays(t, folder+"/trace.npz")
	count := want["lif1"].Shape[0]
	pixels := make([]int64, count*28*28)
	for i := range pixels {
		pixels[i] = int64(pictures.Pixels[i])
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "in.npz")
	if err := dataset.WriteArrays(in, map[string]*dataset.Array{"x": dataset.Ints(dataset.Uint8, []int{count, 1, 28, 28}, pixels)}); err != nil {
		t.Fatal(err)
	}
	nomul(t, "ir", folder+"/mlp_qat.onnx", "--level", "fixed", "--input-type", "u8", "-o", dir+"/fixed.sir")
	nomul(t, "run", dir+"/fixed.sir", "-i", in, "-o", dir+"/out.npz", "--trace", dir+"/trace.npz")
	got := arrays(t, dir+"/trace.npz")
	neurons := slices.DeleteFunc(slices.Clone(loaded(t, dir+"/fixed.sir").Values), func(v *ir.Value) bool { return !v.IsNeuron() })
	if len(neurons) != 2 {
		t.Fatalf("%d layers of neurons, wanted 2", len(neurons))
	}
	for i, v := range neurons {
		w, g := want[fmt.Sprintf("lif%d", i+1)], got[v.Name]
		if w.Len() != g.Len() || !slices.Contains(w.I, 1) {
			t.Fatalf("layer %d: %d spikes or none, of %d that were recorded", i+1, g.Len(), w.Len())
		}
		flips := 0
		for k, s := range w.I {
			if s != g.I[k] {
				flips++
			}
		}
		if flips > 0 {
			t.Errorf("layer %d: %d of %d spikes differ", i+1, flips, w.Len())
		}
	}
}
