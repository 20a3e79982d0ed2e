package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
)

// spikingNet is the net of a model of any kind at the end of the spiking level.
func spikingNet(t *testing.T, file string, set map[string]string) *ir.Net {
	t.Helper()
	m, list, err := readModel(file, set)
	if err == nil {
		err = list.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &passes.Options{Off: map[string]bool{}}
	net, err := passes.Lower(m.net, ir.Spiking, "", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A network written by hand, with the weights of an export, is the network that
// the export gives: line for line, but for names.
func TestWrittenEqualsImported(t *testing.T) {
	for text, export := range map[string]string{
		"lif_mlp.snn": "fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx",
	} {
		written := irtest.Canonical(spikingNet(t, "../../testdata/dsl/models/"+text, nil))
		imported := irtest.Canonical(spikingNet(t, "../../testdata/models/"+export, nil))
		if d := cmp.Diff(imported, written); d != "" {
			t.Errorf("%s is not %s (- imported, + written):\n%s", text, export, d)
		}
	}
}
