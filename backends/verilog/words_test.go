package verilog

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/lower"
)

// A program that no net gives: a layer keeps a number that is no membrane, its results are
// words, and they are scanned in each step.
func TestWordsOfProgram(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("iverilog"); err != nil {
		t.Skip("iverilog is not installed")
	}
	text, err := os.ReadFile("../../testdata/lower/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	program, err := lower.Parse(string(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	machine := lower.NewMachine(lower.NewPlan(program, lower.Plain))
	o := backends.Options{Name: "words"}
	for _, x := range [][]int64{{0, 0}, {1, 2}, {9, 3}, {15, 15}} {
		y := machine.Run(map[string][]int64{"x": x}, nil)["y"]
		o.Vectors = append(o.Vectors, backends.Sample{Inputs: [][]int64{x}, Steps: make([]backends.StepTrace, program.Steps), Outputs: [][]int64{append([]int64(nil), y...)}})
	}
	for _, lanes := range []int{1, 8} {
		dir := t.TempDir()
		for _, f := range newPlan(program, map[string]string{"x": "x", "y": "y"}, o.Name, lanes).emit(nil, o) {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("sh", "-c", "iverilog -g2005 -Wall -Wno-timescale -s tb -o tb.vvp tb.v words.v && vvp -n tb.vvp")
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: 4 samples") {
			t.Errorf("%d lanes: %v\n%s", lanes, err, out)
		}
	}
}
