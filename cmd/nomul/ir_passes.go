package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/files"
)

// passFlags are those of ir that show the network behind every pass.
type passFlags struct {
	each       string
	time, json bool
}

func (f *passFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.each, "each", "", "write the network behind every pass that changes it to the folder `DIR`, as NN-PASS.sir")
	c.Flags().BoolVar(&f.time, "time", false, "print how long each pass took, and what it changed")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON instead of a table, with --time")
}

func (f *passFlags) asked() bool { return f.each != "" || f.time }

// check refuses flags that do not go together.
func (f *passFlags) check(level, after, out string) error {
	switch {
	case f.json && !f.time:
		return usageError{errors.New("--json: the table of passes is printed with --time")}
	case f.asked() && out != "":
		return usageError{fmt.Errorf("--out %s: --each and --time print no single network", out)}
	case f.asked() && level == loweredLevel:
		return usageError{errors.New("--level lowered: passes end at the fixed level, above it")}
	}
	return nil
}

// stage is the network behind a pass.
type stage struct {
	Pass    string  `json:"pass"`
	Took    float64 `json:"ms"`
	Values  int     `json:"values"`
	Changed int     `json:"changed"` // values that are not in the network before
	Removed int     `json:"removed"` // values of the network before that are gone
	net     *ir.Net
	lines   map[string]bool // its values as text
}

// stages lowers the model, and collects the network behind every pass; the first is as given.
func (m *model) stages(level ir.Level, after string) ([]stage, error) {
	out, began := []stage{newStage("given", m.net)}, time.Now()
	_, err := m.dump(level, after, func(p passes.Pass, net *ir.Net) {
		took := time.Since(began)
		s, before := newStage(p.Name, net), out[len(out)-1].lines
		s.Took = float64(took.Microseconds()) / 1000
		s.Changed, s.Removed = missing(s.lines, before), missing(before, s.lines)
		out = append(out, s)
		m.beginnings(p, net)
		began = time.Now()
	})
	return out, err
}

func newStage(pass string, net *ir.Net) stage {
	s := stage{Pass: pass, Values: len(net.Values), net: net, lines: map[string]bool{}}
	for _, v := range net.Values {
		s.lines[v.String()] = true
	}
	return s
}

// missing counts the lines that others lack.
func missing(lines, others map[string]bool) int {
	n := 0
	for line := range lines {
		if !others[line] {
			n++
		}
	}
	return n
}

// show writes the files that the flags ask for, and prints the passes.
func (f *passFlags) show(c *cobra.Command, m *model, level ir.Level, after string) error {
	stages, err := m.stages(level, after)
	if err != nil {
		return err
	}
	var outputs []files.Output
	if f.each != "" {
		if err := makeFolder(f.each); err != nil {
			return err
		}
		for i, s := range stages {
			if i == 0 || s.Changed+s.Removed > 0 {
				outputs = append(outputs, netOutputs(s.net, filepath.Join(f.each, fmt.Sprintf("%02d-%s.sir", i, s.Pass)))...)
			}
		}
	}
	if err := m.write(c, outputs); err != nil {
		return err
	}
	if f.time {
		return f.table(c, stages[1:])
	}
	return nil
}

func (f *passFlags) table(c *cobra.Command, stages []stage) error {
	if f.json {
		return printJSON(c.OutOrStdout(), map[string][]stage{"passes": stages})
	}
	var rows [][]string
	for _, s := range stages {
		rows = append(rows, []string{s.Pass, fmt.Sprintf("%9.1f", s.Took), fmt.Sprint(s.Values), dash(s.Changed), dash(s.Removed)})
	}
	printTable(c.OutOrStdout(), []string{"pass", "ms", "values", "new", "gone"}, rows)
	return nil
}

// dash is a count, of which 0 is not worth reading.
func dash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
