package passes

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/sbinet/npyio/npz"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/irtest"
)

const modelsDir = "../testdata/models/"

// model is a bundled network with all its exports.
type model struct {
	name  string
	files int
	steps int
	// layers are the neurons in reading order, by the names that the records have.
	layers []string
	// named is the file whose module paths are these names.
	named string
}

var trainedModels = []model{
	{name: "fmnist-mlp-sj", files: 4, steps: 4, layers: []string{"lif1", "lif2"}, named: "mlp_ts26_sjhead_bn.onnx"},
	{name: "fmnist-cnn-snntorch", files: 6, steps: 8, layers: []string{"lif1", "lif2", "lif3"}, named: "cnn_ts26.onnx"},
	{name: "fmnist-relu-cnn", files: 3, steps: 1, named: "relucnn_ts26_bn.onnx"},
	{name: "fmnist-resnet-sj-sew", files: 3, steps: 4, layers: []string{"n0", "n11", "n12", "n21", "n22", "nsc"}, named: "ressew_ts26_sjhead_bn.onnx"},
	{name: "fmnist-spiking-mlp-bnc", files: 4, steps: 4, layers: tokenLayers(), named: "smlpbnc_ts26_sjhead_bn.onnx"},
}

// tokenLayers are the neurons of the token network: six blocks of five, the
// first neuron, and the cell between the stages.
func tokenLayers() []string {
	out := []string{"na.n"}
	for _, block := range []string{"s1.0", "s1.1", "s1.2", "s1.3", "spe", "s2.0", "s2.1"} {
		if block == "spe" {
			out = append(out, "spe.m1.n", "spe.m2.n", "nb.n")
			continue
		}
		for _, n := range []string{"tok.nh.n", "tok.nw.n", "n1.n", "ch.n.n", "n2.n"} {
			out = append(out, block+"."+n)
		}
	}
	return out
}

