package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/files"
)

// passFlags are those of ir that show the network behind every pass.
type passFlags struct {
	each, html string
	time, json bool
}

func (f *passFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.each, "each", "", "write the network behind every pass that changes it to the folder `DIR`, as NN-PASS.sir")
	c.Flags().StringVar(&f.html, "html", "", "write a page to `FILE` that shows the network behind every pass, side by side")
	c.Flags().BoolVar(&f.time, "time", false, "print how long each pass took, and what it changed")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON instead of a table, with --time")
}

func (f *passFlags) asked() bool { return f.each != "" || f.html != "" || f.time }

// check refuses flags that do not go together.
func (f *passFlags) check(level, after, out string) error {
	switch {
	case f.json && !f.time:
		return usageError{errors.New("--json: the table of passes is printed with --time")}
	case f.asked() && out != "":
		return usageError{fmt.Errorf("--out %s: --each, --html and --time print no single network", out)}
	case f.asked() && level == loweredLevel && after != "":
		return usageError{fmt.Errorf("--after %s: passes end at the fixed level, above --level lowered", after)}
	}
	return nil
}

// stage is the network behind a pass.
type stage struct {
	Pass    string  `json:"pass"`
	Doc     string  `json:"-"`
	Took    float64 `json:"ms"`
	Values  int     `json:"values"`
	Changed int     `json:"changed"` // values that are not in the network before
	Removed int     `json:"removed"` // values of the network before that are gone
	net     *ir.Net
	lines   map[string]bool // its values as text
}

// stages lowers the model, and collects the network behind every pass; the first is as given.
func (m *model) stages(level ir.Level, after string) ([]stage, error) {
	out, began := []stage{newStage("given", "the network of the file", m.net)}, time.Now()
	_, err := m.dump(level, after, func(p passes.Pass, net *ir.Net) {
		took := time.Since(began)
		s, before := newStage(p.Name, p.Doc, net), out[len(out)-1].lines
		s.Took = float64(took.Microseconds()) / 1000
		s.Changed, s.Removed = missing(s.lines, before), missing(before, s.lines)
		out = append(out, s)
		m.beginnings(p, net)
		began = time.Now()
	})
	return out, err
}

func newStage(pass, doc string, net *ir.Net) stage {
	s := stage{Pass: pass, Doc: doc, Values: len(net.Values), net: net, lines: map[string]bool{}}
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

// loweredColumn is the program one floor below a net at the fixed level.
func loweredColumn(net *ir.Net) column {
	col := column{Pass: loweredLevel, Doc: "the program that engines are made of"}
	key := ""
	for text := range strings.Lines(lower.Print(lower.Of(net))) {
		text = strings.TrimRight(text, "\n")
		if words := strings.Fields(text); len(words) > 1 && !strings.HasPrefix(text, "\t\t") {
			key = words[1] // of an array or stage; the lines below are of the same
		}
		l := line{Key: key, Text: text}
		if v := net.Find(key); v != nil {
			l.Node = v.Origin.Node
		}
		col.Lines = append(col.Lines, l)
	}
	return col
}

// show writes the files that the flags ask for, and prints the passes.
func (f *passFlags) show(c *cobra.Command, m *model, level ir.Level, after string, below bool) error {
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
	if f.html != "" {
		page, err := passPage(m.net.Name, stages, below)
		if err != nil {
			return err
		}
		outputs = append(outputs, files.Bytes(f.html, page))
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

//go:embed passes.html.tmpl
var passTemplate string

// line is a value on the page: Key is its name, and Node that of the file that it comes from.
type line struct {
	Key, Node, Text string
	New             bool
}

// column is a pass on the page.
type column struct {
	Pass, Doc string
	Lines     []line
	Same      bool // nothing has changed
}

// passPage is a page of a column for each pass, and one below the fixed level if it is asked for.
func passPage(name string, stages []stage, below bool) ([]byte, error) {
	var columns []column
	for i, s := range stages {
		col := column{Pass: s.Pass, Doc: s.Doc, Same: i > 0 && s.Changed+s.Removed == 0}
		for _, v := range s.net.Values {
			text := v.String()
			col.Lines = append(col.Lines, line{v.Name, v.Origin.Node, text, i > 0 && !stages[i-1].lines[text]})
		}
		columns = append(columns, col)
	}
	if below {
		columns = append(columns, loweredColumn(stages[len(stages)-1].net))
	}
	page, err := template.New("page").Parse(passTemplate)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	err = page.Execute(&b, struct {
		Name    string
		Columns []column
	}{name, columns})
	return []byte(b.String()), err
}
