package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// A block in a document stands between a line <!-- from ARCHIVE SECTION --> and
// the end of the fenced text below it.
var spliced = regexp.MustCompile("(?m)^<!-- from (\\S+) (\\S+) -->\n```\n(?s:.*?)^```$")

// What documents show is what tests produce: their blocks equal the sections of
// the archives that they name.
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

// Documents do not name files that are not there.
func TestDocumentsNameFiles(t *testing.T) {
	path := regexp.MustCompile("`((?:ir|passes|frontend|backends|runtime|cmd|testdata)/[A-Za-z0-9_./-]*[A-Za-z0-9_])`")
	for _, file := range []string{"README.md", "ARCHITECTURE.md", "RATIONALE.md", "CONTRIBUTING.md"} {
		for _, m := range path.FindAllStringSubmatch(read(t, "../../"+file), -1) {
			if _, err := os.Stat("../../" + strings.TrimSuffix(m[1], "/")); err != nil {
				t.Errorf("%s names %s, which is not there", file, m[1])
			}
		}
	}
}
