package main

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
)

// benched are figures that the package neurobench gave for a network, by testdata/neurobench/measure.py.
type benched struct {
	Images             int
	Prune              float32 // weights below are 0
	Footprint          int64
	ConnectionSparsity float64 `json:"connection_sparsity"`
	ActivationSparsity float64 `json:"activation_sparsity"`
	EffectiveMACs      float64 `json:"effective_macs"`
	EffectiveACs       float64 `json:"effective_acs"`
	Dense              float64
	MembraneUpdates    float64 `json:"membrane_updates"`
	// UpdatesDouble are those of the network in float64, in which this one computes its membranes too: in float32
	// a few of millions are the same number again by rounding.
	UpdatesDouble float64 `json:"membrane_updates_double"`
	// Buffers of the network in PyTorch that its ONNX file does not have as arrays, in bytes.
	Buffers map[string]int64
}

// The figures of NeuroBench, of the network as the framework runs it: behind the recognition of neurons, before
// any layer is folded or moved.
func TestNeuroBench(t *testing.T) {
	irtest.Long(t)
	var all map[string]benched
	file := cmp.Or(os.Getenv("NOMUL_BENCHED"), "../../testdata/neurobench/figures.json")
	if err := json.Unmarshal([]byte(read(t, file)), &all); err != nil {
		t.Fatal(err)
	}
	for network, file := range map[string]string{"fmnist-mlp-sj": "mlp_ts26_sjhead_bn.onnx", "fmnist-cnn-snntorch": "cnn_ts26.onnx"} {
		for _, name := range []string{network, network + ".pruned"} {
			t.Run(name, func(t *testing.T) {
				want, ok := all[name]
				if !ok {
					t.Fatal("no figures")
				}
				folder := filepath.Join("../../testdata/models", network)
				net := lowered(t, filepath.Join(folder, file), "raise-neurons")
				prune(net, float64(want.Prune))
				want.hold(t, bench(t, net, filepath.Join(folder, "io.npz"), want.Images))
			})
		}
	}
}

// prune makes weights below a bound 0.
func prune(net *ir.Net, below float64) {
	for _, v := range net.Values {
		if v.Op != ir.OpLinear && v.Op != ir.OpConv {
			continue
		}
		for i, w := range v.Arg(1).Const().F {
			if math.Abs(w) < below {
				v.Arg(1).Const().F[i] = 0
			}
		}
	}
}

func bench(t *testing.T, net *ir.Net, samples string, count int) metrics.NeuroBench {
	t.Helper()
	x, b := arrays(t, samples)["x"], metrics.NewBench(net)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	in := net.All(ir.OpInput)[0]
	for i := range count {
		if _, err := m.Run(map[string]*ir.Tensor{in.Name: ir.Reals(in.Type.Shape, part(x, i))}, b.Tap); err != nil {
			t.Fatal(err)
		}
		b.Sample()
	}
	return b.Figures()
}

// hold compares all figures, to the digit. Those of the package that are means of the images' own
// figures have its rounding.
func (want *benched) hold(t *testing.T, got metrics.NeuroBench) {
	t.Helper()
	unseen := int64(0)
	for name, bytes := range want.Buffers {
		if kind := name[strings.LastIndexByte(name, '.')+1:]; !unseenBuffers[kind] {
			t.Errorf("buffer %s is not known", name)
		}
		unseen += bytes
	}
	same := func(figure string, got, want float64) {
		if math.Abs(got-want) > 1e-12*math.Abs(want) {
			t.Errorf("%s is %v, of NeuroBench %v", figure, got, want)
		}
	}
	same("footprint", float64(got.Footprint), float64(want.Footprint-unseen))
	same("connection sparsity", got.ConnectionSparsity, want.ConnectionSparsity)
	same("activation sparsity", got.ActivationSparsity, want.ActivationSparsity)
	same("effective MACs", got.EffectiveMACs, want.EffectiveMACs)
	same("effective ACs", got.EffectiveACs, want.EffectiveACs)
	same("dense operations", got.Dense, want.Dense)
	same("membrane updates", got.MembraneUpdates, want.UpdatesDouble)
	if want.Prune == 0 {
		same("membrane updates", got.MembraneUpdates, want.MembraneUpdates)
	}
}

// unseenBuffers are arrays of a module of PyTorch that no layer computes with, or single numbers that are
// in a file as constants of its equations.
var unseenBuffers = map[string]bool{"num_batches_tracked": true, "threshold": true, "beta": true,
	"graded_spikes_factor": true, "reset_mechanism_val": true, "mem": true}

// eval counts the same figures, also those of the integers, of which no operation is a multiplication.
func TestEvalNeuroBench(t *testing.T) {
	var r evaluation
	fromJSON(t, nomul(t, "eval", mlpFolder+"/mlp_ts26_sjhead_bn.onnx", "--images", images, "--labels", labels,
		"--mean", ".286", "--std", ".353", "--limit", "8", "--neurobench", "5", "--json"), &r)
	want := bench(t, lowered(t, mlpFolder+"/mlp_ts26_sjhead_bn.onnx", "raise-neurons"), mlpFolder+"/io.npz", 5)
	if r.Bench.Imported == nil || *r.Bench.Imported != want {
		t.Errorf("got %+v, wanted %+v", r.Bench.Imported, want)
	}
	// Weights of 8 bits, and thresholds and biases of neurons.
	if n := r.Bench.Integers; n.Samples != 5 || n.Footprint >= want.Footprint/3 || n.Dense >= want.Dense {
		t.Errorf("of integers %+v", n)
	}
	for _, l := range r.Bench.Operations {
		if l.Adds == 0 || l.Multiplies != 0 {
			t.Errorf("operations %+v", l)
		}
	}
	var out strings.Builder
	printBench(&out, r.Bench)
	for _, want := range []string{"as imported", "dense operations                  935936", "multiply\nlif1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
