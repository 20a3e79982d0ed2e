package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// source is a package of the tree.
type source struct {
	ImportPath, Dir                    string
	GoFiles, IgnoredGoFiles            []string
	TestGoFiles, XTestGoFiles          []string
	Imports, TestImports, XTestImports []string
	EmbedFiles                         []string

	rel string // Dir, from the root of the tree
}

// tree is every package of the module, and the areas that mutants are drawn from.
type tree struct {
	all   []*source
	areas [][]*source
}

func load(patterns []string) (*tree, error) {
	all, err := list("./...")
	if err != nil {
		return nil, err
	}
	t := &tree{all: all}
	for _, p := range patterns {
		area, err := list(p)
		if err != nil {
			return nil, err
		}
		t.areas = append(t.areas, area)
	}
	return t, nil
}

func list(pattern string) ([]*source, error) {
	cmd := exec.Command("go", "list", "-json", pattern)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var out []*source
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		s := &source{}
		if err := d.Decode(s); err != nil {
			return nil, err
		}
		if s.rel, err = filepath.Rel(root, s.Dir); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// draw returns a function that gives one mutant after another: of one area after
// the other when told to go on, else a further one of the same area. Within an
// area all places are equally likely.
func (t *tree) draw(o choices) func(on bool) (*mutant, bool) {
	random := rand.New(rand.NewPCG(o.seed, 0))
	var rows [][]*mutant
	for _, area := range t.areas {
		var row []*mutant
		for _, p := range area {
			row = append(row, places(p)...)
		}
		random.Shuffle(len(row), func(i, k int) { row[i], row[k] = row[k], row[i] })
		if o.only != "" {
			row = slices.DeleteFunc(row, func(m *mutant) bool { return m.place() != o.only })
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	turn := -1
	return func(on bool) (*mutant, bool) {
		if on || len(rows[turn]) == 0 {
			turn++
		}
		rows = slices.DeleteFunc(rows, func(r []*mutant) bool { return len(r) == 0 })
		if len(rows) == 0 {
			return &mutant{}, false
		}
		turn %= len(rows)
		m := rows[turn][0]
		rows[turn] = rows[turn][1:]
		return m, true
	}
}

// places lists the mutants of a package; generated files have none.
func places(p *source) []*mutant {
	var out []*mutant
	for _, f := range p.GoFiles {
		file := filepath.Join(p.Dir, f)
		text, err := os.ReadFile(file)
		if err != nil || bytes.Contains(text, []byte("DO NOT EDIT")) {
			continue
		}
		if more, err := mutants(p, file, text); err == nil {
			out = append(out, more...)
		}
	}
	return out
}

// try runs the tests on a mutant and notes its fate. The tree stays as it is: the
// compiler reads the mutant in the file's place.
func (t *tree) try(m *mutant, limit time.Duration) error {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.write(dir)
	if err != nil {
		return err
	}
	start := time.Now()
	defer func() { m.took = time.Since(start) }()
	if exec.Command("go", "build", "-o", os.DevNull, "-overlay", overlay, m.pkg.ImportPath).Run() != nil {
		m.fate = notBuilt
		return nil
	}
	m.fate = lives
	for _, p := range t.testers(m.pkg) {
		if m.fate = test(p, overlay, limit); m.fate != lives {
			m.by = p.rel
			break
		}
	}
	return nil
}

// write puts the changed file and the compiler's overlay into dir.
func (m *mutant) write(dir string) (string, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(changed, slices.Concat(text[:m.start], []byte(m.to), text[m.end:]), 0o644); err != nil {
		return "", err
	}
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{m.file: changed}})
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, overlay, 0o644)
}

// testers are a package and then those that import or embed it, whose tests may notice.
func (t *tree) testers(p *source) []*source {
	var own, others []*source
	for _, q := range t.all {
		switch {
		case len(q.TestGoFiles)+len(q.XTestGoFiles) == 0:
		case q.ImportPath == p.ImportPath:
			own = append(own, q)
		case q.embeds(p) || slices.Contains(slices.Concat(q.Imports, q.TestImports, q.XTestImports), p.ImportPath):
			others = append(others, q)
		}
	}
	return append(own, others...)
}

// embeds reports whether a package carries files of another, as a back end does whose
// output has them.
func (s *source) embeds(p *source) bool {
	return slices.ContainsFunc(s.EmbedFiles, func(name string) bool { return filepath.Join(s.Dir, filepath.Dir(name)) == p.Dir })
}

// test runs the tests of a package on an overlay. The binary is built first, so
// that the limit is for tests alone; it is of processor time, so that the load of
// the machine does not matter.
func test(p *source, overlay string, limit time.Duration) fate {
	binary := filepath.Join(filepath.Dir(overlay), "tests")
	if text, err := exec.Command("go", "test", "-overlay", overlay, "-c", "-o", binary, p.ImportPath).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "mutate: %s: %s\n", p.rel, text)
		return notBuilt
	}
	args := []string{"-c", fmt.Sprintf(`ulimit -t %d; exec "$@"`, int(limit.Seconds())), "limited", binary, "-test.short", "-test.failfast", "-test.paniconexit0"}
	if slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "pgregory.net/rapid") {
		args = append(args, "-rapid.checks=20", "-rapid.seed=1", "-rapid.nofailfile")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience*limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", args...)
	cmd.Dir, cmd.WaitDelay = p.Dir, 2*time.Second
	text, err := cmd.CombinedOutput()
	switch exit, _ := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return lives
	case (exit == nil || !exit.Exited()) && !strings.Contains(string(text), "--- FAIL"):
		return hangs
	}
	return caught
}

// patience is how many times its limit of processor time a test may take: one
// that waits for ever uses none.
const patience = 10
