package dsl

import (
	"os"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// GRAMMAR.md is the page that the parser makes.
func TestPage(t *testing.T) {
	want := Page()
	got, err := os.ReadFile("GRAMMAR.md")
	if err == nil && string(got) == want {
		return
	}
	if !irtest.Update() {
		t.Fatalf("GRAMMAR.md is not the parser's page (%v); make it with -update", err)
	}
	if err := os.WriteFile("GRAMMAR.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every field of a neuron, and no other, is documented.
func TestFieldDocs(t *testing.T) {
	for _, p := range neuronFields {
		if fieldDocs[p.name] == "" {
			t.Errorf("%s is not documented", p.name)
		}
	}
	if len(fieldDocs) != len(neuronFields) {
		t.Errorf("%d fields are documented, there are %d", len(fieldDocs), len(neuronFields))
	}
}

// The example of the package's documentation is a model that compiles.
func TestDocExample(t *testing.T) {
	data, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	begun := false
	for _, line := range strings.Split(string(data), "\n") {
		code, isCode := strings.CutPrefix(line, "//\t")
		if begun = begun || isCode && strings.HasPrefix(code, "///"); !begun {
			continue
		}
		if !isCode && line != "//" {
			break
		}
		if isCode {
			example.WriteString(code)
		}
		example.WriteString("\n")
	}
	source := strings.Replace(example.String(), `weights "net.npz"`, "weights random(seed: 1)", 1)
	if m, errs := Compile("doc.snn", source, nil); errs.Err() != nil || len(m.Net.Values) < 40 {
		t.Errorf("%v\n%s", errs, source)
	}
}
