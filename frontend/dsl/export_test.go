package dsl

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// reread exports a net and compiles the text.
func reread(t *testing.T, net *ir.Net) (*Exported, *ir.Net) {
	t.Helper()
	x, err := Export(net, "w.npz", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, errs := Compile("exported.snn", x.Text, &Options{
		Arrays: func(string) (map[string]*ir.Tensor, error) { return x.Arrays, nil },
	})
	if err := errs.Err(); err != nil {
		t.Fatalf("%v\nof what was exported:\n%s", err, x.Text)
	}
	return x, m.Net
}

// Whatever the language can say is exported as a text that says the same.
func TestExport(t *testing.T) {
	for _, path := range irtest.Files(t, "../../testdata/dsl/compile/*.txtar") {
		a := irtest.Load(t, path)
		net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "out.sir"))
		x, again := reread(t, net)
		if want, got := irtest.Canonical(net), irtest.Canonical(again); want != got {
			t.Errorf("%s:\n%s\nis exported as\n%s\nwhich is\n%s", path, want, x.Text, got)
		}
		irtest.Check(t, path, a, "export.snn", x.Text)
	}
}

func TestStarter(t *testing.T) {
	text := Starter("first")
	if formatted(t, "first.snn", text) != text {
		t.Errorf("the starter is not formatted:\n%s", formatted(t, "first.snn", text))
	}
	if _, errs := Compile("first.snn", text, nil); errs.Err() != nil {
		t.Error(errs)
	}
}
