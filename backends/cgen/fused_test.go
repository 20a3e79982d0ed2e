package cgen_test

import (
	"testing"

	"nomul/backends/cgen"
	"nomul/ir/irtest"
)

// The archive shows which programs run in the sweep of another stage. The emitted code has the
// interpreter's spikes, membranes and outputs.
func TestFused(t *testing.T) {
	path := "../../testdata/backends/cgen/fused.txtar"
	a := irtest.Load(t, path)
	net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
	irtest.Check(t, path, a, "plan", cgen.New().Plan(net).Print())
	irtest.Need(t, "gcc")
	dir := artefact(t, net, vectors(t, net, append(extremes(net), irtest.Inputs(net, 2, 20)...)))
	run(t, dir, nil, build(t, dir, "test", sanitized...))
}
