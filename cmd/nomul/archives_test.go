package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/eval"
	"nomul/ir/irtest"
	"nomul/passes/canonical"
	"nomul/passes/integers"
	"nomul/passes/scales"
	"nomul/passes/timing"
	"nomul/runtime/engine"
	"nomul/runtime/engine/toolchain"
	"nomul/runtime/interp"
)

// archived is the net of a testdata/run archive.
type archived struct {
	name string
	net  *ir.Net
}

// fixedArchives are the nets of testdata/run that engines can be asked to run.
func fixedArchives(t *testing.T) []archived {
	t.Helper()
	var out []archived
	for _, path := range irtest.Files(t, "../../testdata/run/*.txtar") {
		net := irtest.ArchivedNet(t, path)
		if net.Level == ir.Fixed {
			out = append(out, archived{strings.TrimSuffix(filepath.Base(path), ".txtar"), net})
		}
	}
	return out
}

// Every fixed net of testdata/run gives the same spikes, membranes and outputs
// on every engine that takes it. A net that a back end refuses is a line of
// the golden list, so that a gap is seen.
func TestArchivesOnAllEngines(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	archives := fixedArchives(t)
	refused := make([]string, len(archives))
	toolchain.Each(len(archives), func(i int) { refused[i] = runArchive(t, archives[i]) })
	golden(t, "../../testdata/run/refused.txt", strings.Join(refused, ""))
}

// runArchive compares the engines that take the archive's net with the
// interpreter, and gives a line for each that does not take it.
func runArchive(t *testing.T, a archived) (refused string) {
	samples := irtest.Inputs(a.net, 7, 5)
	want, err := reference(a.net, samples, true)
	if err != nil {
		t.Errorf("%s: %v", a.name, err)
		return ""
	}
	for _, target := range targets() {
		if gaps := target.Check(a.net); gaps.Err() != nil {
			refused += fmt.Sprintf("%s %s: %s\n", a.name, target.Name(), gaps[0].Message)
			continue
		}
		compareOn(t, a, target.Name(), samples, want)
	}
	return refused
}

func compareOn(t *testing.T, a archived, target string, samples []map[string]*ir.Tensor, want backends.Vectors) {
	t.Helper()
	e, err := openEngine(context.Background(), a.net, target)
	if toolchain.IsMissing(err) && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1" {
		t.Logf("%s on %s: skipped, %v", a.name, target, err)
		return
	}
	if err != nil {
		t.Errorf("%s on %s: %v", a.name, target, err)
		return
	}
	defer e.Close()
	got, err := e.Run(context.Background(), elements(a.net, samples), true)
	if err != nil {
		t.Errorf("%s on %s: %v", a.name, target, err)
		return
	}
	if m := engine.Compare(want, got); !m.None() {
		t.Errorf("%s on %s: %d spikes, %d membranes, %d outputs differ: %s", a.name, target, m.Spikes, m.States, m.Outputs, m.First)
	}
}

// golden compares with a file, or rewrites it under -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	want, err := os.ReadFile(path)
	switch {
	case irtest.Update():
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	case err != nil || string(want) != got:
		t.Errorf("%s differs (%v); if this is right, bless it with -update. Got:\n%s", path, err, got)
	}
}

// The coverage matrix: for each op, who knows it. A back end's column is marked
// when it takes an archive that contains the op, a pass's when its dispatch has a rule; where a
// pass has none and the result is real, it refuses the value by name, but for unbatch-time, which
// leaves it whole.
func TestCoverage(t *testing.T) {
	takes := map[string]map[ir.Op]bool{}
	list := []backends.Backend{goasm.New(), cgen.New(), verilog.New()}
	for _, a := range fixedArchives(t) {
		for _, b := range list {
			if takes[b.Name()] == nil {
				takes[b.Name()] = map[ir.Op]bool{}
			}
			for _, v := range a.net.Values {
				if b.Check(a.net).Err() == nil {
					takes[b.Name()][v.Op] = true
				}
			}
		}
	}
	var text strings.Builder
	written := inSources(t)
	columns := "%-12s %-16s %-4s %-6s %-8s %-6s %-9s %-7s %-4s %-4s %s\n"
	fmt.Fprintf(&text, columns, "op", "levels", "snn", "strip", "unbatch", "scale", "quantise", "interp", "go", "c", "verilog")
	for _, op := range ir.AllOps() {
		from, to := op.Levels()
		source, spiking := from == ir.Source, from <= ir.Spiking && to >= ir.Spiking
		fmt.Fprintf(&text, columns, op, from.String()+"…"+to.String(), mark(written[op]),
			mark(source && canonical.Strips(op)), mark(source && timing.Unbatches(op)), mark(spiking && scales.Scales(op)), mark(spiking && integers.Quantises(op)),
			mark(eval.Has(op) || interp.Has(op)), mark(takes["go"][op]), mark(takes["c"][op]), mark(takes["verilog"][op]))
	}
	golden(t, "../../testdata/coverage.txt", text.String())
}

// inSources are the ops that archives of the language make.
func inSources(t *testing.T) map[ir.Op]bool {
	t.Helper()
	out := map[ir.Op]bool{}
	for _, path := range irtest.Files(t, "../../testdata/dsl/compile/*.txtar") {
		for _, v := range irtest.ParseNet(t, path, irtest.Section(t, path, irtest.Load(t, path), "out.sir")).Values {
			out[v.Op] = true
		}
	}
	return out
}

func mark(has bool) string {
	if has {
		return "yes"
	}
	return "-"
}
