package main

import (
	"context"
	"encoding/json"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/backends"
	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

// small is a network of one hidden layer and a readout, quick to map to cells.
const small = `net small fixed steps=2 {
once
	%x = input : u8[6]
	%w1 = const {seed=1 lo=-127 hi=127} : s8[5,6]
	%i1 = linear %x, %w1 {slots=planes} : s32[5]
	%th1 = const {fill=200} : u8[]
	%w2 = const {seed=2 lo=-127 hi=127} : s8[3,5]
step
	%s1 = neuron %i1, %th1 {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[5]
	%i2 = linear %s1, %w2 : s16[3]
	%s2 = neuron %i2, %th1 {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[3]
end
	%c = sum %s2 : u2[3]
	%y = output %c : u2[3]
}
`

// bundled is a run on the bundled network and a few images.
func bundled(t *testing.T, args ...string) *bench {
	t.Helper()
	o, err := parseOptions(append([]string{"--limit=200", "--rounds=1", "--slow=1"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	b, err := newBench(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(b.dir) })
	return b
}

// measured fails on a figure that was not measured, unless a tool is missing
// where tools may be missing.
func measured(t *testing.T, b *bench) {
	t.Helper()
	for _, m := range b.report.Missed {
		if strings.HasPrefix(m.Why, "needs ") && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1" {
			t.Skipf("%s: %s", m.What, m.Why)
		}
		t.Fatalf("%s not measured: %s", m.What, m.Why)
	}
}

func TestGo(t *testing.T) {
	irtest.Long(t)
	b := bundled(t, "--ort", "none")
	g := b.measureGo(t.Context()).(*goFigures)
	if len(g.Kernels) == 0 || g.Beside != nil || len(b.report.Missed) != 1 {
		t.Fatalf("%+v, not measured: %+v", g, b.report.Missed)
	}
	last := g.Kernels[len(g.Kernels)-1]
	if last.Kernel != "go" {
		t.Errorf("the last kernel is %s, wanted go", last.Kernel)
	}
	share := 0.0
	for _, s := range last.Stages {
		share += s.Share
	}
	if share < 0.999 || share > 1.001 || len(last.Stages) < 5 {
		t.Errorf("%d stages have %.3f of the time", len(last.Stages), share)
	}
}

// Every other bundled network is compiled and timed, layer by layer.
func TestNetworks(t *testing.T) {
	irtest.Long(t)
	b := bundled(t, "--ort", "none", "--limit", "3")
	f := b.measureNetworks(t.Context()).(networkFigures)
	if len(f) != len(held)-1 || len(f.tables()) < len(f) {
		t.Fatalf("%d networks, not measured: %+v", len(f), b.report.Missed)
	}
	for _, n := range f {
		if k := n.Go.Kernels; len(k) == 0 || len(k[0].Stages) < 8 {
			t.Errorf("%s: %+v", n.Model, k)
		}
	}
}

// onnxruntime is not one of the tools that the tests demand, for it comes from
// another package manager; the other half of its machinery is tested above.
func TestBesideOnnxruntime(t *testing.T) {
	b := bundled(t)
	dir, err := b.emit(goasm.New(), backends.Options{Name: artefactName})
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.besideORT(t.Context(), dir)
	if toolchain.IsMissing(err) && strings.Contains(err.Error(), "onnxruntime") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.Pairs != 4 || s.Images != 200 || s.Agreement < held[0].agreement || s.Accuracy < 0.8 || s.PeerAccuracy < 0.8 {
		t.Errorf("%+v", s)
	}
	for _, x := range []spread{s.Engine, s.Peer, s.Ratio, s.EngineThread, s.PeerThread, s.RatioThread} {
		if x.Min <= 0 || x.Median < x.Min || x.Max < x.Median {
			t.Errorf("a spread is %+v", x)
		}
	}
}

func TestC(t *testing.T) {
	irtest.Long(t)
	b := bundled(t)
	f := b.measureC(t.Context())
	measured(t, b)
	c := f.(*cFigures)
	if len(c.Boards) != len(boardNames) || c.Synops < 10000 {
		t.Fatalf("%+v", c)
	}
	for _, one := range c.Boards {
		if !one.Mismatches.None() {
			t.Errorf("%s: %+v", one.Name, one.Mismatches)
		}
		// All weights lie in flash, one byte each; the membranes in RAM, two or four bytes each.
		if one.Weights < 784*512+512*256+256*10 || one.State < 2*(512+256) || one.Code < 500 || one.PerSynop < 0.1 || one.PerSynop > 10 {
			t.Errorf("%s: %+v", one.Name, one)
		}
	}
}

func TestCyclesEqualTheHeader(t *testing.T) {
	irtest.Long(t)
	b := bundled(t, "--slow=2")
	r, err := b.reference(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	images, err := b.simulate(t.Context(), backends.Options{Name: artefactName, Vectors: r.want}, r)
	if err != nil {
		b.missed("cycles", err)
		measured(t, b)
	}
	if len(images) != 2 || images[0] == images[1] {
		t.Errorf("%+v", images)
	}
	for i, c := range images {
		if c.Simulated != c.Header || c.Simulated < 784 || !c.Mismatches.None() {
			t.Errorf("image %d: %+v", i, c)
		}
	}
}

func smallBench(t *testing.T) *bench {
	t.Helper()
	net, err := ir.Parse("small.sir", small, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{o: &options{}, net: net, dir: t.TempDir(), report: &report{}, section: "verilog"}
}

func TestCells(t *testing.T) {
	irtest.Long(t)
	b := smallBench(t)
	f := &verilogFigures{}
	if err := b.countCells(t.Context(), backends.Options{Name: artefactName}, f); err != nil {
		b.missed("cells", err)
		measured(t, b)
	}
	if len(f.Cells) != 4 || f.Layer != "s2" || f.Shape != "[3,5]" {
		t.Fatalf("%+v", f)
	}
	for _, c := range f.Cells {
		if c.Cells["SB_LUT4"]+c.Cells["LUT4"] == 0 || !strings.Contains(c.Module, map[string]string{"linear": "i2", "neurons": "s2"}[c.Part]) {
			t.Errorf("%+v", c)
		}
	}
	if got := f.tables(); len(got) != 2 {
		t.Errorf("%d tables of cells", len(got))
	}
	b.o.layer = "s9"
	if err := b.countCells(t.Context(), backends.Options{Name: artefactName}, f); err == nil || !strings.Contains(err.Error(), "there are s1, s2") {
		t.Errorf("an unknown layer gave %v", err)
	}
}

// A tool that is not there is told, and leaves the rest alone.
func TestMissingTools(t *testing.T) {
	irtest.Long(t)
	goTool, err := filepath.EvalSymlinks(filepath.Join(goRoot(t), "bin", "go"))
	if err != nil {
		t.Fatal(err)
	}
	only := t.TempDir()
	if err := os.Symlink(goTool, filepath.Join(only, "go")); err != nil {
		t.Fatal(err)
	}
	b := bundled(t)
	t.Setenv("PATH", only)
	g, ok := b.measureGo(t.Context()).(*goFigures)
	if !ok || g.Beside != nil || len(g.Kernels) == 0 {
		t.Errorf("without python: %+v", g)
	}
	if f := b.measureC(t.Context()); f != nil {
		t.Errorf("without compilers: %+v", f)
	}
	whys := ""
	for _, m := range b.report.Missed {
		whys += m.Why + "\n"
	}
	for _, want := range []string{"needs onnxruntime", "needs make, arm-none-eabi-gcc", "riscv64-unknown-elf-gcc"} {
		if !strings.Contains(whys, want) {
			t.Errorf("no %q in:\n%s", want, whys)
		}
	}
	if text := b.report.text(); !strings.Contains(text, "not measured: needs ") {
		t.Errorf("the report does not tell:\n%s", text)
	}
}

func goRoot(t *testing.T) string {
	out, _, err := toolchain.Run(t.Context(), toolchain.Command{Args: []string{"go", "env", "GOROOT"}})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestPeerIsFormatted(t *testing.T) {
	p := peer{Module: "nomul.model", Package: "model", Binding: binding, Block: block, Size: 12, Plane: 4, Scale: []float64{1.0 / 255}, Mean: []float64{0.5}, Std: []float64{0.25}}
	got, err := p.fill(peerSource)
	if err != nil {
		t.Fatal(err)
	}
	want, err := format.Source(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestReadTimes(t *testing.T) {
	got, err := readTimes("kernel avx2: 20000 ns/sample undisturbed, 21500 in the mean of 200\n   15000 ns  share 0.750  i1\n    5000 ns  share 0.250  s1\n")
	if err != nil {
		t.Fatal(err)
	}
	want := kernelTimes{"avx2", 20, 21.5, []stageTime{{"i1", 15, 0.75}, {"s1", 5, 0.25}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := readTimes("kernel avx2 is fast\n"); err == nil {
		t.Error("a text without times was read")
	}
}

func TestReadSizes(t *testing.T) {
	const table = `   text	   data	    bss	    dec	    hex	filename
   1000	      8	      0	   1008	    3f0	build/model.o
   5000	      0	      0	   5000	   1388	build/model_weights.o
`
	text := "-mcpu=cortex-m0 -mthumb:\n" + table + "-mcpu=cortex-m4 -mthumb:\n" + table
	if _, err := readSizes(text); err == nil {
		t.Error("two of three targets were enough")
	}
	got, err := readSizes(text + "-march=rv32i -mabi=ilp32:\n" + strings.Replace(table, "5000", "6000", 1))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]flash{"m0": {1008, 5000}, "m4": {1008, 5000}, "rv32i": {1008, 6000}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(flash{})); diff != "" {
		t.Error(diff)
	}
}

func TestSpread(t *testing.T) {
	if got, want := spreadOf([]float64{3, 9, 1, 4}), (spread{1, 3, 9}); got != want {
		t.Errorf("got %v, wanted %v", got, want)
	}
	if got := spreadOf(nil); got != (spread{}) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestReport(t *testing.T) {
	r := &report{Model: "m.onnx", Images: "1 of i", Machine: "a machine", Tools: []toolVersion{{"go", "1"}},
		Results: []result{{"go", &goFigures{Kernels: []kernelTimes{{"go", 20, 21.5, []stageTime{{"i1", 15, 0.75}, {"s1", 5, 0.25}}}}}}},
		Missed:  []missed{{"c", "flash", "needs make"}}, Commands: []string{"go build"}}
	want := `model   m.onnx
images  1 of i
machine a machine

Go engine alone, kernel go: 20.0 µs per image undisturbed, 21.5 in the mean; share of the layers
  value     µs   share
  %i1    15.00  75.0 %
  %s1     5.00  25.0 %

c: flash not measured: needs make

Tools
  go  1

Commands
  go build
`
	if diff := cmp.Diff(want, r.text()); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"go":{"kernels":[{"kernel":"go","us_per_image":20,"mean_us_per_image":21.5`, `"not_measured":[{"section":"c","what":"flash","why":"needs make"}]`} {
		if !strings.Contains(string(data), part) {
			t.Errorf("no %s in %s", part, data)
		}
	}
}

func TestOptions(t *testing.T) {
	irtest.Long(t)
	for _, c := range []struct{ args, want string }{
		{"--only rust", `there is no section "rust"; there are go, networks, c, verilog`},
		{"--limit 0", "--limit must be at least 1, got 0"},
		{"--labels x", "--labels without --images"},
		{"--lanes 3", "--lanes must be a power of two, got 3"},
		{"a b", "wanted one model, got 2"},
		{"--nothing", "unknown flag"},
	} {
		if _, err := parseOptions(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, wanted %s", c.args, err, c.want)
		}
	}
	o, err := parseOptions([]string{"--only", "c,verilog"})
	if err != nil {
		t.Fatal(err)
	}
	if o.wants("go") || !o.wants("c") || !o.wants("verilog") {
		t.Errorf("--only c,verilog wants %v", o.only)
	}
	if got := run([]string{"--only", "rust"}); got != exitUsage {
		t.Errorf("wrong usage exits with %d", got)
	}
	if got := run([]string{"--only", "go", "missing.onnx"}); got != exitFailed {
		t.Errorf("a missing model exits with %d", got)
	}
}

// The emitted folder is a Go module with a path, which newPeer needs.
func TestEmittedModule(t *testing.T) {
	b := smallBench(t)
	dir, err := b.emit(goasm.New(), backends.Options{Name: artefactName})
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.exec(t.Context(), toolchain.Command{Dir: dir, Args: []string{"go", "list", "-m"}})
	if err != nil || strings.TrimSpace(string(out)) == "" {
		t.Errorf("go list -m: %q, %v", out, err)
	}
}
