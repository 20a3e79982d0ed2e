package verilog

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/lower/lowertest"
	"nomul/ir/irtest"
)

// A program that no net gives: a layer keeps a number that is no membrane, its results are
// words, and they are scanned in each step.
func TestWordsOfProgram(t *testing.T) {
	t.Parallel()
	irtest.Need(t, "iverilog")
	program := lowertest.Words(t)
	o := backends.Options{Name: "words", Vectors: lowertest.Vectors(program, 8)}
	for _, lanes := range []int{1, 8} {
		dir := t.TempDir()
		for _, f := range newPlan(program, map[string]string{"x": "x", "y": "y"}, o.Name, lanes).emit(nil, o) {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("sh", "-c", "iverilog -g2005 -Wall -Wno-timescale -s tb -o tb.vvp tb.v words.v && vvp -n tb.vvp")
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: 8 samples") {
			t.Errorf("%d lanes: %v\n%s", lanes, err, out)
		}
	}
}
