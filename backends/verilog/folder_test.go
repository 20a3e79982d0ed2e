package verilog_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/verilog"
	"nomul/ir/irtest"
)

// TestFromAnotherFolder simulates where the memories are not: their folder must be named. A
// memory that is missing or cut is named, and the simulation ends with a status other than 0.
func TestFromAnotherFolder(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
	net := irtest.ParseNet(t, "kinds", kinds)
	vs := samples(t, net, 1, 2)
	dir, elsewhere := emit(t, net, 8, vs), t.TempDir()
	build := func(flags ...string) (string, error) {
		mustRun(t, elsewhere, "iverilog", append(flags, "-g2005", "-Wall", "-Wno-timescale", "-s", "tb", "-o", "tb.vvp",
			filepath.Join(dir, "tb.v"), filepath.Join(dir, "net.v"))...)
		return run(elsewhere, "vvp", "tb.vvp")
	}
	log, err := build(`-DNET_DIR="` + dir + `"`)
	if err != nil {
		t.Error(err)
	}
	passes(t, net, 8, vs, log)
	log, err = build()
	for _, part := range []string{"FAIL: cannot read net_", ".hex", "in the folder of net_*.hex", `-DNET_DIR='"path/to/folder"'`} {
		if !strings.Contains(log, part) {
			t.Errorf("without its memories the bench does not say %q:\n%s", part, log)
		}
	}
	if strings.Contains(log, "PASS") || err == nil {
		t.Errorf("without its memories the bench passes: %v\n%s", err, log)
	}
	for name, of := range map[string]string{last(t, dir, "net_*_weights.hex"): "a memory", last(t, dir, "net_*_order.hex"): "a file of the test",
		"inputs.hex": "a file of the test", "vectors.hex": "a file of the test"} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, whole[:len(whole)/2])
		if log, err := build(`-DNET_DIR="` + dir + `"`); !strings.Contains(log, "FAIL: "+path+", "+of+" of net_top, is cut or of another build") || strings.Contains(log, "PASS") || err == nil {
			t.Errorf("with half of %s the bench ends with %v and says\n%s", name, err, log)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if log, err := build(`-DNET_DIR="` + dir + `"`); !strings.Contains(log, "FAIL: cannot read "+path+", "+of+" of net_top") || err == nil {
			t.Errorf("without %s the bench ends with %v and says\n%s", name, err, log)
		}
		write(t, path, whole)
	}
}

// last is the name of the last file of a pattern.
func last(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) == 0 {
		t.Fatal(pattern, found, err)
	}
	return filepath.Base(found[len(found)-1])
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestMemoriesAreWhole demands that linter and synthesis, which say nothing of a memory that is
// cut, are not given one by the Makefile.
func TestMemoriesAreWhole(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "make")
	dir := emit(t, irtest.ParseNet(t, "dag", dag), 8, nil)
	mustRun(t, dir, "make", "-s", "memories")
	name := last(t, dir, "net_*_weights.hex")
	path := filepath.Join(dir, name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(whole)
	other[0] ^= 1
	for what, do := range map[string]func(){
		"cut":     func() { write(t, path, whole[:len(whole)-1]) },
		"another": func() { write(t, path, other) },
		"empty":   func() { write(t, path, nil) },
		"gone":    func() { os.Remove(path) },
	} {
		do()
		for _, target := range []string{"memories", "lint", "synth"} {
			if said, err := run(dir, "make", "-s", target); err == nil || !strings.Contains(said, "FAIL: "+name+", a memory of net_top, is not there, or is cut or of another build") {
				t.Errorf("%s: make %s ends with %v and says %s", what, target, err, said)
			}
		}
	}
}

// TestFolderInTools demands that linter and synthesis find the memories in a named folder too.
func TestFolderInTools(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "verilator")
	irtest.Need(t, "yosys")
	dir, elsewhere := emit(t, irtest.ParseNet(t, "dag", dag), 8, nil), t.TempDir()
	top, source, folder := verilog.Top("net"), filepath.Join(dir, "net.v"), `NET_DIR="`+dir+`"`
	if said := mustRun(t, elsewhere, "verilator", "--lint-only", "-Wall", "-D"+folder, "--top-module", top, source); said != "" {
		t.Errorf("verilator: %s", said)
	}
	mustRun(t, elsewhere, "yosys", "-q", "-e", ".", "-D", folder, "-p", "read_verilog "+source+"; hierarchy -check -top "+top+"; proc")
}

// TestLongNames simulates a layer with a name that file systems do not take.
func TestLongNames(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "iverilog")
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
