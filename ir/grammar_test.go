package ir_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// GRAMMAR.md is the page that the rows make.
func TestPage(t *testing.T) {
	want := ir.Page()
	if got, err := os.ReadFile("GRAMMAR.md"); err == nil && string(got) == want {
		return
	}
	if !irtest.Update() {
		t.Fatal("GRAMMAR.md is not the page of the rows; make it with -update")
	}
	if err := os.WriteFile("GRAMMAR.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The nets of the page are read and written back as they stand, but for comments, and have every
// word of the grammar, in which every name has a rule or is a word of the scanner.
func TestGrammar(t *testing.T) {
	nets := append(ir.GrammarNets[:], example(t))
	text := strings.Join(nets, "")
	for _, net := range nets {
		n, err := ir.Parse("page.sir", net, nil)
		if err == nil {
			err = ir.Verify(n)
		}
		if err != nil {
			t.Error(err)
			continue
		}
		want := regexp.MustCompile(` #.*| \{per=once\}`).ReplaceAllString(net, "")
		if got := ir.Print(n, ""); got != want {
			t.Errorf("%s\nis printed as\n%s", want, got)
		}
	}
	for _, word := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(ir.Grammar, -1) {
		if !strings.Contains(text, word[1]) {
			t.Errorf("no net has %q", word[1])
		}
	}
	for _, name := range regexp.MustCompile(`\b[A-Z]\w+\b`).FindAllString(regexp.MustCompile(`"[^"]+"`).ReplaceAllString(ir.Grammar, ""), -1) {
		if !strings.Contains("Name Int Number Op Slot Key Word EOL", name) && !regexp.MustCompile(`(?m)^`+name+` +=`).MatchString(ir.Grammar) {
			t.Errorf("%s has no rule", name)
		}
	}
}

// example is the net of the package's documentation.
func example(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, net, _ := strings.Cut(string(data), "//\tnet ")
	net, _, _ = strings.Cut(net, "//\n")
	return "net " + strings.ReplaceAll(net, "//\t", "")
}