// exports are the nets of each of a model's files behind a pass, or at the end of
// the spiking level.
func (m model) exports(t *testing.T, after string) map[string]*ir.Net {
	t.Helper()
	files, err := filepath.Glob(modelsDir + m.name + "/*.onnx")
	if err != nil || len(files) != m.files {
		t.Fatalf("found %v (%v), wanted %d files", files, err, m.files)
	}
	out := map[string]*ir.Net{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		net, list := onnx.Import(file, data, onnx.Options{Load: irtest.Beside(file)})
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		o := &Options{}
		if len(net.All(ir.OpInput)) > 1 {
			o.Steps = m.steps
		}
		if out[filepath.Base(file)], err = Lower(net, ir.Spiking, after, o, nil); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestExportsAgree: all exports of one network give the same spiking net, line for line but for
// names, and for float32 rounding of constants at export.
func TestExportsAgree(t *testing.T) {
	irtest.Long(t)
	for _, m := range trainedModels {
		t.Run(m.name, func(t *testing.T) {
			nets := m.exports(t, "")
			want := nets[m.named]
			if want.Steps != m.steps || len(want.All(ir.OpNeuron)) != len(m.layers) {
				t.Errorf("%d neuron layers over %d steps, wanted %d over %d", len(want.All(ir.OpNeuron)), want.Steps, len(m.layers), m.steps)
			}
			for i, v := range want.All(ir.OpNeuron) {
				if v.Name != m.layers[i] {
					t.Errorf("neuron %d is called %s, wanted %s", i, v.Name, m.layers[i])
				}
			}
			for file, net := range nets {
				if got := anonymous(net); got != anonymous(want) {
					t.Errorf("%s gives another net:\n%s\nthan %s:\n%s", file, got, m.named, anonymous(want))
				}
				sameConstants(t, file, net, want)
			}
		})
	}
}

// sameConstants holds the constants of two nets of the same text against each
// other: batch-norms that an exporter folded in float32 differ by its rounding.
func sameConstants(t *testing.T, file string, got, want *ir.Net) {
	a, b := got.All(ir.OpConst), want.All(ir.OpConst)
	for i := range min(len(a), len(b)) {
		x, y := a[i].Const(), b[i].Const()
		largest := 0.0
		for _, f := range y.F {
			largest = max(largest, math.Abs(f))
		}
		for j := range min(len(x.F), len(y.F)) {
			if d := math.Abs(x.F[j] - y.F[j]); d > 1e-6*largest {
				t.Errorf("%s: %s[%d] is %v, %v in the other export", file, a[i].Name, j, x.F[j], y.F[j])
				break
			}
		}
	}
}

// TestTrainedSpikes: the neurons of every export fire as the framework's did, at
// every step, with batch-norms where the file has them; the membranes are those
// of the record where there is one, and the outputs are the framework's.
func TestTrainedSpikes(t *testing.T) {
	irtest.Long(t)
	for _, m := range trainedModels {
		t.Run(m.name, func(t *testing.T) {
			r := m.records(t)
			for file, net := range m.exports(t, "name-layers") {
				r.hold(t, m, file, net)
			}
		})
	}
}

// records are inputs and outputs of the framework for the first samples.
type records struct {
	x, y      []float32
	spikes    [][]uint8   // by layer
	membranes [][]float32 // by layer; nil where not recorded
	samples   int
}

func (m model) records(t *testing.T) records {
	r := records{samples: 8}
	io := openArrays(t, m.name+"/io.npz")
	r.x, r.y = array[float32](t, io, "x"), array[float32](t, io, "y")
	if len(m.layers) == 0 {
		return r
	}
	trace := openArrays(t, m.name+"/trace.npz")
	for _, name := range m.layers {
		r.spikes = append(r.spikes, array[uint8](t, trace, name))
		var membranes []float32
		if slices.Contains(trace.Keys(), name+".mem.npy") {
			membranes = array[float32](t, trace, name+".mem")
		}
		r.membranes = append(r.membranes, membranes)
	}
	return r
}

// hold runs a net on the samples and compares it with the records.
func (r records) hold(t *testing.T, m model, file string, net *ir.Net) {
	run := machine(t, net)
	layers, input, output := net.All(ir.OpNeuron), net.All(ir.OpInput)[0], net.All(ir.OpOutput)[0]
	size := input.Type.Size()
	for sample := range r.samples {
		x := ir.NewTensor(input.Type)
		for i := range x.F {
			x.F[i] = float64(r.x[sample*size+i])
		}
		spikes, membranes := 0, 0.0
		out, err := run.Run(map[string]*ir.Tensor{input.Name: x}, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
			layer := slices.Index(layers, v)
			if layer < 0 {
				return
			}
			from := (sample*net.Steps + step) * len(result.I)
			for i, s := range result.I {
				if int64(r.spikes[layer][from+i]) != s {
					spikes++
				}
				if r.membranes[layer] != nil {
					membranes = max(membranes, math.Abs(float64(r.membranes[layer][from+i])-states[0].F[i]))
				}
			}
		})
		switch {
		case err != nil:
			t.Fatal(err)
		case spikes > 0 || !(membranes <= 1e-5):
			t.Errorf("%s, sample %d: %d spikes differ, membranes by up to %g", file, sample, spikes, membranes)
		}
		outs := out[output.Name]
		for i := range outs.Type.Size() {
			if d := math.Abs(outs.At(i) - float64(r.y[sample*outs.Type.Size()+i])); !(d <= 1e-5) {
				t.Errorf("%s, sample %d: output %d differs by %g", file, sample, i, d)
			}
		}
	}
}

func openArrays(t *testing.T, file string) *npz.Reader {
	t.Helper()
	f, err := npz.Open(modelsDir + file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// array reads an array of the records.
func array[T any](t *testing.T, f *npz.Reader, name string) []T {
	t.Helper()
	var out []T
	if err := f.Read(name+".npy", &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// anonymous is the text of a net with its values numbered in order, its constants without
// their data, and without a word on who said how outputs are read.
func anonymous(n *ir.Net) string {
	plain := *n
	plain.Name = "net"
	text := regexp.MustCompile(`(?m) = const \{.*\} :`).ReplaceAllString(ir.Print(&plain, "x"), " = const {} :")
	text = regexp.MustCompile(` \{read=\w+\}`).ReplaceAllString(text, "")
	names := map[string]string{}
	return regexp.MustCompile(`%[^ ,]+`).ReplaceAllStringFunc(text, func(name string) string {
		if names[name] == "" {
			names[name] = "%" + strconv.Itoa(len(names))
		}
		return names[name]
	})
}
