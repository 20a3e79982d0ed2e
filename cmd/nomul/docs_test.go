package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// spliced finds a block of a document, between a line <!-- from ARCHIVE SECTION --> and
// the end of the fenced text below it.
var spliced = regexp.MustCompile("(?m)^<!-- from (\\S+) (\\S+) -->\n```\n(?s:.*?)^```$")

// The blocks of documents equal the sections of the archives that they name, which
// tests produce.
func TestDocuments(t *testing.T) {
	for _, file := range []string{"../../ARCHITECTURE.md"} {
		text := read(t, file)
		blocks := 0
		fresh := spliced.ReplaceAllStringFunc(text, func(block string) string {
			blocks++
			m := spliced.FindStringSubmatch(block)
			path := "../../" + m[1]
			section := irtest.Section(t, path, irtest.Load(t, path), m[2])
			return "<!-- from " + m[1] + " " + m[2] + " -->\n```\n" + section + "```"
		})
		if blocks == 0 {
			t.Errorf("%s shows nothing", file)
		}
		if fresh == text {
			continue
		}
		if !irtest.Update() {
			t.Errorf("%s shows what is no longer so; bless it with -update", file)
			continue
		}
		if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// snippet finds one, between a line <!-- snippet FILE NAME --> and the end of the
// fenced code below it; in the file, between "# snippet NAME begins" and "ends".
var snippet = regexp.MustCompile("(?m)^<!-- snippet (\\S+) (\\S+) -->\n```python\n(?s:.*?)^```$")

// The code in EXPORTING.md is that of the export scripts.
func TestExportingShowsScripts(t *testing.T) {
	const file = "../../EXPORTING.md"
	text := read(t, file)
	fresh := snippet.ReplaceAllStringFunc(text, func(block string) string {
		m := snippet.FindStringSubmatch(block)
		code := regexp.MustCompile(`(?s)# snippet ` + m[2] + ` begins\n(.*?)# snippet ` + m[2] + ` ends\n`).FindStringSubmatch(read(t, "../../"+m[1]))
		if code == nil {
			t.Errorf("%s has no snippet %s", m[1], m[2])
			return block
		}
		return "<!-- snippet " + m[1] + " " + m[2] + " -->\n```python\n" + code[1] + "```"
	})
	if fresh == text {
		return
	}
	if !irtest.Update() {
		t.Fatalf("%s shows other code than the scripts; bless it with -update", file)
	}
	if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The mapping that EXPORTING.md shows is the one that tests read.
func TestExportingShowsMapping(t *testing.T) {
	const file = "testdata/onnx/neurons/custom.json"
	if !strings.Contains(read(t, "../../EXPORTING.md"), "<!-- neurons "+file+" -->\n```json\n"+read(t, "../../"+file)+"```\n") {
		t.Errorf("EXPORTING.md shows another mapping than %s", file)
	}
}

// The messages in EXPORTING.md's table of traps are nomul's: the last column quotes
// expected.txt, which TestFrameworks holds against the messages.
func TestExportingQuotesMessages(t *testing.T) {
	expected := read(t, "../../testdata/export/expected.txt")
	_, traps, _ := strings.Cut(read(t, "../../EXPORTING.md"), "## Traps")
	quotes := regexp.MustCompile("(?m)\\| `([^`]+)` \\|$").FindAllStringSubmatch(traps, -1)
	if len(quotes) < 5 {
		t.Fatalf("found %d messages, wanted the table of traps", len(quotes))
	}
	for _, q := range quotes {
		if !strings.Contains(expected, q[1]) {
			t.Errorf("no line of expected.txt has the message %q", q[1])
		}
	}
}

// Files, links, targets of the Makefile and flags that documents name exist.
func TestDocumentsName(t *testing.T) {
	kinds := []struct {
		what  string
		named *regexp.Regexp
		there func(name string) bool
	}{
		{"file", regexp.MustCompile("`((?:ir|passes|frontend|backends|runtime|cmd|testdata|\\.ci)/[A-Za-z0-9_./-]*[A-Za-z0-9_])`"), isThere},
		{"link", regexp.MustCompile(`\]\(([^):#]+)\)`), isThere},
		{"target", regexp.MustCompile("(?:`|\n)make ([a-z0-9-]+)"), isTarget(read(t, "../../Makefile"))},
		{"flag", regexp.MustCompile("(?:`|\\n)(?:nomul [^`\\n]*)?--([a-z][a-z0-9-]+)"), isFlag},
	}
	for _, file := range []string{"README.md", "ARCHITECTURE.md", "RATIONALE.md", "CONTRIBUTING.md", "EXPORTING.md", "TUTORIAL.md", "CHANGELOG.md"} {
		text := read(t, "../../"+file)
		for _, k := range kinds {
			for _, m := range k.named.FindAllStringSubmatch(text, -1) {
				if !k.there(m[1]) {
					t.Errorf("%s names the %s %s, which is not there", file, k.what, m[1])
				}
			}
		}
	}
}

// The README leads to every document beside it, and to the licence.
func TestReadmeLeadsOn(t *testing.T) {
	documents, err := filepath.Glob("../../*.md")
	if err != nil || len(documents) < 5 {
		t.Fatal(documents, err)
	}
	text := read(t, "../../README.md")
	for _, path := range append(documents, "LICENSE") {
		if name := filepath.Base(path); name != "README.md" && !strings.Contains(text, "("+name+")") {
			t.Errorf("README.md does not link to %s", name)
		}
	}
}

func isThere(path string) bool {
	_, err := os.Stat("../../" + path)
	return err == nil
}

// isFlag reports whether a command has a flag; all have help, and nomul its version.
func isFlag(name string) bool {
	if name == "help" || name == "version" {
		return true
	}
	for _, c := range rootCommand(io.Discard, io.Discard).Commands() {
		if c.Flags().Lookup(name) != nil {
			return true
		}
	}
	return false
}

// isTarget tells for a Makefile whether it has a rule for a name.
func isTarget(makefile string) func(name string) bool {
	rules := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9 -]+):`).FindAllStringSubmatch(makefile, -1) {
		for _, name := range strings.Fields(m[1]) {
			rules[name] = true
		}
	}
	return func(name string) bool { return rules[name] }
}
