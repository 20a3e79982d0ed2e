package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/dataset"
	"nomul/runtime/engine"
	"nomul/runtime/engine/toolchain"
)

const (
	reluCNN   = "../../testdata/models/fmnist-relu-cnn/relucnn_ts26_bn.onnx"
	calibrate = "../../testdata/data/fashion-mnist/train512-images-idx3-ubyte.gz"
)

// plainEngine runs so many images of the table, and so many of the ordinary test. Simulated processors and
// hardware are slow: one image there, at 3 bits.
type plainEngine struct {
	name     string
	all, few int
	open     func(t *testing.T, net *ir.Net) (engine.Engine, error)
}

var plainEngines = []plainEngine{
	{"interpreter", 10000, 4, func(_ *testing.T, net *ir.Net) (engine.Engine, error) { return engine.Interp(net, runtime.NumCPU()) }},
	{"Go", 10000, 4, plainGo("go", "")},
	{"Go, AVX2", 10000, 4, plainGo("avx2", "")},
	{"C", 10000, 4, func(t *testing.T, net *ir.Net) (engine.Engine, error) {
		return engine.C(t.Context(), net, cgen.New(), backends.Options{Name: modelName}, "gcc")
	}},
	{"Go, NEON, emulated", 1000, 1, plainGo("neon", "arm64")},
	{"Verilog, Verilator", 20, 1, func(t *testing.T, net *ir.Net) (engine.Engine, error) {
		return engine.Verilog(t.Context(), net, verilog.New(), backends.Options{Name: modelName}, "verilator")
	}},
}

func plainGo(kernel, arch string) func(*testing.T, *ir.Net) (engine.Engine, error) {
	return func(t *testing.T, net *ir.Net) (engine.Engine, error) {
		k := goKernel{kernel, arch}
		if !slices.Contains(goKernels(), k) {
			return nil, &toolchain.Missing{Tools: []string{k.name()}}
		}
		return engine.Go(t.Context(), net, goasm.New(), engine.GoOptions{Options: backends.Options{Name: modelName}, Kernel: kernel, Arch: arch})
	}
}

// plainTable is the README's table of logits.
var plainTable = regexp.MustCompile(`<!-- plain integers -->\n(?:\|.*\n)*`)

// A network of K-bit words, computed with ordinary integers and multiplications, has the logits of the network without
// multiplications, on every engine. make accuracy compares those of all test images.
func TestPlainIntegers(t *testing.T) {
	irtest.Long(t)
	table := "| bits of words | right |"
	for _, e := range plainEngines {
		table += fmt.Sprintf(" %s: %d images |", e.name, e.all)
	}
	table += "\n|---|---|" + strings.Repeat("---|", len(plainEngines)) + "\n"
	rows := 0
	for _, bits := range []string{"8", "6", "4", "3"} {
		t.Run(bits, func(t *testing.T) {
			table += plainRow(t, bits)
			rows++
		})
	}
	if !*all || rows < 4 {
		return
	}
	text := read(t, "../../README.md")
	fresh := plainTable.ReplaceAllLiteralString(text, "<!-- plain integers -->\n"+table)
	if !irtest.Update() && fresh != text {
		t.Errorf("README.md shows other figures than\n%s", table)
	} else if err := os.WriteFile("../../README.md", []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

// plainRow compares the logits at so many bits, and returns the row of the table.
func plainRow(t *testing.T, bits string) string {
	file := filepath.Join(t.TempDir(), "k"+bits+".sir")
	nomul(t, "ir", reluCNN, "--level", "fixed", "--mean", ".286", "--std", ".353", "--calibrate", calibrate, "--activations", bits, "-o", file)
	plain, err := readPlain(file, read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	samples, classes := plainSamples(t)
	want := plainLogits(plain, samples)
	right := 0
	for i, logits := range want {
		if slices.Index(logits, slices.Max(logits)) == classes[i] {
			right++
		}
	}
	row := fmt.Sprintf("| %s | %.2f %% |", bits, 100*float64(right)/float64(len(want)))
	net := loaded(t, file)
	for _, e := range plainEngines {
		row += " " + e.compare(t, bits, net, samples, want) + " |"
	}
	t.Log(row)
	return row + "\n"
}

// The comparison sees weights and thresholds that are wrong by one.
func TestPlainIntegersControl(t *testing.T) {
	irtest.Long(t)
	file := filepath.Join(t.TempDir(), "k3.sir")
	nomul(t, "ir", reluCNN, "--level", "fixed", "--mean", ".286", "--std", ".353", "--calibrate", calibrate, "--calibrate-limit", "8", "--activations", "3", "-o", file)
	plain, err := readPlain(file, read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	samples, _ := plainSamples(t)
	want := plainLogits(plain, samples)
	for _, name := range []string{"features.1.weight", "features.9.first", "classifier.3.weight"} {
		for i := range plain.consts[name].v {
			plain.consts[name].v[i]++
		}
		if got := plainLogits(plain, samples); slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("with other %s the logits are the same", name)
		}
		for i := range plain.consts[name].v {
			plain.consts[name].v[i]--
		}
	}
}

// plainSamples are the images that are compared, and their classes.
func plainSamples(t *testing.T) (samples [][][]int64, classes []int) {
	pictures, err := dataset.ReadImages(images)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := dataset.ReadLabels(labels)
	if err != nil {
		t.Fatal(err)
	}
	count := 4
	if *all {
		count = pictures.Len()
	}
	size := len(pictures.Pixels) / pictures.Len()
	for i := range count {
		x := make([]int64, size)
		for k, p := range pictures.Pixels[i*size:][:size] {
			x[k] = int64(p)
		}
		samples = append(samples, [][]int64{x})
	}
	return samples, truth[:count]
}

// plainLogits are those of the reference.
func plainLogits(n *plainNet, samples [][][]int64) [][]int64 {
	out := make([][]int64, len(samples))
	var wg sync.WaitGroup
	for w := range runtime.NumCPU() {
		wg.Go(func() {
			for i := w; i < len(samples); i += runtime.NumCPU() {
				out[i] = n.run(samples[i][0])
			}
		})
	}
	wg.Wait()
	return out
}

// compare returns the number of an engine's logits that are others, as text.
func (e *plainEngine) compare(t *testing.T, bits string, net *ir.Net, samples [][][]int64, want [][]int64) string {
	if !*all && e.few == 1 && bits != "3" {
		return "not run"
	}
	built, err := e.open(t, net)
	if missing := (*toolchain.Missing)(nil); errors.As(err, &missing) {
		if os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		return err.Error()
	} else if err != nil {
		t.Fatal(err)
	}
	defer built.Close()
	count := min(e.few, len(samples))
	if *all {
		count = min(e.all, len(samples))
	}
	differ, logits := 0, 0
	for from := 0; from < count; from += portion {
		to := min(from+portion, count)
		got, err := built.Run(t.Context(), samples[from:to], false)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range got {
			for k, y := range s.Outputs[0] {
				logits++
				if y != want[from+i][k] {
					if differ++; differ < 4 {
						t.Errorf("%s bits, %s: logit %d of image %d is %d, with multiplications it is %d", bits, e.name, k, from+i, y, want[from+i][k])
					}
				}
			}
		}
	}
	if logits != 10*count {
		t.Errorf("%s bits, %s: %d logits of %d images", bits, e.name, logits, count)
	}
	return fmt.Sprint(differ)
}
