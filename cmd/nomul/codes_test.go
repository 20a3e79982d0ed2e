package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// Every diagnostic code is provoked by a test: an archive of testdata/errors of
// its name, an archive or a table that expects it in brackets, or a test that
// names its constant.
func TestEveryCodeIsTested(t *testing.T) {
	irtest.Long(t)
	tests := testTexts(t)
	codes := regexp.MustCompile(`(?m)^\t(\w+) +Code = "([a-z-]+)"`).FindAllStringSubmatch(read(t, "../../ir/diag/codes.go"), -1)
	if len(codes) < 20 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for _, c := range codes {
		constant, code := c[1], c[2]
		if _, err := os.Stat("../../testdata/errors/" + code + ".txtar"); err == nil {
			continue
		}
		if provoked := regexp.MustCompile(`\[` + code + `\\?\]|\bdiag\.` + constant + `\b`); !provoked.MatchString(tests) {
			t.Errorf("no test provokes %s", code)
		}
	}
}

// testTexts is the text of all tests and archives.
func testTexts(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".txtar") {
			return err
		}
		b.WriteString(read(t, path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
