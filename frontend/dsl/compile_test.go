package dsl

import (
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// TestCompile: the archives of testdata/dsl/compile are texts and the nets they make.
func TestCompile(t *testing.T) {
	irtest.Long(t)
	for _, path := range irtest.Files(t, "../../testdata/dsl/compile/*.txtar") {
		a := irtest.Load(t, path)
		text := irtest.Section(t, path, a, "in.snn")
		m, errs := Compile("in.snn", text, archiveOptions(a, nil))
		if err := errs.Err(); err != nil {
			t.Errorf("%s:\n%v", path, err)
			continue
		}
		irtest.Check(t, path, a, "out.sir", ir.Print(m.Net, ""))
		if out := formatted(t, path, text); out != text {
			t.Errorf("%s is not formatted; wanted\n%s", path, out)
		}
	}
}

// FuzzCompile: no text makes the checker panic, and all nets that it compiles verify.
func FuzzCompile(f *testing.F) {
	irtest.Long(f)
	seeds(f)
	for _, glob := range []string{"dsl/fmt", "dsl/compile", "errors"} {
		for _, path := range irtest.Files(f, "../../testdata/"+glob+"/*.txtar") {
			for _, file := range irtest.Load(f, path).Files {
				if strings.HasSuffix(file.Name, ".snn") {
					f.Add(string(file.Data))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if m, errs := Compile("f.snn", text, &Options{MaxNumbers: 1 << 16}); errs.Err() == nil {
			if err := ir.Verify(m.Net); err != nil {
				t.Error(err)
			}
		}
	})
}
