package main

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"nomul/ir"
	"nomul/runtime/cost"
	"nomul/runtime/metrics"
)

// A verdict in the table for each regime, also where spikes lose, and where no rate is low enough.
func TestCostTable(t *testing.T) {
	net, err := ir.Parse("net.sir", `net dense fixed steps=8 {
once
	%th = const {fill=1} : s8[]
	%w = const {data=[1,1,1,1]} : s8[2,2]
	%x = input : u8[2]
	%i = linear %x, %w {slots=planes} : s16[2]
step
	%a = neuron %i, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
	%j = linear %a, %w : s8[2]
	%b = neuron %j, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[2]
end
	%c = sum %b : u4[2]
	%y = output %c : u4[2]
}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, synops := range []float64{4, 32} {
		printCosts(&out, costsOf(cost.Layers(net), net.Steps, metrics.Activity{Layers: []metrics.Layer{{Name: "a", Synops: 20}, {Name: "b", Synops: synops}}}))
	}
	text := out.String()
	for _, want := range []string{"spike rate of the connections 12.5 %", "connections 100.0 %", "quantised ANN, 4 bits", "this network needs less", "no rate", "the ANN would need less"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	if costsOf(nil, 1, metrics.Activity{}) != nil {
		t.Error("costs of real numbers")
	}
	for pj, want := range map[float64]string{0: "0.0 pJ", 999: "999.0 pJ", 1500: "1.50 nJ", 2.5e6: "2.50 µJ", 7e9: "7.00 mJ"} {
		if got := energy(pj); got != want {
			t.Errorf("%v pJ is %s, wanted %s", pj, got, want)
		}
	}
}

// Layers of all bundled networks: their connections and activity are those of the table, and their energies add up.
func TestCostsOfNetworks(t *testing.T) {
	for name, file := range map[string]string{"mlp": "fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx", "cnn": "fmnist-cnn-snntorch/cnn_ts26.onnx",
		"sew": "fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn.onnx", "blocks": "fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_bn.onnx"} {
		var r evaluation
		fromJSON(t, nomul(t, "eval", "../../testdata/models/"+file, "--images", images, "--labels", labels,
			"--mean", ".286", "--std", ".353", "--limit", "2", "--json"), &r)
		if len(r.Costs.Layers) != len(r.Layers) || len(r.Costs.Regimes) != len(cost.Regimes) {
			t.Fatalf("%s: %d layers, wanted %d", name, len(r.Costs.Layers), len(r.Layers))
		}
		for i, l := range r.Costs.Layers {
			if l.Name != r.Layers[i].Name || l.Synops != r.Layers[i].Synops || l.Multiplies != 0 || i > 0 && l.Slots > 0 && !l.Spiking {
				t.Errorf("%s: layer %+v, of activity %+v", name, l.Layer, r.Layers[i])
			}
		}
		for _, e := range r.Costs.Regimes {
			spikes, ann := 0.0, 0.0
			for _, l := range e.Layers {
				spikes, ann = spikes+l.Spikes, ann+l.ANN
			}
			if math.Abs(spikes-e.Total.Spikes) > 1e-6*spikes || math.Abs(ann-e.Total.ANN) > 1e-6*ann || e.Total.Better() != (e.Total.Rate < *e.Total.BreakEven) {
				t.Errorf("%s, %s: layers need %v and %v, in all %+v", name, e.Name, spikes, ann, e.Total)
			}
		}
	}
}
