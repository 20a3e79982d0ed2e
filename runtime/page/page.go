// Package page is the shell of a page of HTML that needs nothing but itself: styles and scripts are in it,
// and its policy forbids whatever it would load. It is light or dark as the reader's system is, or by a button.
package page

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed page.css
var style string

//go:embed page.js
var script string

// Page is one to be written.
type Page struct {
	Title  string
	Styles []string
	Body   string // HTML
	// Data are JSON documents that scripts find by name, as elements of that id.
	Data    map[string]any
	Scripts []string
	// Served pages may load from where they are served.
	Served bool
}

// policy forbids everything but what is in the page.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	allowed := policy
	if p.Served {
		allowed += "; connect-src 'self'"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="%s">
<link rel="icon" href="data:,">
<title>%s</title>
<style>
%s</style>
</head>
<body>
%s`, html.EscapeString(allowed), html.EscapeString(p.Title), strings.Join(append([]string{style}, p.Styles...), "\n"), p.Body)
	for _, name := range slices.Sorted(maps.Keys(p.Data)) {
		text, err := json.Marshal(p.Data[name]) // which writes < as \u003c
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "<script type=\"application/json\" id=\"%s\">%s</script>\n", html.EscapeString(name), text)
	}
	fmt.Fprintf(&b, "<script>\n%s</script>\n</body>\n</html>\n", strings.Join(append([]string{script}, p.Scripts...), "\n"))
	_, err := io.WriteString(w, b.String())
	return err
}
