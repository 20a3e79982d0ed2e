package dsl

import (
	"reflect"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// FuzzExport: a text that compiles is exported as a text that is formatted and compiles
// to the same net and the same pixels.
func FuzzExport(f *testing.F) {
	seeds(f)
	for _, path := range irtest.Files(f, "../../testdata/dsl/compile/*.txtar") {
		f.Add(irtest.Section(f, path, irtest.Load(f, path), "in.snn"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, errs := Compile("f.snn", text, &Options{MaxNumbers: 1 << 12})
		if errs.Err() != nil {
			return
		}
		first, again := exportedAgain(t, m)
		if want, got := irtest.Canonical(m.Net), irtest.Canonical(again.Net); want != got {
			t.Fatalf("%s\nis exported as\n%s\nwhich is\n%s", want, first.Text, got)
		}
		if !reflect.DeepEqual(m.Pixels, again.Pixels) {
			t.Fatalf("pixels %+v became %+v", m.Pixels, again.Pixels)
		}
		if out, err := Format("f.snn", first.Text); err != nil || out != first.Text {
			t.Fatalf("an export is not formatted (%v):\n%s", err, first.Text)
		}
	})
}

func exportedAgain(t *testing.T, m *Model) (*Exported, *Model) {
	t.Helper()
	x, err := Export(m.Net, "w.npz", m.Pixels)
	if err != nil {
		t.Fatalf("%v\nof\n%s", err, ir.Print(m.Net, ""))
	}
	again, errs := Compile("exported.snn", x.Text, &Options{
		Arrays: func(string) (map[string]*ir.Tensor, error) { return x.Arrays, nil },
	})
	if err := errs.Err(); err != nil {
		t.Fatalf("%v\nof what was exported:\n%s", err, x.Text)
	}
	return x, again
}
