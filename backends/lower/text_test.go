package lower_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/irtest"
)

// Archives show the text of a net one floor below the fixed level.
func TestArchives(t *testing.T) {
	for _, path := range irtest.Files(t, "../../testdata/lower/*.txtar") {
		t.Run(strings.TrimPrefix(path, "../../testdata/lower/"), func(t *testing.T) {
			a := irtest.Load(t, path)
			net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
			p := lower.Of(net)
			irtest.Check(t, path, a, "lowered", lower.Print(p))
			same(t, net, lower.NewPlan(p, lower.Plain))
		})
	}
}

// words is a program that no net has yet: each step has a number of three bits as its result.
const words = "../../testdata/lower/words.txt"

// A handwritten program runs: a word is the level plus the input, at most 7.
func TestWrittenProgram(t *testing.T) {
	p, err := lower.Parse(text(t, words), nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	out := lower.NewMachine(lower.NewPlan(p, lower.Plain)).Run(map[string][]int64{"x": {3, 8}}, func(step int, s *lower.Stage, state [][]int64, result []int64) {
		if s.To.Name == "n" {
			seen = append(seen, fmt.Sprint(result, state[0]))
		}
	})
	want := []string{"[3 7] [3 0]", "[6 7] [6 0]", "[7 7] [0 0]", "[3 7] [3 0]"}
	if !slices.Equal(seen, want) {
		t.Errorf("words and levels are %v, wanted %v", seen, want)
	}
	// 19 and 28 in all, times 1, 2 and -3, 1.
	if got, want := fmt.Sprint(out["y"]), "[75 -29]"; got != want {
		t.Errorf("y is %s, wanted %s", got, want)
	}
}

// Texts that say nothing sensible are refused by line or stage, and none panics.
func TestTextsAreRefused(t *testing.T) {
	good := text(t, words)
	for _, c := range []struct{ old, new, want string }{
		{"steps=4", "steps=none", "line 1: wanted program NAME steps=N"},
		{"array n : u3[2]", "array x : u3[2]", "line 4: wanted array NAME : TYPE range LO..HI, each name once"},
		{"u3[2] range", "real[2] range", "line 4: wanted array"},
		{"data=[1,2,-3,1]", "data=[1,2]", "line 3: wanted 4 numbers"},
		{"data=[1,2,-3,1]", "digest=00", "line 3: no data for array weight with the digest 00"},
		{"\teach n", "\tevery n", "every: wanted each, fold, move, latch or output"},
		{"\teach n", "\teach nowhere", "wanted a stage and its array"},
		{"old = load level", "old = load", "wanted a state variable"},
		{"h = add old in", "h = add old", "add takes 2 values"},
		{"h = add old in", "h = join old in", "there is no instruction join"},
		{"in = operand 0", "in = operand 1", "stage n: operand 1 has no view"},
		{"store level = left", "", "state variable level is never stored"},
		{"result word", "", "a program has one result, this one 0"},
		{"result word", "result nothing", "there is no value nothing above"},
		{"x n@0[0,1]", "x n@1[0,1]", "n@1[0,1] reaches elements 1..2 of 2"},
		{"x n@0[0,1]", "x n@0[1]", "has 1 strides, wanted 2"},
		{"x n@0[0,1]", "x n@0[0,1] within 0[0,1]", "wanted ARRAY@START[STRIDES]"},
		{"taps=[2]", "taps=[0]", "a grid of [2 0]"},
		{"places=[2]", "places=[3]", "places [3] are not 2"},
		{"\teach y.total", "\teach n", "stage n: its array is written already"},
		{"\teach y.total", "\teach x", "stage x: it writes an input or a constant"},
		{"x n@0[0,1]", "x y.total@0[0,1]", "stage y.sum: it reads y.total, which no stage before it writes"},
		{"\teach y.total", "\tlatch n\n\t\tpiece [2] to n@0[1] from x@0[1]\n\teach y.total", "stage n: a latch is of a step, and of an array that is written once before"},
		{"y@0[1] from y.total@0[1]", "n@0[1] from y.total@0[1]", "a piece goes to n"},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("the text has no %q", c.old)
		}
		_, err := lower.Parse(strings.Replace(good, c.old, c.new, 1), func(string) *ir.Tensor { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in place of %q: %v, wanted %q", c.new, c.old, err, c.want)
		}
	}
}

// Nothing that is read makes a program that panics.
func FuzzParse(f *testing.F) {
	f.Add(text(f, words))
	for _, path := range irtest.Files(f, "../../testdata/lower/*.txtar") {
		f.Add(irtest.Section(f, path, irtest.Load(f, path), "lowered"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, in := small(text)
		if p == nil {
			return
		}
		lower.NewMachine(lower.NewPlan(p, lower.Plain)).Run(in, nil)
		if again, err := lower.Parse(lower.Print(p), func(string) *ir.Tensor { return nil }); err != nil || lower.Print(again) != lower.Print(p) {
			t.Errorf("%v\n%s", err, lower.Print(p))
		}
	})
}

// large are the numbers of arrays and steps with which a run takes long.
var large = regexp.MustCompile(`[1-9]\d{3}`)

// small returns the program of a text, if it is one and small, and zeros as its inputs.
func small(text string) (*lower.Program, map[string][]int64) {
	if large.MatchString(text) || len(text) > 4096 {
		return nil, nil
	}
	p, err := lower.Parse(text, func(string) *ir.Tensor { return nil })
	if err != nil || p.Steps > 8 || elements(p) > 1<<12 {
		return nil, nil
	}
	in := map[string][]int64{}
	for _, a := range p.Arrays {
		if a.Given {
			in[a.Name] = make([]int64, p.Steps*a.Type.Size())
		}
	}
	return p, in
}

// elements counts those of all arrays and grids.
func elements(p *lower.Program) int {
	n := 0
	for _, a := range p.Arrays {
		n += a.Type.Size()
	}
	for _, s := range p.Stages {
		if s.Fold != nil {
			taps := 1
			for _, d := range s.Fold.Taps {
				taps *= d
			}
			n += taps * s.To.Type.Size()
		}
	}
	return n
}

func text(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
