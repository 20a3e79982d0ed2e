package main

import (
	"encoding/json"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// The four trained spiking networks, one export of each.
var networks = []struct {
	file string
	// words are the operands of weighted ops in the fixed net that are not spikes, as check describes them.
	words []string
}{
	{"fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx", []string{"the input", "counts over the time steps"}},
	{"fmnist-cnn-snntorch/cnn_ts26.onnx", []string{"the input"}},
	{"fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn.onnx", []string{"the input", "n12 + n0", "n12 + n0", "counts over the time steps of sums of 196"}},
	{"fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_bn.onnx", []string{"the input", "counts over the time steps of sums of 16"}},
}

// No network multiplies on integers: weighted operands are spikes, or words that
// are run as bit planes, and why they are words is told.
func TestNetworksAreFreeOfMultiplications(t *testing.T) {
	irtest.Long(t)
	for _, n := range networks {
		var u understanding
		if err := json.Unmarshal([]byte(nomul(t, "check", "../../testdata/models/"+n.file, "--json")), &u); err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, e := range u.Multiplications.Edges {
			switch e.Level {
			case "L0", "L1":
			case "L3":
				words = append(words, e.Reason)
			default:
				t.Errorf("%s: %+v", n.file, e)
			}
		}
		if len(words) != len(n.words) {
			t.Errorf("%s has words %q, wanted %q", n.file, words, n.words)
			continue
		}
		for i, w := range n.words {
			if !strings.Contains(words[i], w) {
				t.Errorf("%s: %q is not because of %q", n.file, words[i], w)
			}
		}
		if len(u.Deviations) > 0 {
			t.Errorf("%s: what is not exact besides rounding: %+v", n.file, u.Deviations)
		}
	}
}

// On integers with 8-bit weights few neurons decide otherwise: each layer, fed
// the spikes of the real net, flips less than 1 % of its decisions. Some do: a
// comparison that finds none looks at the wrong thing.
func TestNetworksFlipFewSpikes(t *testing.T) {
	irtest.Long(t)
	for _, n := range networks {
		var r evaluation
		text := nomul(t, "eval", "../../testdata/models/"+n.file, "--images", images, "--labels", labels, "--mean", ".286", "--std", ".353",
			"--limit", "3", "--flips", "3", "--json")
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Flips) < 2 {
			t.Errorf("%s: flips of %d layers", n.file, len(r.Flips))
		}
		flips := int64(0)
		for _, l := range r.Flips {
			flips += l.Flips
			if l.Decisions != int64(3*r.Steps*l.Neurons) || l.Share > 0.01 || l.Share != float64(l.Flips)/float64(l.Decisions) {
				t.Errorf("%s: %+v", n.file, l)
			}
		}
		if flips == 0 {
			t.Errorf("%s: no spike flips", n.file)
		}
	}
}
