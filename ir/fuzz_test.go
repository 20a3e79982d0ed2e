package ir_test

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// No text makes the parser panic or ask for much memory, and a net that it accepts
// prints to text that reads back the same.
func FuzzParse(f *testing.F) {
	for _, glob := range []string{"../testdata/run/*.txtar", "../testdata/passes/*.txtar"} {
		for _, path := range irtest.Files(f, glob) {
			f.Add(irtest.Section(f, path, irtest.Load(f, path), "in.sir"))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		net, err := ir.Parse("fuzz.sir", text, nil)
		if err != nil {
			return
		}
		if ir.Verify(net) != nil {
			return
		}
		for _, v := range net.Values { // digests of big constants are not readable back
			if c := v.Const(); c != nil && c.Type.Size() > 32 {
				return
			}
		}
		once := ir.Print(net, "")
		again, err := ir.Parse("again.sir", once, nil)
		if err != nil {
			t.Fatalf("what was printed is refused: %v\n%s", err, once)
		}
		if twice := ir.Print(again, ""); twice != once {
			t.Fatalf("printing is not canonical:\n%s\nthen\n%s", once, twice)
		}
	})
}
