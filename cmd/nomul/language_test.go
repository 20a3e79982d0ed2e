package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/frontend/dsl"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/metrics"
)

// spikingNet is the net of a model of any kind at the end of the spiking level.
func spikingNet(t *testing.T, file string, set map[string]string) *ir.Net {
	t.Helper()
	m, list, err := readModel(file, reading{set: set, allowed: []string{"../../testdata"}})
	if err == nil {
		err = list.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &passes.Options{Off: map[string]bool{}}
	if strings.Contains(file, "_step") { // one time step with its state as inputs and outputs
		o.Steps, o.Readout = 8, "sum"
	}
	net, err := passes.Lower(m.net, ir.Spiking, "", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A network written by hand, with the weights of an export, is the network that
// the export gives: line for line, but for names.
func TestWrittenEqualsImported(t *testing.T) {
	irtest.Long(t)
	for text, export := range map[string]string{
		"lif_mlp.snn":    "fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx",
		"cnn.snn":        "fmnist-cnn-snntorch/cnn_ts26.onnx",
		"sew_resnet.snn": "fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn.onnx",
		"small_smlp.snn": "fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_bn.onnx",
		"ssa.snn":        "../onnx/frameworks/spikingjelly/ssa.ts17.onnx",
	} {
		written := spikingNet(t, "../../testdata/dsl/models/"+text, nil)
		imported := spikingNet(t, "../../testdata/models/"+export, nil)
		sameNet(t, text+" and "+export, imported, written)
	}
}

// sameNet demands that two nets are equal but for names.
func sameNet(t *testing.T, what string, a, b *ir.Net) {
	t.Helper()
	lines := func(n *ir.Net) []string { return strings.Split(irtest.Canonical(n), "\n") }
	if d := cmp.Diff(lines(a), lines(b)); d != "" {
		t.Errorf("%s differ (- the first, + the second):\n%s", what, d)
	}
}

// Every trained network, exported as a source text and compiled, is itself
// again, also when it goes through the passes once more.
func TestExportThenCompile(t *testing.T) {
	irtest.Long(t)
	files, err := filepath.Glob("../../testdata/models/*/*.onnx")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d models (%v)", len(files), err)
	}
	for _, file := range files {
		net := spikingNet(t, file, nil)
		text := filepath.Join(t.TempDir(), "model.snn")
		if err := writtenSource(t, net, text); err != nil {
			t.Fatal(err)
		}
		sameNet(t, file+" and its export", net, spikingNet(t, text, nil))
		if formatted, err := dsl.Format(text, read(t, text)); err != nil || formatted != read(t, text) {
			t.Errorf("the export of %s is not in canonical form (%v)", file, err)
		}
	}
}

// The published Spiking MLP (arXiv 2306.12465) is one page, and has as many
// parameters and operations as its authors report.
func TestSpikingMLP(t *testing.T) {
	irtest.Long(t)
	file := "../../testdata/dsl/models/spiking_mlp.snn"
	if lines := strings.Count(read(t, file), "\n"); lines > 90 {
		t.Errorf("%s has %d lines, wanted at most 90", file, lines)
	}
	for _, want := range []struct {
		set                   map[string]string
		parameters, positions string
	}{
		{nil, "25.23 M", "4.98 G"},
		{map[string]string{"dim": "96"}, "37.98 M", "7.51 G"},
		{map[string]string{"dim": "96", "spe": "false"}, "34.49 M", "7.12 G"},
	} {
		m, _, err := readSource(file, want.set, folderOf(file))
		if err != nil {
			t.Fatal(err)
		}
		size := metrics.SizeOf(m.Net)
		got := fmt.Sprint(large(int64(size.Parameters)), large(size.Positions))
		if got != want.parameters+want.positions {
			t.Errorf("with %v: %s, wanted %s parameters and %s positions", want.set, got, want.parameters, want.positions)
		}
	}
}

// A small Spiking MLP goes all the way to integers, and multiplies nothing.
func TestSpikingMLPToIntegers(t *testing.T) {
	small := map[string]string{"size": "32", "dim": "6", "depths": "[1, 1]", "classes": "4"}
	file := "../../testdata/dsl/models/spiking_mlp.snn"
	m, _, err := readSource(file, small, folderOf(file))
	if err != nil {
		t.Fatal(err)
	}
	o := &passes.Options{Off: map[string]bool{}}
	declared(o, m.Pixels)
	fixed, err := passes.Lower(m.Net, ir.Fixed, "", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := metrics.Multiplications(metrics.Verdict(fixed)); n != 0 {
		t.Errorf("%d products are multiplications", n)
	}
}
