package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/engine"
	"nomul/runtime/proof"
)

// The trained network on every engine: real images, no spike, membrane or
// output differs at any step; every proof holds, every control is caught.
func TestVerifyFlagship(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	text := nomul(t, "verify", mlpFolder+"/mlp_ts26_sjhead_bn.onnx", "--images", images,
		"--mean", ".2860", "--std", ".3530", "--samples", "64", "--json")
	var r verification
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	want := []string{"interp", "lowered", "lowered-go", "lowered-c", "go-go", "c-gcc", "c-clang", "c-m0", "c-m4", "c-rv32i", "verilog-iverilog", "verilog-verilator"}
	if runtime.GOARCH == "amd64" {
		want = append(want, "go-arm64-neon")
	}
	for _, e := range r.Engines {
		t.Logf("%-18s %2d samples %s", e.Name, e.Samples, e.Skipped)
		if !e.None() {
			t.Errorf("%s: %+v", e.Name, e.Mismatches)
		}
		samples := 64
		if slices.Contains([]string{"lowered", "lowered-go", "lowered-c", "go-arm64-neon", "c-m0", "c-m4", "c-rv32i", "verilog-iverilog"}, e.Name) {
			samples = slowSamples
		}
		if e.Skipped == "" && e.Samples != samples {
			t.Errorf("%s ran on %d samples, wanted %d", e.Name, e.Samples, samples)
		}
		if e.Skipped != "" && os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
			t.Errorf("%s was skipped: %s", e.Name, e.Skipped)
		}
		want = slices.DeleteFunc(want, func(name string) bool { return name == e.Name })
	}
	if len(want) > 0 {
		t.Errorf("no word on %s", strings.Join(want, ", "))
	}
	for _, p := range r.Proofs {
		t.Logf("proof of %-16s %d scanned by %s", p.Target, p.Scanned, p.Tool)
		if !p.Holds() {
			t.Errorf("proof of %s: %d scanned, %v", p.Target, p.Scanned, p.Forbidden)
		}
	}
	for _, k := range r.Controls {
		if !k.Caught && (k.Skipped == "" || os.Getenv("NOMUL_REQUIRE_TOOLS") == "1") {
			t.Errorf("control of %s, %s: not caught %s%s", k.Name, k.What, k.Skipped, k.Failed)
		}
	}
	if len(r.Proofs) == 0 || len(r.Controls) == 0 {
		t.Error("there are no proofs or no controls")
	}
}

// An engine that ran, whose proof needs a tool that is missing, is told as not
// proved; it is no proof that failed.
func TestVerifyUnproved(t *testing.T) {
	o := &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: []float64{0.286}, Std: []float64{0.353}}}
	net, err := passes.Lower(loaded(t, "../../testdata/models/mlp-slice/mlp_slice.onnx"), ir.Fixed, "", o, nil)
	if err != nil {
		t.Fatal(err)
	}
	interp := func(context.Context) (engine.Engine, error) { return engine.Interp(net, 1) }
	got := &trial{open: interp, prove: func(ctx context.Context, e engine.Engine) ([]proof.Proof, error) {
		p, err := proof.Binary(ctx, proof.Object{Path: "x", Objdump: "no-such-objdump"})
		return []proof.Proof{p}, err
	}}
	got.build(t.Context())
	got.demonstrate(t.Context())
	got.row.Target = "go"
	if got.err != nil || len(got.proofs) > 0 || got.row.Unproved != "needs no-such-objdump" {
		t.Errorf("%+v", got)
	}
	r := verification{Engines: []engineRow{{Name: "interp"}, got.row}, Proofs: got.proofs}
	if err := r.verdict(); err != nil {
		t.Error(err)
	}
	if said, want := r.summary(), "1 of 1 engines equal the interpreter in every bit, 0 of 0 proofs hold, 0 of 0 controls were caught"; said != want {
		t.Errorf("%s, wanted %s", said, want)
	}
}

