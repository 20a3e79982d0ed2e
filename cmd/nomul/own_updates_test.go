package main

import (
	"slices"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// netOf is a net of an archive of the test data.
func netOf(t *testing.T, archive, section string) *ir.Net {
	t.Helper()
	path := "../../testdata/" + archive + ".txtar"
	return irtest.ParseNet(t, path, irtest.Section(t, path, irtest.Load(t, path), section))
}

// neuronsTold is the part of check that tells of a net's neurons.
func neuronsTold(n *ir.Net) string {
	var out strings.Builder
	printNeurons(&out, neuronRows(n), tables(&out, false))
	return out.String()
}

// Layers with a program of their own have a table, once each; one that gives the membrane of another out is
// no layer.
func TestOwnUpdatesAreTold(t *testing.T) {
	const want = `
neurons      kind      count  threshold  leak  reset  fires at
s.potential  membrane  2                 own   by s   never

own updates  count  states  starting from  compares with  gives
s            2      2       0              1, 2           spikes
own updates: no neurons by the equation, compiled as they are written; nomul
  ir --level spiking shows their programs
s.potential is the membrane of s, kept beside it because it is read, and no
  neuron more
`
	if got := neuronsTold(netOf(t, "passes/raise-neurons-cell-read", "out.sir")); got != want {
		t.Error(got)
	}
}

// States that do not start from 0 are told by name; several numbers may be those of a run before the export.
func TestOwnStartsAreTold(t *testing.T) {
	const one = `
own updates  count  states  starting from   compares with  gives
s            2      2       0 but state2 1  its states     spikes
m            2      1       0               nothing        numbers
own updates: no neurons by the equation, compiled as they are written; nomul
  ir --level spiking shows their programs
`
	net := netOf(t, "run/cell-real", "in.sir")
	if got := neuronsTold(net); got != one {
		t.Error(got)
	}
	const several = `
own updates  count  states  starting from            compares with  gives
s            2      2       0 but state2 0.25 … 0.5  its states     spikes
m            2      1       0                        nothing        numbers
own updates: no neurons by the equation, compiled as they are written; nomul
  ir --level spiking shows their programs
states that do not start from 0: s (state2 0.25 … 0.5). A run before the
  export may have left them: if so, reset the network and export it again
`
	first := net.Find("first")
	first.Type = ir.RealType(ir.ShapeOf(2))
	first.Attrs = ir.ConstAttrs{Data: &ir.Tensor{Type: first.Type, F: []float64{0.25, 0.5}}}
	if got := neuronsTold(net); got != several {
		t.Error(got)
	}
}

// Constants that numbers are compared with are told, of choices both; state that is 0 or 1 is no number.
func TestOwnThresholdsAreTold(t *testing.T) {
	for archive, want := range map[string]string{
		"raise-neurons-cell-hysteresis": "own (1, 0.25)", "raise-neurons-cell-leaky-relu": "own (0, 1)", "raise-neurons-cell-read": "own (1, 2)",
	} {
		rows := neuronRows(netOf(t, "passes/"+archive, "out.sir"))
		layer := slices.IndexFunc(rows, func(r neuronRow) bool { return r.own && r.of == "" })
		if got := rows[layer].Threshold; got != want {
			t.Errorf("%s: %s, wanted %s", archive, got, want)
		}
	}
}
