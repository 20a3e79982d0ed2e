package main

import (
	"testing"

	"nomul/ir/irtest"
)

// Layers with a program of their own are told, once each; one that gives the membrane of another out is no layer.
func TestOwnUpdatesAreTold(t *testing.T) {
	const path = "../../testdata/passes/raise-neurons-cell-read.txtar"
	net := irtest.ParseNet(t, path, irtest.Section(t, path, irtest.Load(t, path), "out.sir"))
	rows := neuronRows(net)
	if got, want := ownUpdates(rows), "no neurons by the equation, whose updates are compiled as they are written: s"; got != want {
		t.Errorf("%q", got)
	}
	if got, want := givenOut(rows), "s.potential is the membrane of s, kept beside it because it is read, and no neuron more"; got != want {
		t.Errorf("%q", got)
	}
}
