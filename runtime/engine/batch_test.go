package engine

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

// batchOf is every net of the fixtures, one that no back end takes, one with a
// sample that does not fit, and one without samples.
func batchOf(t *testing.T) ([]Case, []backends.Vectors) {
	t.Helper()
	var cases []Case
	var want []backends.Vectors
	for _, name := range []string{"odd.sir", "next.sir", "attention.sir", "edge.sir"} {
		net := load(t, name)
		cases = append(cases, Case{net, noise(net, 3)})
		e, err := Interp(net, 1)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Run(context.Background(), cases[len(cases)-1].Samples, true)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, v)
	}
	refused := load(t, "next.sir")
	refused.Level = ir.Spiking
	misfit := load(t, "odd.sir")
	idle := load(t, "edge.sir")
	return append(cases, Case{Net: refused}, Case{misfit, [][][]int64{{}}}, Case{Net: idle}), append(want, nil, nil, nil)
}

func skipMissing(t *testing.T, err error) {
	t.Helper()
	if toolchain.IsMissing(err) && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1" {
		t.Skip("skipped: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// checkBatch demands the right vectors of every case but those in out, whose
// errors must have the text that is given.
func checkBatch(t *testing.T, got []Result, want []backends.Vectors, out map[int]string) {
	t.Helper()
	for i, r := range got {
		if text, is := out[i]; is {
			if r.Err == nil || !strings.Contains(r.Err.Error(), text) {
				t.Errorf("case %d: %v, wanted an error with %q", i, r.Err, text)
			}
			continue
		}
		if r.Err != nil {
			t.Errorf("case %d: %v", i, r.Err)
		} else if d := Compare(want[i], r.Vectors); !d.None() {
			t.Errorf("case %d: %+v", i, d)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d results for %d cases", len(got), len(want))
	}
}

var outOfBatch = map[int]string{4: "fixed level", 5: "has 0 inputs"}

func TestGoBatch(t *testing.T) {
	irtest.Long(t)
	cases, want := batchOf(t)
	got, err := GoBatch(context.Background(), cases, goasm.New(), "go", "auto")
	skipMissing(t, err)
	if len(got) != 2 {
		t.Fatalf("%d kernels", len(got))
	}
	for _, r := range got {
		checkBatch(t, r, want, outOfBatch)
	}
}

func TestCBatch(t *testing.T) {
	cases, want := batchOf(t)
	got, err := CBatch(context.Background(), cases, cgen.New(), "gcc", "-O1")
	skipMissing(t, err)
	checkBatch(t, got, want, outOfBatch)
}

func TestBoardBatch(t *testing.T) {
	irtest.Long(t)
	cases, want := batchOf(t)
	for _, target := range Targets() {
		got, err := BoardBatch(context.Background(), cases, cgen.New(), target)
		skipMissing(t, err)
		checkBatch(t, got, want, outOfBatch)
	}
}

// A net that does not compile for a board, calls for a multiplication that it lacks, or
// faults on it is found, and takes no other one with it.
func TestFaultsInABoardBatch(t *testing.T) {
	irtest.Long(t)
	cases, want := batchOf(t)
	target := Targets()[2]
	name := cases[1].Net.Name
	begin := "void n1_step(n1_state *st)\n{"
	for _, f := range []struct{ old, new, want string }{
		{"_step(", "_step](", "expected"},
		{begin, begin + "\n\tstatic volatile int times = 3;\n\ttimes = times * times;", "__mulsi3"},
		{begin, begin + "\n\t__asm__ volatile(\".word 0\");", "ended at this net"},
	} {
		got, err := BoardBatch(context.Background(), cases, flaw{cgen.New(), name, f.old, f.new}, target)
		skipMissing(t, err)
		checkBatch(t, got, want, map[int]string{1: f.want, 4: outOfBatch[4], 5: outOfBatch[5]})
	}
}

// flaw is a back end whose code for nets of a name has a fault.
type flaw struct {
	backends.Backend
	net      string
	old, new string
}

func (f flaw) Emit(net *ir.Net, o backends.Options) []backends.File {
	files := f.Backend.Emit(net, o)
	for i := range files {
		if net.Name == f.net {
			files[i].Data = bytes.ReplaceAll(files[i].Data, []byte(f.old), []byte(f.new))
		}
	}
	return files
}

// TestFaultsInABatch demands that a net that does not compile, ends the program,
// or computes something else is found, and takes no other one with it.
func TestFaultsInABatch(t *testing.T) {
	irtest.Long(t)
	cases, want := batchOf(t)
	name := cases[1].Net.Name
	cases[6].Net.Name = "idle"
	cases[6].Samples = cases[3].Samples
	want[6] = want[3]
	for _, f := range []struct {
		flaw
		c    bool
		at   int
		want string
	}{
		{flaw{cgen.New(), name, "_step(", "_step]("}, true, 1, "expected"},
		{flaw{cgen.New(), name, "void n1_step(n1_state *st)\n{", "void n1_step(n1_state *st)\n{\n\t*(volatile int *)0 = 1;"}, true, 1, "ended at this net"},
		{flaw{goasm.New(), name, "m.Finish()", "m.Finished()"}, false, 1, "Finished"},
		{flaw{goasm.New(), name, "func (m *Model) Step() {", "func (m *Model) Step() {\nvar none *Model\n*none = *m"}, false, 1, "ended at this net"},
		{flaw{goasm.New(), "idle", "func (m *Model) Step() {", "func (m *Model) Step() {\nvar none *Model\n*none = *m"}, false, 6, "ended at this net"},
	} {
		var got []Result
		var err error
		if f.c {
			got, err = CBatch(context.Background(), cases, f.flaw, "gcc", "-O0")
		} else {
			var byKernel [][]Result
			if byKernel, err = GoBatch(context.Background(), cases, f.flaw, "go"); err == nil {
				got = byKernel[0]
			}
		}
		skipMissing(t, err)
		checkBatch(t, got, want, map[int]string{f.at: f.want, 4: outOfBatch[4], 5: outOfBatch[5]})
	}
}

func TestEach(t *testing.T) {
	cases, want := batchOf(t)
	got := Each(context.Background(), cases, func(_ context.Context, net *ir.Net) (Engine, error) {
		if err := cgen.New().Check(net).Err(); err != nil {
			return nil, err
		}
		return Interp(net, 1)
	})
	checkBatch(t, got, want, outOfBatch)
}
