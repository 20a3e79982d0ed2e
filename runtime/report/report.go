// Package report is the page of an evaluation: headline figures, and sections of texts, plots and tables. It needs
// nothing but itself; there is a table behind each plot.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"nomul/runtime/page"
)

// Report is the page.
type Report struct {
	Title    string
	Lead     string
	Figures  []Figure
	Sections []Section
}

// Figure is one of those at the top.
type Figure struct{ Name, Value, Note string }

// Section is a part of the page.
type Section struct {
	ID, Title string
	Texts     []string
	Plots     []Plot
	Tables    []Table
	Code      string
}

// Table has cells in rows under a head; the first column names rows.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
	// Shades are the parts of full colour that cells behind the first have, 0 to 1; nil of none.
	Shades [][]float64
	// Words tells that cells are text, which stands at the left; numbers stand at the right.
	Words bool
}

// Shade is that of a cell in percent of full colour, on which text can still be read.
func (t Table) Shade(row, column int) int {
	const most = 35
	if t.Shades == nil || column == 0 {
		return 0
	}
	return int(most*min(1, max(0, t.Shades[row][column-1])) + 0.5)
}

//go:embed report.html.tmpl
var form string

//go:embed report.css
var style string

var body = template.Must(template.New("report").Parse(form))

// Write writes the page.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	if err := body.Execute(&b, r); err != nil {
		return err
	}
	p := page.Page{Title: r.Title, Styles: []string{style}, Body: b.String()}
	return p.Write(w)
}
