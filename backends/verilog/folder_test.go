package verilog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/verilog"
	"nomul/ir/irtest"
)

// TestFromAnotherFolder simulates where the memories are not: their folder must be named.
func TestFromAnotherFolder(t *testing.T) {
	t.Parallel()
	need(t, "iverilog")
	net := irtest.ParseNet(t, "dag", dag)
	vs := samples(t, net, 1, 2)
	dir, elsewhere := emit(t, net, 8, vs), t.TempDir()
	build := func(flags ...string) string {
		mustRun(t, elsewhere, "iverilog", append(flags, "-g2005", "-s", "tb", "-o", "tb.vvp",
			filepath.Join(dir, "tb.v"), filepath.Join(dir, "net.v"))...)
		return mustRun(t, elsewhere, "vvp", "-n", "tb.vvp")
	}
	passes(t, net, 8, vs, build(`-DNET_DIR="`+dir+`"`))
	log := build()
	for _, part := range []string{"FAIL: cannot read net_", ".hex", "in the folder of net_*.hex", `-DNET_DIR='"path/to/folder"'`} {
		if !strings.Contains(log, part) {
			t.Errorf("without its memories the bench does not say %q:\n%s", part, log)
		}
	}
	if strings.Contains(log, "PASS") {
		t.Errorf("without its memories the bench passes:\n%s", log)
	}
	stored, err := filepath.Glob(filepath.Join(dir, "net_*.hex"))
	if err != nil || len(stored) == 0 {
		t.Fatal(stored, err)
	}
	gone := stored[len(stored)-1]
	whole, err := os.ReadFile(gone)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gone, whole[:len(whole)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	if log := build(`-DNET_DIR="` + dir + `"`); !strings.Contains(log, gone+", a memory of net_top, is cut or of another build") || strings.Contains(log, "PASS") {
		t.Errorf("with half of %s the bench says\n%s", gone, log)
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if log := build(`-DNET_DIR="` + dir + `"`); !strings.Contains(log, "FAIL: cannot read "+gone) {
		t.Errorf("without %s the bench says\n%s", gone, log)
	}
}

// TestFolderInTools demands that linter and synthesis find the memories in a named folder too.
func TestFolderInTools(t *testing.T) {
	t.Parallel()
	need(t, "verilator")
	need(t, "yosys")
	dir, elsewhere := emit(t, irtest.ParseNet(t, "dag", dag), 8, nil), t.TempDir()
	top, source, folder := verilog.Top("net"), filepath.Join(dir, "net.v"), `NET_DIR="`+dir+`"`
	if said := mustRun(t, elsewhere, "verilator", "--lint-only", "-Wall", "-D"+folder, "--top-module", top, source); said != "" {
		t.Errorf("verilator: %s", said)
	}
	mustRun(t, elsewhere, "yosys", "-q", "-e", ".", "-D", folder, "-p", "read_verilog "+source+"; hierarchy -check -top "+top+"; proc")
}

// TestLongNames simulates a layer with a name that file systems do not take.
func TestLongNames(t *testing.T) {
	t.Parallel()
	need(t, "iverilog")
	net := irtest.ParseNet(t, "dag", strings.ReplaceAll(dag, "%l1", "%/"+strings.Repeat("backbone/", 40)+"fc"))
	vs := samples(t, net, 1, 2)
	dir := emit(t, net, 8, vs)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if len(e.Name()) > 32 {
			t.Errorf("a file is called %s", e.Name())
		}
	}
	passes(t, net, 8, vs, simulate(t, dir))
}

// TestHeaderTells holds the lines of the first comment about ports and their order.
func TestHeaderTells(t *testing.T) {
	for _, f := range verilog.New().Emit(irtest.ParseNet(t, "dag", dag), backends.Options{Name: "net"}) {
		if f.Name != "net.v" {
			continue
		}
		for _, line := range []string{
			"// reg  [4:0]          3,11   0 to 31          reg\n",
			"// b_c  [0:0]          65     0 to 1           b/c\n",
			"// An element of b_c is 1 for a spike and 0 for none.\n",
			"// A class that o1 predicts is its greatest; of several the first.\n",
			"//   taken in this order: reg (33), b_c (65).\n",
			"`ifdef NET_DIR\n",
		} {
			if !strings.Contains(string(f.Data), line) {
				t.Errorf("the header lacks %q:\n%.4000s", line, f.Data)
			}
		}
		return
	}
	t.Error("there is no net.v")
}