// A named target is verified by an engine that ran it and a proof of it; where none is
// named, one such engine and one proof of any target are enough.
func TestVerifyCoverage(t *testing.T) {
	ran, proved := engineRow{Name: "c-gcc", Target: "c", Unproved: "needs objdump"}, engineRow{Name: "go-go", Target: "go", Proved: 1}
	absent := engineRow{Name: "verilog-iverilog", Target: "verilog", Skipped: "needs vvp"}
	alone := engineRow{Name: "verilog-verilator", Target: "verilog"}
	for _, c := range []struct {
		engines []engineRow
		named   bool
		want    string
	}{
		{[]engineRow{proved, ran, absent}, false, ""},
		{[]engineRow{proved}, false, ""},
		{[]engineRow{ran, absent}, false, "NOTHING WAS VERIFIED: no proof was made: needs objdump; needs vvp"},
		{[]engineRow{absent}, false, "NOTHING WAS VERIFIED: no engine ran: needs vvp"},
		{[]engineRow{proved, ran, absent}, true, "target c was not verified: no proof was made: needs objdump\ntarget verilog was not verified: no engine ran: needs vvp"},
		{[]engineRow{proved, {Target: "c", Proved: 1}, ran, alone, {Target: "verilog", Proved: 2}}, true, ""},
		{[]engineRow{{Target: "c", Proved: 1}, proved, alone, absent}, true, "target verilog was not verified: no proof was made: needs vvp"},
	} {
		r := verification{Engines: append([]engineRow{{Name: "interp"}}, c.engines...)}
		got := ""
		if err := r.coverage([]string{"go", "c", "verilog"}, c.named); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, wanted %q", c.engines, got, c.want)
		}
	}
}

// Engines that differ, code that multiplies, and a proof that cannot fail are faults,
// each told.
func TestVerifyVerdict(t *testing.T) {
	good := engineRow{Name: "c-gcc", Samples: 2}
	other := engineRow{Name: "c-clang", Samples: 2, Mismatches: engine.Mismatches{Spikes: 1, First: "sample 0"}}
	holds, found, blind := proof.Proof{Target: "c-gcc", Scanned: 7}, proof.Proof{Target: "c-m0", Scanned: 7, Forbidden: []string{"muls"}}, proof.Proof{Target: "c-m4"}
	caught, missed := proof.Control{Name: "c-gcc", What: "a C function that multiplies", Caught: true}, proof.Control{Name: "c-m0", What: "a C function that multiplies"}
	absent := proof.Control{Name: "c-m4", Skipped: "needs arm-none-eabi-gcc"}
	for _, c := range []struct {
		r    verification
		want string // of the one message, if any
	}{
		{verification{Engines: []engineRow{good, good}, Proofs: []proof.Proof{holds}, Controls: []proof.Control{caught, absent}}, ""},
		{verification{Engines: []engineRow{good, other}, Proofs: []proof.Proof{holds}, Controls: []proof.Control{caught}}, "engine c-clang differs from the interpreter: sample 0"},
		{verification{Engines: []engineRow{good, good}, Proofs: []proof.Proof{holds, found}}, "the proof of c-m0 fails: 7 scanned, found muls"},
		{verification{Engines: []engineRow{good}, Proofs: []proof.Proof{blind, holds}}, "the proof of c-m4 fails: 0 scanned"},
		{verification{Engines: []engineRow{good}, Controls: []proof.Control{absent, caught, missed}}, "the proof of c-m0 did not notice a C function that multiplies"},
	} {
		err := c.r.verdict()
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "error:") != 1) {
			t.Errorf("%v, wanted %q", err, c.want)
		}
	}
}

// verify runs as many samples as asked for, or all there are.
func TestVerifyTakesSamples(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.npz")
	if err := dataset.WriteArrays(file, map[string]*dataset.Array{"x": dataset.Ints(dataset.Uint8, []int{3, 1}, []int64{5, 6, 7})}); err != nil {
		t.Fatal(err)
	}
	m := &model{net: parsedNet(t, "net one fixed steps=1 {\nonce\n\t%x = input : u8[1]\n\t%y = output %x : u8[1]\n}"), options: &passes.Options{}}
	for asked, want := range map[int]int{1: 1, 2: 2, 3: 3, 9: 3} {
		got, err := m.verifySamples(m.net, &sampleFlags{vectors: file}, asked)
		if err != nil || len(got) != want || got[want-1]["x"].I[0] != int64(4+want) {
			t.Errorf("asked for %d of 3: %v (%v)", asked, got, err)
		}
	}
	if got, err := m.verifySamples(m.net, &sampleFlags{}, 5); err != nil || len(got) != 5 {
		t.Errorf("asked for 5 of noise: %v (%v)", got, err)
	}
}
