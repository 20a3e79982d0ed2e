package verilog_test

import (
	"testing"

	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/irtest/drawn"
)

// Verilator, which looks for a function in its own module only, takes cells of archives and those drawn at
// random; and the bench of each passes, in the clocks that are told.
func TestCells(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "verilator")
	check := func(net *ir.Net) {
		vs := samples(t, net, 1, 2)
		dir := emit(t, net, 4, vs)
		mustRun(t, dir, "verilator", "--lint-only", "-Wno-fatal", "--top-module", verilog.Top("net"), "net.v")
		passes(t, net, 4, vs, simulate(t, dir))
	}
	for _, path := range irtest.Files(t, "../../testdata/run/cell*.txtar") {
		if net := irtest.ArchivedNet(t, path); net.Level == ir.Fixed {
			check(net)
		}
	}
	for _, seed := range []uint64{5306, 5311, 5312} {
		check(drawn.Cells(seed))
	}
}
