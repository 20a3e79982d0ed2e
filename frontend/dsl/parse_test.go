package dsl

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nomul/ir/irtest"
)

// sameTree demands that two trees differ in places only, and have the same comments.
func sameTree(t *testing.T, a, b *File) {
	t.Helper()
	places := cmp.Options{cmpopts.IgnoreTypes(Node{}), cmpopts.IgnoreFields(File{}, "Comments"), cmpopts.IgnoreUnexported(File{})}
	if d := cmp.Diff(a, b, places); d != "" {
		t.Errorf("printed and read again, the tree is another (- before, + after):\n%s", d)
	}
	if x, y := commentTexts(a), commentTexts(b); !slices.Equal(x, y) {
		t.Errorf("comments were %q, now %q", x, y)
	}
}

func commentTexts(f *File) []string {
	var out []string
	for _, c := range f.Comments {
		out = append(out, c.Text)
	}
	slices.Sort(out)
	return out
}

// formatted formats a text that parses, and demands that formatting keeps the
// tree and that formatting again changes nothing.
func formatted(t *testing.T, name, text string) string {
	t.Helper()
	before, errs := Parse(name, text)
	if err := errs.Err(); err != nil {
		t.Fatal(err)
	}
	out := before.Format()
	after, errs := Parse(name, out)
	if err := errs.Err(); err != nil {
		t.Fatalf("what the formatter wrote does not parse: %v\n%s", err, out)
	}
	sameTree(t, before, after)
	if again := after.Format(); again != out {
		t.Errorf("formatting twice gives another text (- once, + twice):\n%s", cmp.Diff(out, again))
	}
	return out
}

func TestFormat(t *testing.T) {
	for _, path := range irtest.Files(t, "../../testdata/dsl/fmt/*.txtar") {
		a := irtest.Load(t, path)
		irtest.Check(t, path, a, "out.snn", formatted(t, path, irtest.Section(t, path, a, "in.snn")))
	}
}

// The models of testdata are in canonical form.
func TestModelsAreFormatted(t *testing.T) {
	irtest.Long(t)
	for _, path := range irtest.Files(t, "../../testdata/dsl/models/*.snn") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if out := formatted(t, path, string(text)); out != string(text) {
			t.Errorf("%s is not formatted (- as it is, + formatted):\n%s", path, cmp.Diff(string(text), out))
		}
	}
}

// The right statements are in the tree, and every wrong one is told.
func TestPartialTree(t *testing.T) {
	file, errs := Parse("m.snn", `model m {
  let = 5
  let good = f(1
  for in x { let inner = 2
    foo bar }
  output y = good
}
}
neuron n(threshold: )
`)
	want := []string{"m.snn:2:7", "m.snn:3:15", "m.snn:4:7", "m.snn:5:9", "m.snn:8:1", "m.snn:9:21"}
	var got []string
	for _, d := range errs {
		got = append(got, d.Origin.String())
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("errors at %v, wanted %v\n%v", got, want, errs)
	}
	body := file.Stmts[0].Block.Body.Stmts
	if len(body) != 4 || body[0].Skipped == nil || body[1].Let == nil || body[3].Output == nil {
		t.Fatalf("the tree has %d statements", len(body))
	}
	if inner := body[2].Skipped.Bodies[0].Stmts; len(inner) != 2 || inner[0].Let == nil || inner[1].Skipped == nil {
		t.Errorf("the body of the skipped loop has %d statements", len(inner))
	}
}

// Every node knows where it begins and ends.
func TestPositions(t *testing.T) {
	file, _ := Parse("m.snn", "let a = f(1) +\n  b as \"c\"\n")
	value := file.Stmts[0].Let.Value
	if value.Pos.Line != 1 || value.Pos.Column != 9 {
		t.Errorf("the value begins at %v", value.Pos)
	}
	if end := value.End(); end.Line != 2 || end.Column != 11 {
		t.Errorf("the value ends at %v", end)
	}
}

// Comments of three slashes belong to the statement right below.
func TestDoc(t *testing.T) {
	file, _ := Parse("m.snn", "/// no\n\n// no\n/// One.\n///   Two.\nlet a = 1 /// no\nlet b = 2\n")
	if got := file.Doc(file.Stmts[0].Pos); got != "One.\nTwo." {
		t.Errorf("a is documented as %q", got)
	}
	if got := file.Doc(file.Stmts[1].Pos); got != "" {
		t.Errorf("b is documented as %q", got)
	}
}

func TestNestingIsBounded(t *testing.T) {
	text := "let a = "
	for range 1000 {
		text += "("
	}
	if _, errs := Parse("m.snn", text); errs.Err() == nil {
		t.Error("a thousand parentheses are no error")
	}
}

// Bytes that are no text give one message, which does not show them.
func TestNoText(t *testing.T) {
	for _, text := range []string{"\xff\xfe", "model m {\x00}"} {
		if _, errs := Parse("m.snn", text); len(errs) != 1 || errs[0].Source != "" {
			t.Errorf("%q gives %v", text, errs)
		}
	}
	if _, errs := Parse("m.snn", "\ufeffmodel m {}"); errs.Err() != nil {
		t.Error(errs)
	}
}

// seeds adds the first inputs of fuzzing: the formatter's archives and the models.
func seeds(f *testing.F) {
	for _, path := range irtest.Files(f, "../../testdata/dsl/models/*.snn") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, path := range irtest.Files(f, "../../testdata/dsl/fmt/*.txtar") {
		f.Add(irtest.Section(f, path, irtest.Load(f, path), "in.snn"))
	}
}

// FuzzParse: no text makes the parser panic, and a text that parses survives formatting.
func FuzzParse(f *testing.F) {
	irtest.Long(f)
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		if _, errs := Parse("f.snn", text); errs.Err() == nil {
			formatted(t, "f.snn", text)
		}
	})
}
