package main

import (
	"slices"
	"testing"

	"nomul/ir/irtest"
)

// Layers with a program of their own are told, once each; one that gives the membrane of another out is no layer.
func TestOwnUpdatesAreTold(t *testing.T) {
	const path = "../../testdata/passes/raise-neurons-cell-read.txtar"
	net := irtest.ParseNet(t, path, irtest.Section(t, path, irtest.Load(t, path), "out.sir"))
	rows := neuronRows(net)
	if got, want := ownUpdates(rows), "no neurons by the equation, whose updates are compiled as they are written (in brackets what they compare with): s"; got != want {
		t.Errorf("%q", got)
	}
	spikes := slices.IndexFunc(rows, func(r neuronRow) bool { return r.Name == "s" })
	if got := rows[spikes]; got.Threshold != "own (1, 2)" || got.Leak != own || got.Reset != own || got.Compare != own {
		t.Errorf("%+v", got)
	}
	if got, want := givenOut(rows), "s.potential is the membrane of s, kept beside it because it is read, and no neuron more"; got != want {
		t.Errorf("%q", got)
	}
}

// Constants that numbers are compared with are told, of choices both; state that is 0 or 1 is no number.
func TestOwnThresholdsAreTold(t *testing.T) {
	for file, want := range map[string]string{"raise-neurons-cell-hysteresis": "own (1, 0.25)", "raise-neurons-cell-leaky-relu": "own (0, 1)"} {
		path := "../../testdata/passes/" + file + ".txtar"
		net := irtest.ParseNet(t, path, irtest.Section(t, path, irtest.Load(t, path), "out.sir"))
		if got := neuronRows(net)[0].Threshold; got != want {
			t.Errorf("%s: %s, wanted %s", file, got, want)
		}
	}
}
