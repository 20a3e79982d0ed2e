package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/ir/irtest"
)

const text = `package p

func f(a, b int, ok bool) int {
	if a < b && !ok {
		a += 1
		g()
	}
	return a - b
}
`

// changes lists the mutants of text as "from → to".
func changes(t *testing.T) []string {
	t.Helper()
	all, err := mutants(&source{}, "p.go", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range all {
		out = append(out, m.from+" → "+m.to)
	}
	return out
}

func TestPlaces(t *testing.T) {
	want := []string{"a < b && !ok → !(a < b && !ok)", "&& → ||", "< → <=", "! → ", "a += 1 → ", "1 → 2", "g() → ", "- → +"}
	if d := cmp.Diff(want, changes(t)); d != "" {
		t.Error(d)
	}
}

// A mutant that tests notice is caught, one that none notices survives, and one
// that runs forever hangs; the tree stays as it is.
func TestFates(t *testing.T) {
	irtest.Long(t)
	dir := t.TempDir()
	t.Chdir(dir)
	files := map[string]string{
		"go.mod":    "module m\n\ngo 1.24\n",
		"p.go":      "package m\n\nfunc Count(n int) (k int) {\n\tfor k < n {\n\t\tk++\n\t}\n\treturn k\n}\n\nfunc Unseen() bool { return true }\n",
		"p_test.go": "package m\n\nimport \"testing\"\n\nfunc TestCount(t *testing.T) {\n\tif Count(3) != 3 {\n\t\tt.Fatal()\n\t}\n}\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := load([]string{"."})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range places(tree.areas[0][0]) {
		if err := tree.try(m, 3e9); err != nil {
			t.Fatal(err)
		}
		got[m.from+" → "+m.to] = m.fate.String()
	}
	want := map[string]string{"< → <=": "caught", "++ → --": "hangs", "true → false": "SURVIVED"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The tests of a package that embeds another's files may notice changes to these.
func TestTesters(t *testing.T) {
	irtest.Long(t)
	t.Chdir("../..")
	tree, err := load([]string{"nomul/backends/goasm/kernel"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range tree.testers(tree.areas[0][0]) {
		got = append(got, p.ImportPath)
	}
	if d := cmp.Diff([]string{"nomul/backends/goasm/kernel", "nomul/backends/goasm"}, got); d != "" {
		t.Error(d)
	}
}
