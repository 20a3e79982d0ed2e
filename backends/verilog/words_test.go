package verilog

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/lower"
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

// A program with state takes one stream of tiles: one that reads two arrays is refused.
func TestStateReadsOneArray(t *testing.T) {
	program, err := lower.Parse(`program two steps=1 {
array a : u4[2] range 0..15 given=once
array b : u4[2] range 0..15 given=once
array n : s8[2] range 0..30
array y : s8[2] range 0..30
step
	each n
		0 a@0[1]
		1 b@0[1]
		state total
		before = load total
		left = operand 0
		right = operand 1
		both = add left right
		after = add before both
		store total = after
		result after
end
	output y
		piece [2] to y@0[1] from n@0[1]
}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	each := program.Stages[0]
	if why, _ := fits(each); why != "it keeps state and reads 2 arrays in each step, wanted one" {
		t.Errorf("two arrays: %q", why)
	}
	each.Each.Views[1] = each.Each.Views[0]
	if why, _ := fits(each); why != "" {
		t.Errorf("the same array twice: %q", why)
	}
}
