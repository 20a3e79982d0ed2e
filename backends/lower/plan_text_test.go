package lower_test

import (
	"strings"
	"testing"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/irtest"
)

// planned returns the program of an archive, and the texts of its plans: by step, then by layer.
func planned(t testing.TB, path string) (*lower.Program, []string) {
	t.Helper()
	p, err := lower.Parse(irtest.Section(t, path, irtest.Load(t, path), "lowered"), func(string) *ir.Tensor { return nil })
	if err != nil {
		t.Fatal(err)
	}
	texts := strings.SplitAfter(irtest.Section(t, path, irtest.Load(t, path), "plan"), "}\n")
	return p, texts[:2]
}

// Texts of plans that are none of the program, or no sound ones, are refused by line.
func TestPlanTextsAreRefused(t *testing.T) {
	for _, c := range []struct{ archive, old, new, want string }{
		{"layers", "plan layers", "plan others", "line 1: it is a plan of others, wanted layers"},
		{"layers", "schedule=layer-major", "schedule=any", "line 1: wanted plan NAME target=NAME schedule="},
		{"layers", "schedule=layer-major", "schedule=step-major", "a step-major plan has one group"},
		{"layers", "bytes=32", "bytes=16", "bytes=16, but slots, states and held latches take 32"},
		{"layers", "memory\n", "", "wanted memory"},
		{"layers", "slot 0", "slot 4", "line 3: wanted slot 0 ELEM[SIZE] USE"},
		{"layers", "s16[2] h2", "s99[2] h2", "line 5: wanted slot 2 ELEM[SIZE] USE"},
		{"layers", "s16[2] h2", "s16[1] h2", "line 5: h2 takes more than 1 elements"},
		{"layers", "of 3 steps", "of 4 steps", "line 4: wanted positions FROM..TO, of 3 steps"},
		{"layers", " of 3 steps", "", "line 4: wanted n1 1..7 of 3 steps"},
		{"layers", "h2 4..5", "h2 4..4", "line 5: wanted h2 4..5"},
		{"layers", "h2 4..5", "h2 5..4", "line 5: wanted positions FROM..TO"},
		{"layers", "h2 4..5", "h2 4..5, later n2 5..6", "line 5: h2 is in the slot until 5"},
		{"layers", "h2 4..5", "d 4..5", "line 5: d: wanted an array that a stage writes, once"},
		{"layers", "state n2.membrane s8[2]\n", "", "line 8: wanted state n2.membrane ELEM[2]"},
		{"layers", "state c.readout u8[2] c\n", "", "line 9: wanted array, slot or state"},
		{"layers", "c.readout u8[2] c", "c.readout u8[2] n2", "line 9: n2: the state variable is not its array"},
		{"layers", "once\n", "start\n", "wanted memory, once, step, end"},
		{"layers", "1 [h1 s16] + n1", "2 [h1 s16] + n1", "line 13: wanted position 1"},
		{"layers", "[h1 s16] + n1", "h1 + n1", "line 13: h1 has no memory"},
		{"layers", "[h1 s16] + n1", "[h1 s16] + [n1 bit]", "line 13: n1 is in memory"},
		{"layers", "[h1 s16] + n1", "[h1 s16] + n9", `line 13: "n9": wanted a stage of the program, once`},
		{"layers", "[h1 s16] + n1", "n1 + [h1 s16]", "line 13: n1 reads h1, which no stage above makes"},
		{"layers", "4 h2", "4 h2 + [b s8]", "line 17: b is no program that runs on the elements of h2"},
		{"layers", "4 h2", "4 d", `line 17: "d": wanted a stage of the program, once`},
		{"layers", "latches 6 d", "latches 6", "d is missing"},
		{"layers", "latches 2", "latches 2 d", "line 14: d reads n2, which no stage above makes"},
		{"layers", "latches 6 d\n\tlast 7\n", "latches 6\n\tlast 7\nstep\n\tlatches 8 d\n\tlast 9\n", "latch d is in another group than a reader"},
		{"layers", "\tlast 3\n", "", "wanted latches and last above"},
		{"layers", "output y", "output c", "wanted the outputs of the program at the end, in order"},
		{"layers", "\toutput y\n", "", "y is missing"},
		{"layers", "}\n", "", "wanted } at the end"},
		{"latches", "latches 11 e, d, g", "latches 11 d, e, g", "latch e reads d, which is written before"},
		{"latches", "a held, b, r held", "a, b, r held", "latch b reads a, which is written before"},
		{"latches", "r held", "r", "latch r reads r, which is written before"},
		{"latches", "r held", "r kept", "r kept: wanted latches of the program, each once"},
		{"latches", "d start..12", "d 0..12", "line 3: wanted d start..12"},
	} {
		p, texts := planned(t, "../../testdata/lower/"+c.archive+".txtar")
		if !strings.Contains(texts[1], c.old) {
			t.Fatalf("the text has no %q", c.old)
		}
		_, err := lower.ParsePlan(strings.Replace(texts[1], c.old, c.new, 1), p)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in place of %q: %v, wanted %q", c.new, c.old, err, c.want)
		}
	}
}

// Nothing that is read makes a plan that panics, or one with another text.
func FuzzParsePlan(f *testing.F) {
	for _, path := range irtest.Files(f, "../../testdata/lower/*.txtar") {
		program := irtest.Section(f, path, irtest.Load(f, path), "lowered")
		_, texts := planned(f, path)
		for _, text := range texts {
			f.Add(program, text)
		}
	}
	f.Fuzz(func(t *testing.T, program, text string) {
		p, in := small(program)
		if p == nil || len(text) > 4096 {
			return
		}
		plan, err := lower.ParsePlan(text, p)
		if err != nil || lower.MachineBytes(plan) > 1<<20 {
			return
		}
		lower.NewMachine(plan).Run(in, nil)
		if again, err := lower.ParsePlan(plan.Print(), p); err != nil || again.Print() != plan.Print() {
			t.Errorf("%v\n%s", err, plan.Print())
		}
	})
}
