package cgen

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nomul/backends"
	"nomul/ir/irtest"
)

// Weights in several files make the same program as in one.
func TestWeightsInSeveralFiles(t *testing.T) {
	irtest.Need(t, "gcc")
	net := irtest.ParseNet(t, "two", `net two fixed steps=1 {
once
	%x = input : u8[3]
	%w = const {data=[1,-2,3,4,5,-6]} : s4[2,3]
	%a = linear %x, %w {slots=planes} : s13[2]
	%k = const {data=[7,9,8,6]} : u4[2,2]
	%b = linear %a, %k {slots=planes} : s17[2]
	%y = output %b : s17[2]
}
`)
	p := newPlan(net, "model")
	files := emitWeights(p, 10)
	if len(files) < 2 || files[0].Name != "model_weights.c" || files[1].Name != "model_weights2.c" {
		t.Fatalf("%d files, the first is %s", len(files), files[0].Name)
	}
	sample := backends.Sample{Inputs: [][]int64{{1, 2, 3}}, Steps: make([]backends.StepTrace, 1), Outputs: [][]int64{{7*6 - 9*4, 8*6 - 6*4}}}
	dir := t.TempDir()
	for _, f := range append(New().Emit(net, backends.Options{Name: "model", Vectors: backends.Vectors{sample}}), files...) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("make", "-s", "test")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
