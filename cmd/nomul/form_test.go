package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The form of the code, without tests: lines of a file, of a package of passes or back ends, and of
// nine functions of ten.
const (
	fileLines     = 400
	packageLines  = 4500
	functionLines = 25
)

// Files, packages and functions are small, and each package of passes and back ends has its page.
func TestForm(t *testing.T) {
	packages, functions := map[string]int{}, []int{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name == "out" || len(name) > 2 && name[0] == '.'):
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".pb.go"):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		lines := set.File(f.FileStart).LineCount() - 1 // the last one is empty
		if lines > fileLines {
			t.Errorf("%s has %d lines, at most %d are wanted", path, lines, fileLines)
		}
		packages[filepath.Dir(path)] += lines
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				functions = append(functions, set.Position(d.End()).Line-set.Position(d.Pos()).Line+1)
			}
		}
		return nil
	})
	if err != nil || len(packages) < 30 {
		t.Fatalf("%d packages seen: %v", len(packages), err)
	}
	for path, lines := range packages {
		room := strings.HasPrefix(path, "../../passes/") || strings.HasPrefix(path, "../../backends/")
		if room && lines > packageLines {
			t.Errorf("%s has %d lines, at most %d are wanted", path, lines, packageLines)
		}
		if _, err := os.Stat(filepath.Join(path, "doc.go")); room && err != nil && strings.Count(path, "/") == 3 {
			t.Errorf("%s has no doc.go", path)
		}
	}
	slices.Sort(functions)
	if long := functions[len(functions)*9/10]; long > functionLines {
		t.Errorf("nine functions of ten have up to %d lines, at most %d are wanted", long, functionLines)
	}
}
