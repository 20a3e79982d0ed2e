package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// report is all measurements, with the machine, the tools and the commands.
type report struct {
	Model    string
	Images   string
	Machine  string
	Tools    []toolVersion
	Results  []result
	Missed   []missed
	Commands []string
}

// toolVersion is the name and the version of a tool.
type toolVersion struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// result is the figures of one section.
type result struct {
	section string
	figures figures
}

// missed is a figure that could not be had.
type missed struct {
	Section string `json:"section"`
	What    string `json:"what"`
	Why     string `json:"why"`
}

// MarshalJSON puts each section's figures under its name.
func (r *report) MarshalJSON() ([]byte, error) {
	out := map[string]any{
		"model": r.Model, "images": r.Images, "machine": r.Machine, "tools": r.Tools,
		"not_measured": append([]missed{}, r.Missed...), "commands": r.Commands,
	}
	for _, s := range r.Results {
		out[s.section] = s.figures
	}
	return json.Marshal(out)
}

func (r *report) write(w io.Writer, asJSON bool) error {
	if asJSON {
		data, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", data)
		return err
	}
	_, err := io.WriteString(w, r.text())
	return err
}

func (r *report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "model   %s\nimages  %s\nmachine %s\n", r.Model, r.Images, r.Machine)
	for _, s := range r.Results {
		for _, t := range s.figures.tables() {
			b.WriteByte('\n')
			t.print(&b)
		}
	}
	if len(r.Missed) > 0 {
		b.WriteByte('\n')
	}
	for _, m := range r.Missed {
		fmt.Fprintf(&b, "%s: %s not measured: %s\n", m.Section, m.What, m.Why)
	}
	tools := table{Title: "Tools"}
	for _, t := range r.Tools {
		tools.add(t.Name, t.Version)
	}
	b.WriteByte('\n')
	tools.print(&b)
	b.WriteString("\nCommands\n")
	for _, c := range r.Commands {
		fmt.Fprintf(&b, "  %s\n", c)
	}
	return b.String()
}

// table is rows of text under a title; Notes are printed below.
type table struct {
	Title string
	Head  []string
	Rows  [][]string
	Notes []string
}

// add appends a row; numbers are printed as they are.
func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.Rows = append(t.Rows, row)
}

func (t *table) note(format string, args ...any) {
	t.Notes = append(t.Notes, fmt.Sprintf(format, args...))
}

// print aligns the first column to the left and, in tables with a head, the others to the right.
func (t *table) print(b *strings.Builder) {
	b.WriteString(t.Title + "\n")
	rows := t.Rows
	if t.Head != nil {
		rows = append([][]string{t.Head}, rows...)
	}
	var width []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range rows {
		line := " "
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i > 0 && t.Head != nil {
				line += " " + pad + c + " "
			} else {
				line += " " + c + pad + " "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	for _, n := range t.Notes {
		b.WriteString("  " + n + "\n")
	}
}
