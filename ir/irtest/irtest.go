// Package irtest helps tests that are files: txtar archives with a net in the
// text form, its inputs and the expected results. Run with -update, such a test
// rewrites the expected sections from its results.
package irtest

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"nomul/ir"
)

var update = flag.Bool("update", false, "rewrite the expected sections of test archives")

// Update reports whether the test was run with -update.
func Update() bool { return *update }

// Files lists the archives a glob pattern matches, sorted. None is a failure.
func Files(t testing.TB, glob string) []string {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives match %s (%v)", glob, err)
	}
	return paths
}

// Load reads an archive.
func Load(t testing.TB, path string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Has reports whether an archive has a section.
func Has(a *txtar.Archive, name string) bool { return find(a, name) >= 0 }

func find(a *txtar.Archive, name string) int {
	return slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
}

// Section is the text of a section, which must exist.
func Section(t testing.TB, path string, a *txtar.Archive, name string) string {
	t.Helper()
	i := find(a, name)
	if i < 0 {
		t.Fatalf("%s has no section %q", path, name)
	}
	return string(a.Files[i].Data)
}

// Check holds a result against a section of an archive. With -update it writes
// the result there instead, making the section if there is none. A result is
// text: it ends with a newline or is empty.
func Check(t testing.TB, path string, a *txtar.Archive, name, got string) {
	t.Helper()
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	i, want := find(a, name), ""
	if i >= 0 {
		want = string(a.Files[i].Data)
	}
	switch {
	case i >= 0 && want == got:
	case Update():
		bless(t, path, a, i, txtar.File{Name: name, Data: []byte(got)})
	default:
		t.Errorf("%s: section %s differs (- expected, + got); if what was got is right, run: go test -run '%s' -update\n%s",
			path, name, t.Name(), cmp.Diff(want, got))
	}
}

func bless(t testing.TB, path string, a *txtar.Archive, i int, f txtar.File) {
	t.Helper()
	if i < 0 {
		a.Files = append(a.Files, f)
	} else {
		a.Files[i] = f
	}
	if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ArchivedNet parses the net of an archive, in.sir.
func ArchivedNet(t testing.TB, path string) *ir.Net {
	t.Helper()
	return ParseNet(t, path, Section(t, path, Load(t, path), "in.sir"))
}

// ParseNet reads and verifies a net whose constants are all in the text. In its
// diagnostics the file is called by its name alone, whatever directory tests run in.
func ParseNet(t testing.TB, path, text string) *ir.Net {
	t.Helper()
	net, err := ir.Parse(filepath.Base(path), text, nil)
	if err == nil {
		err = ir.Verify(net)
	}
	if err != nil {
		t.Fatalf("%s:\n%v", path, err)
	}
	return net
}
