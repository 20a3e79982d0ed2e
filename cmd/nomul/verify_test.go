package main

import (
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The trained network on every engine: real images, no spike, membrane or
// output differs at any step; every proof holds, every control is caught.
func TestVerifyFlagship(t *testing.T) {
	t.Parallel()
	text := nomul(t, "verify", mlpFolder+"/mlp_ts26_sjhead_bn.onnx", "--images", images,
		"--mean", ".2860", "--std", ".3530", "--samples", "64", "--json")
	var r verification
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	want := []string{"interp", "go-go", "c-gcc", "c-clang", "c-m0", "c-m4", "c-rv32i", "verilog-iverilog", "verilog-verilator"}
	if runtime.GOARCH == "amd64" {
		want = append(want, "go-arm64-neon")
	}
	for _, e := range r.Engines {
		t.Logf("%-18s %2d samples %s", e.Name, e.Samples, e.Skipped)
		if !e.None() {
			t.Errorf("%s: %+v", e.Name, e.Mismatches)
		}
		if e.Skipped == "" && e.Samples < slowSamples {
			t.Errorf("%s ran on %d samples", e.Name, e.Samples)
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
