package main

import (
	"math"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/runtime/dataset"
)

// The integers of a trace become membrane potentials of the real network by the thresholds and
// scales beside them. In the first step, from zeros, these differ by the rounding of weights only.
func TestTraceIsDecoded(t *testing.T) {
	const file = "../../testdata/onnx/frameworks/snntorch/leaky-last.ts17.onnx"
	dir := t.TempDir()
	model, _, err := readModel(file, reading{})
	if err != nil {
		t.Fatal(err)
	}
	x := model.net.All(ir.OpInput)[0]
	in := dataset.Ints(dataset.Uint8, x.Type.Shape.Dims(), nil)
	for i := range x.Type.Size() {
		in.I = append(in.I, int64(i*37%256))
	}
	if err := dataset.WriteArrays(dir+"/in.npz", map[string]*dataset.Array{x.Name: in}); err != nil {
		t.Fatal(err)
	}
	traces := map[string]map[string]*dataset.Array{}
	for _, level := range []string{"spiking", "fixed"} {
		nomul(t, "run", file, "-i", dir+"/in.npz", "-o", dir+"/out.npz", "--trace", dir+"/"+level+".npz", "--level", level, "--mean", "0", "--std", "1")
		traces[level] = arrays(t, dir+"/"+level+".npz")
	}
	fixed, layers := traces["fixed"], map[string]bool{}
	for name, want := range traces["spiking"] {
		layer, ok := strings.CutSuffix(name, ".membrane")
		if !ok {
			continue
		}
		first := want.Shape[2] // of the neurons of the first step of the only sample
		for i := range first {
			got := float64(fixed[name].I[i])
			if th := fixed[layer+".threshold"]; th != nil {
				got /= float64(th.I[i%len(th.I)]) // the network's threshold is 1
				layers["fires"] = true
			} else {
				scale := fixed[layer+".scale"]
				got *= scale.F[i%len(scale.F)]
				layers["silent"] = true
			}
			if math.Abs(got-want.F[i]) > .02 {
				t.Errorf("%s: neuron %d has %g, decoded %g", layer, i, want.F[i], got)
			}
		}
	}
	if len(layers) != 2 {
		t.Errorf("seen: %v", layers)
	}
}
