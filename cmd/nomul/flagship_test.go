package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/files"
	"nomul/runtime/interp"
)

const (
	mlpFolder = "../../testdata/models/fmnist-mlp-sj"
	images    = "../../testdata/data/fashion-mnist/t10k-images-idx3-ubyte.gz"
	labels    = "../../testdata/data/fashion-mnist/t10k-labels-idx1-ubyte.gz"
)

// exports are the files of the one trained network, by four exporters.
func exports(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(mlpFolder + "/*.onnx")
	if err != nil || len(files) != 4 {
		t.Fatalf("found exports %v (%v), wanted 4", files, err)
	}
	return files
}

// nomul runs a command line, which must succeed, and returns its standard output.
func nomul(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != 0 {
		t.Fatalf("nomul %s: exit %d\n%s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String()
}

func arrays(t *testing.T, file string) map[string]*dataset.Array {
	t.Helper()
	a, err := dataset.ReadArrays(file)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The source level computes PyTorch's outputs, within 1e-5, on all 256 golden samples.
func TestSourceEqualsPyTorch(t *testing.T) {
	irtest.Long(t)
	want := arrays(t, mlpFolder+"/io.npz")["y"]
	for _, file := range exports(t) {
		out := filepath.Join(t.TempDir(), "out.npz")
		nomul(t, "run", file, "-i", mlpFolder+"/io.npz", "-o", out, "--level", "source")
		got := arrays(t, out)["y"]
		if fmt.Sprint(got.Shape) != fmt.Sprint(want.Shape) {
			t.Fatalf("%s: y is %v, wanted %v", file, got.Shape, want.Shape)
		}
		worst := 0.0
		for i := range want.Len() {
			worst = max(worst, math.Abs(got.At(i)-want.At(i)))
		}
		t.Logf("%s: largest difference %.2g", filepath.Base(file), worst)
		if !(worst <= 1e-5) {
			t.Errorf("%s: y differs by %v", file, worst)
		}
	}
}

// The spiking level before batch-norm is folded gives the framework's spikes,
// every one.
func TestSpikesEqualTrace(t *testing.T) {
	irtest.Long(t)
	want := arrays(t, mlpFolder+"/trace.npz")
	for _, file := range exports(t) {
		dir := t.TempDir()
		nomul(t, "run", file, "-i", mlpFolder+"/io.npz", "-o", dir+"/out.npz", "--trace", dir+"/trace.npz",
			"--level", "spiking", "--opt", "fold-batch-norm=off")
		got := arrays(t, dir+"/trace.npz")
		for i, v := range loweredNeurons(t, file) {
			w, g := want[fmt.Sprintf("lif%d", i+1)], got[v.Name]
			flips, spikes := 0, int64(0)
			for j := range w.Len() { // the trace has the first 8 of the 256 samples
				spikes += w.I[j]
				if w.I[j] != g.I[j] {
					flips++
				}
			}
			t.Logf("%s layer %d: %d of %d spikes differ", filepath.Base(file), i+1, flips, spikes)
			if flips > 0 || spikes == 0 {
				t.Errorf("%s layer %d: %d spikes differ, %d seen", file, i+1, flips, spikes)
			}
		}
	}
}

func loaded(t *testing.T, file string) *ir.Net {
	t.Helper()
	net, _, err := readNet(file, reading{}, folderOf(file))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func lowered(t *testing.T, file, after string) *ir.Net {
	t.Helper()
	net, err := passes.Lower(loaded(t, file), ir.Spiking, after, &passes.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func loweredNeurons(t *testing.T, file string) []*ir.Value {
	t.Helper()
	return lowered(t, file, "").All(ir.OpNeuron)
}

// With batch-norm folded and in float64, a spike may differ from the network's
// own float32; but only where the membrane sat on the threshold: the first flip
// of a sample, in the order of steps and layers, has |H − θ| ≤ 1e-5·max(|H|, θ).
func TestFoldingFlipsOnlyTies(t *testing.T) {
	irtest.Long(t)
	file := exports(t)[0]
	before, after := lowered(t, file, "reroll-time"), lowered(t, file, "fold-batch-norm")
	if before.Level != ir.Source || len(after.All(ir.OpBatchNorm)) != 0 {
		t.Fatal("these are not the nets before and after")
	}
	set, err := dataset.ReadImages(images)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := feed{net: before, elem: ir.UintType(8, ir.Shape{}), pixels: &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.286}, Std: []float64{0.353}}}.images(set, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	a, b := newProbe(t, before, ir.OpCompare), newProbe(t, after, ir.OpNeuron)
	flips, flipped, spikes := 0, 0, 0
	for i, s := range samples {
		a.run(t, s)
		b.run(t, s)
		first := -1
		for j := range a.spikes {
			spikes += int(a.spikes[j])
			if a.spikes[j] != b.spikes[j] {
				flips++
				if first < 0 {
					first = j
				}
			}
		}
		if first < 0 {
			continue
		}
		flipped++
		if h := a.membranes[first]; math.Abs(h-1) > 1e-5*max(math.Abs(h), 1) {
			t.Errorf("sample %d: the first flip is at membrane %v, threshold 1", i, h)
		}
	}
	t.Logf("%d of %d spikes flip, in %d of %d samples", flips, spikes, flipped, len(samples))
	if spikes == 0 || len(a.spikes) != len(b.spikes) {
		t.Errorf("%d spikes seen, in %d and %d places", spikes, len(a.spikes), len(b.spikes))
	}
}

// probe records every spike of a run, and of comparisons the number that was
// held against the threshold.
type probe struct {
	machine   *interp.Machine
	of        ir.Op
	results   map[*ir.Value]*ir.Tensor
	spikes    []int64
	membranes []float64
}

func newProbe(t *testing.T, net *ir.Net, of ir.Op) *probe {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	return &probe{machine: m, of: of, results: map[*ir.Value]*ir.Tensor{}}
}

func (p *probe) run(t *testing.T, in map[string]*ir.Tensor) {
	t.Helper()
	p.spikes, p.membranes = nil, nil
	if _, err := p.machine.Run(in, p.tap); err != nil {
		t.Fatal(err)
	}
}

func (p *probe) tap(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
	p.results[v] = result
	if v.Op != p.of {
		return
	}
	p.spikes = append(p.spikes, result.I...)
	if membrane := p.results[v.Args[0]]; v.Op == ir.OpCompare {
		p.membranes = append(p.membranes, membrane.F...)
	}
}

// anonymous prints a net with values named by their place, and without a word on who said
// how outputs are read.
func anonymous(t *testing.T, net *ir.Net) string {
	t.Helper()
	places := map[*ir.Value]string{}
	for i, v := range net.Values {
		places[v] = fmt.Sprintf("v%d", i)
	}
	renamed, err := ir.Rebuild(&ir.Net{Name: "net", Level: net.Level, Steps: net.Steps, Values: net.Values}, net.Level,
		func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
			named := *v
			named.Name = places[v]
			args := make([]*ir.Value, len(v.Args))
			for i, a := range v.Args {
				args[i] = r.Of(a)
			}
			attrs := v.Attrs
			if v.Op == ir.OpOutput {
				attrs = ir.OutputAttrs{}
			}
			return r.CopyWith(&named, attrs, args...)
		})
	if err != nil {
		t.Fatal(err)
	}
	return ir.Print(renamed, "")
}

// Four exporters, one network: the spiking nets are equal but for names.
func TestExportsGiveOneNet(t *testing.T) {
	irtest.Long(t)
	want := ""
	for _, file := range exports(t) {
		got := anonymous(t, lowered(t, file, ""))
		if want == "" {
			want = got
			t.Log(got)
		}
		if got != want {
			t.Errorf("%s:\n%s\nwanted\n%s", file, got, want)
		}
	}
}

// The integer network keeps accuracy and predictions, on all test images.
func TestFixedAccuracy(t *testing.T) {
	irtest.Long(t)
	file := mlpFolder + "/mlp_ts26_sjhead_bn.onnx"
	start := time.Now()
	text := nomul(t, "eval", file, "--images", images, "--labels", labels, "--mean", ".2860", "--std", ".3530", "--compare", "all", "--json")
	spent := time.Since(start).Seconds()
	var r struct {
		Samples             int
		Accuracy, Agreement float64
		Imported            float64 `json:"imported_accuracy"`
		SecondsPerSample    float64 `json:"seconds_per_sample"`
		DataSeconds         float64 `json:"data_seconds_per_sample"`
		StartSeconds        float64 `json:"start_seconds"`
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d images: accuracy %.4f, agreement %.4f, %.0f µs each", r.Samples, r.Accuracy, r.Agreement, 1e6*r.SecondsPerSample)
	all := r.StartSeconds + (r.SecondsPerSample+r.DataSeconds)*float64(r.Samples)
	if min(r.StartSeconds, r.SecondsPerSample, r.DataSeconds) <= 0 || all > spent {
		t.Errorf("%+v takes %v s, of %v s in all", r, all, spent)
	}
	// Weights of 8 bits change some predictions: a network that agrees in all was held against itself.
	if r.Samples != 10000 || r.Accuracy < 0.898 || r.Accuracy > 0.902 || r.Agreement < 0.988 || r.Agreement == 1 {
		t.Errorf("accuracy %v, agreement %v on %d images; wanted 0.898 to 0.902, and 0.988 or more but not all, on 10000", r.Accuracy, r.Agreement, r.Samples)
	}
	if r.Imported != 0.9 { // accuracy_10000 of model.json
		t.Errorf("the network as imported has an accuracy of %v; PyTorch counted 0.9", r.Imported)
	}
}

// The text of every level parses back to the identical text.
func TestTextRoundTrip(t *testing.T) {
	irtest.Long(t)
	file := mlpFolder + "/mlp_dynamo26_sjhead.onnx"
	for _, level := range []string{"source", "spiking", "fixed"} {
		dir := t.TempDir()
		first, again := dir+"/model.sir", dir+"/again/model.sir"
		if err := os.Mkdir(dir+"/again", 0o755); err != nil {
			t.Fatal(err)
		}
		nomul(t, "ir", file, "--level", level, "--mean", ".286", "--std", ".353", "-o", first)
		net := loaded(t, first)
		if err := files.Write(t.Context(), netOutputs(net, again)...); err != nil {
			t.Fatal(err)
		}
		if want, got := read(t, first), read(t, again); got != want {
			t.Errorf("%s: printing what was parsed differs:\n%s\nwas\n%s", level, got, want)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// One pass at a time by opt, over text, ends where the pipeline does.
func TestOptRunsEveryPass(t *testing.T) {
	dir := t.TempDir()
	nomul(t, "ir", "../../testdata/models/mlp-slice/mlp_slice.onnx", "--level", "source", "-o", dir+"/0.sir")
	at := dir + "/0.sir"
	for i, p := range passes.All {
		next := fmt.Sprintf("%s/%d.sir", dir, i+1)
		nomul(t, "opt", at, "-p", p.Name, "--mean", ".286", "--std", ".353", "-o", next)
		at = next
	}
	want := nomul(t, "ir", "../../testdata/models/mlp-slice/mlp_slice.onnx", "--level", "fixed", "--mean", ".286", "--std", ".353")
	if got := nomul(t, "ir", at, "--level", "fixed"); got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}

// The golden archive shows a small slice of the network behind each pass.
func TestPipelineArchive(t *testing.T) {
	path := "../../testdata/ir/pipeline.txtar"
	a := irtest.Load(t, path)
	net := loaded(t, "../../testdata/models/mlp-slice/mlp_slice.onnx")
	irtest.Check(t, path, a, "import", ir.Print(net, ""))
	o := &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.286}, Std: []float64{0.353}}}
	_, err := passes.Lower(net, ir.Fixed, "", o, func(p passes.Pass, n *ir.Net) {
		irtest.Check(t, path, a, p.Name, ir.Print(n, ""))
	})
	if err != nil {
		t.Fatal(err)
	}
}
