package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed lists the packages of the tree that each one may import; a name
// that ends in a slash stands for everything below it. Dependencies point one way.
var allowed = map[string][]string{
	"nomul/ir/diag":                  {},
	"nomul/ir/update":                {},
	"nomul/ir":                       {"nomul/ir/diag", "nomul/ir/update"},
	"nomul/ir/eval":                  {"nomul/ir", "nomul/ir/diag"},
	"nomul/ir/reduce":                {"nomul/ir", "nomul/ir/update"},
	"nomul/ir/irtest":                {"nomul/ir", "nomul/ir/diag"},
	"nomul/ir/irtest/drawn":          {"nomul/ir", "nomul/ir/update"},
	"nomul/ir/irtest/seed":           {},
	"nomul/frontend/onnx/onnxpb":     {},
	"nomul/frontend/onnx":            {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/frontend/onnx/onnxpb"},
	"nomul/frontend/onnx/randnet":    {"nomul/frontend/onnx/onnxpb"},
	"nomul/frontend/dsl":             {"nomul/ir", "nomul/ir/diag", "nomul/ir/update"},
	"nomul/passes/rewrite":           {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval"},
	"nomul/passes/canonical":         {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/passes/rewrite"},
	"nomul/passes/cells":             {"nomul/ir", "nomul/ir/diag", "nomul/ir/update", "nomul/passes/canonical", "nomul/passes/rewrite", "nomul/passes/unsupported"},
	"nomul/passes/unsupported":       {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/passes/canonical", "nomul/passes/rewrite"},
	"nomul/passes/raise":             {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/passes/canonical", "nomul/passes/cells", "nomul/passes/unsupported", "nomul/passes/rewrite"},
	"nomul/passes/timing":            {"nomul/ir", "nomul/ir/diag", "nomul/passes/canonical", "nomul/passes/unsupported", "nomul/passes/raise", "nomul/passes/rewrite"},
	"nomul/passes/reroll":            {"nomul/ir", "nomul/ir/diag", "nomul/passes/canonical", "nomul/passes/unsupported", "nomul/passes/raise", "nomul/passes/rewrite", "nomul/passes/timing"},
	"nomul/passes/layers":            {"nomul/ir/update", "nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/passes/canonical", "nomul/passes/raise", "nomul/passes/rewrite", "nomul/passes/timing"},
	"nomul/passes/quantised":         {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/passes/layers", "nomul/passes/rewrite"},
	"nomul/passes/words":             {"nomul/ir", "nomul/ir/diag", "nomul/passes/canonical", "nomul/passes/layers", "nomul/passes/rewrite"},
	"nomul/passes/rounding":          {"nomul/ir", "nomul/ir/diag", "nomul/passes/layers", "nomul/passes/rewrite"},
	"nomul/passes/scales":            {"nomul/ir/update", "nomul/ir", "nomul/ir/diag", "nomul/passes/canonical", "nomul/passes/unsupported", "nomul/passes/layers", "nomul/passes/raise", "nomul/passes/rewrite", "nomul/passes/rounding"},
	"nomul/passes/integers":          {"nomul/ir/update", "nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/passes/canonical", "nomul/passes/layers", "nomul/passes/rewrite", "nomul/passes/rounding", "nomul/passes/scales"},
	"nomul/passes":                   {"nomul/ir", "nomul/ir/diag", "nomul/passes/"},
	"nomul/backends":                 {"nomul/ir", "nomul/ir/diag"},
	"nomul/backends/lower":           {"nomul/ir", "nomul/ir/diag", "nomul/ir/update"},
	"nomul/backends/lower/lowertest": {"nomul/backends", "nomul/backends/lower", "nomul/ir"},
	"nomul/backends/goasm":           {"nomul/ir", "nomul/ir/update", "nomul/ir/diag", "nomul/backends", "nomul/backends/lower", "nomul/backends/goasm/"},
	"nomul/backends/goasm/kernel":    {},
	"nomul/backends/cgen":            {"nomul/ir", "nomul/ir/update", "nomul/ir/diag", "nomul/backends", "nomul/backends/lower"},
	"nomul/backends/verilog":         {"nomul/ir", "nomul/ir/eval", "nomul/ir/update", "nomul/ir/diag", "nomul/backends", "nomul/backends/lower"},
	"nomul/runtime/interp":           {"nomul/ir", "nomul/ir/diag", "nomul/ir/eval", "nomul/ir/update"}, // the instructions of cells, which it does itself
	"nomul/runtime/files":            {"nomul/ir/diag"},
	"nomul/runtime/record":           {"nomul/ir/diag", "nomul/runtime/files"},
	"nomul/runtime/dataset":          {"nomul/ir", "nomul/ir/diag", "nomul/runtime/files"},
	"nomul/runtime/metrics":          {"nomul/ir", "nomul/ir/update", "nomul/ir/diag", "nomul/ir/eval", "nomul/runtime/interp", "nomul/runtime/record"},
	"nomul/runtime/page":             {},
	"nomul/runtime/report":           {"nomul/runtime/page"},
	"nomul/runtime/cost":             {"nomul/ir", "nomul/runtime/metrics", "nomul/runtime/record"},
	"nomul/runtime/view":             {"nomul/ir", "nomul/backends/lower", "nomul/runtime/metrics", "nomul/runtime/page", "nomul/runtime/record"},
	"nomul/runtime/proof":            {"nomul/ir/diag", "nomul/runtime/engine/toolchain"},
	"nomul/runtime/engine/toolchain": {},
	"nomul/runtime/engine":           {"nomul/ir", "nomul/ir/diag", "nomul/backends", "nomul/backends/", "nomul/runtime/interp", "nomul/runtime/engine/toolchain"},
	"nomul/cmd/nomul":                {"nomul/"},
	"nomul/cmd/bench":                {"nomul/"},
	"nomul/cmd/random":               {"nomul/"},
	"nomul/cmd/mutate":               {},
	"nomul/cmd/pictures":             {},
}

// owners lists libraries that only one part of the tree may import.
var owners = map[string]string{
	"github.com/alecthomas/participle":           "nomul/frontend/dsl",
	"google.golang.org/protobuf":                 "nomul/frontend/onnx",
	"github.com/spf13/":                          "nomul/cmd/",
	"github.com/schollz/progressbar":             "nomul/cmd/",
	"github.com/owulveryck/onnx-go":              "nomul/frontend/onnx",
	"github.com/yalue/onnxruntime_go":            "nomul/cmd/bench",
	"github.com/chromedp/":                       "nomul/cmd/pictures",
	"gonum.org/v1/plot":                          "nomul/runtime/report",
	"github.com/rogpeppe/go-internal/testscript": "nomul/cmd/",
}

type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "nomul/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestDependenciesPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		may, known := allowed[p.ImportPath]
		if !known {
			t.Errorf("%s is not in the map of packages", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "nomul/") && !matchesAny(may, i) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
			for library, owner := range owners {
				if strings.HasPrefix(i, library) && !strings.HasPrefix(p.ImportPath, owner) {
					t.Errorf("%s imports %s, which is %s's", p.ImportPath, i, owner)
				}
			}
		}
	}
}

// ops matches ops of the IR, and printers the packages that see stages in their place.
var (
	ops      = regexp.MustCompile(`\bir\.Op[A-Z]\w*\b`)
	printers = regexp.MustCompile(`backends/(cgen|goasm|verilog)/`)
)

// attributes matches the attributes of neurons and their values; roundings are not theirs alone.
var attributes = regexp.MustCompile(`ir\.(NeuronAttrs|Neuron[A-Z]\w*|(Leak|Reset|When|Order)[A-Z]\w*)\b`)

// Back ends print stages and the programs of elements: none names an op or an attribute of neurons.
func TestBackEndsSeeNoNeuron(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../../backends", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		seen++
		text, err := os.ReadFile(path)
		for _, name := range attributes.FindAllString(string(text), -1) {
			t.Errorf("%s names %s", path, name)
		}
		if name := ops.FindString(string(text)); name != "" && printers.MatchString(path) {
			t.Errorf("%s names %s: printers plan from stages, not from ops", path, name)
		}
		return err
	})
	if err != nil || seen < 50 || !ops.MatchString("ir.OpAdd") || !attributes.MatchString("ir.ResetSubtract") {
		t.Errorf("%d files seen: %v", seen, err)
	}
}

// Property tests draw the same cases each time, unless another seed is asked for.
func TestPropertiesAreRepeatable(t *testing.T) {
	drawn := 0
	for _, p := range packages(t) {
		tests := append(p.TestImports, p.XTestImports...)
		if !slices.Contains(tests, "pgregory.net/rapid") {
			continue
		}
		drawn++
		if !slices.Contains(tests, "nomul/ir/irtest/seed") {
			t.Errorf("the tests of %s draw cases, but do not import nomul/ir/irtest/seed", p.ImportPath)
		}
	}
	if drawn == 0 {
		t.Error("no tests draw cases")
	}
}

func matchesAny(list []string, path string) bool {
	for _, l := range list {
		if path == l || strings.HasSuffix(l, "/") && strings.HasPrefix(path, l) {
			return true
		}
	}
	return false
}
