// Package diag holds diagnostics of a user's model, text or data: messages
// with a place, a code and advice, collected in lists so that all
// errors are told at once.
package diag

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Severity tells an error (the work stops) from a warning (it never changes a result).
type Severity uint8

// The severities.
const (
	Error Severity = iota
	Warning
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Origin is where a value came from: a node of an ONNX file, or a line of text.
// The zero Origin is unknown.
type Origin struct {
	File string
	// Node, Op, Domain and Opset are set for ONNX; a nameless node takes its
	// first output's name.
	Node   string
	Op     string
	Domain string
	Opset  int
	// Line and Col are set for text, from 1.
	Line, Col int
}

// String renders the place as the head of a diagnostic, without a final colon.
func (o Origin) String() string {
	switch {
	case o.Node != "":
		domain := o.Domain
		if domain == "" {
			domain = "ai.onnx"
		}
		return fmt.Sprintf("%s: node %q (%s::%s, opset %d)", o.File, o.Node, domain, o.Op, o.Opset)
	case o.Line > 0:
		return fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Col)
	}
	return o.File
}

// A Diagnostic is one message, with its place and advice.
type Diagnostic struct {
	Severity Severity
	Code     Code
	Origin   Origin
	// Message is lower case, without a full stop.
	Message string
	// Source is the line the Origin points to, if it is text.
	Source string
	// Notes add details to the message, one line each.
	Notes []string
	// Help is advice; may be empty.
	Help string
}

// Error renders the diagnostic for people, with the source line, a caret and help.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if at := d.Origin.String(); at != "" {
		b.WriteString(at + ": ")
	}
	fmt.Fprintf(&b, "%s: %s [%s]", d.Severity, d.Message, d.Code)
	if d.Source != "" {
		prefix := fmt.Sprintf("%5d | ", d.Origin.Line)
		caret := strings.Repeat(" ", max(0, d.Origin.Col-1))
		fmt.Fprintf(&b, "\n%s%s\n      | %s^", prefix, strings.ReplaceAll(d.Source, "\t", " "), caret)
	}
	for _, note := range d.Notes {
		b.WriteString("\n      | " + note)
	}
	if d.Help != "" {
		b.WriteString("\nhelp: " + d.Help)
	}
	return b.String()
}

// Errorf makes an error at a place.
func Errorf(at Origin, code Code, format string, args ...any) *Diagnostic {
	return &Diagnostic{Code: code, Origin: at, Message: fmt.Sprintf(format, args...)}
}

// IsDiagnostic reports whether the error is, or wraps, a *Diagnostic or a List:
// its text then says itself that it is an error.
func IsDiagnostic(err error) bool { return Of(err) != nil }

// Of lists the diagnostics that an error is, or wraps; nil when it is none.
func Of(err error) List {
	var one *Diagnostic
	var list List
	switch {
	case errors.As(err, &list):
		return list
	case errors.As(err, &one):
		return List{one}
	}
	return nil
}

// WithHelp returns a copy of the diagnostic with advice.
func (d Diagnostic) WithHelp(format string, args ...any) *Diagnostic {
	d.Help = fmt.Sprintf(format, args...)
	return &d
}

// A List is several diagnostics; it is an error when it holds one.
type List []*Diagnostic

// Add appends an error at a place and returns it, so that help can be set.
func (l *List) Add(at Origin, code Code, format string, args ...any) *Diagnostic {
	d := Errorf(at, code, format, args...)
	*l = append(*l, d)
	return d
}

// Sorted returns the diagnostics in the order of their places.
func (l List) Sorted() List {
	sorted := append(List(nil), l...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].less(sorted[j]) })
	return sorted
}

// Error renders all diagnostics, sorted by place, each once.
func (l List) Error() string {
	var lines []string
	for i, d := range l.Sorted() {
		if text := d.Error(); i == 0 || text != lines[len(lines)-1] {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

func (d *Diagnostic) less(e *Diagnostic) bool {
	a, b := d.Origin, e.Origin
	if a.File != b.File {
		return a.File < b.File
	}
	if a.Line != b.Line {
		return a.Line < b.Line
	}
	return a.Col < b.Col
}

// Err returns the list as an error, or nil when it holds none.
func (l List) Err() error {
	for _, d := range l {
		if d.Severity == Error {
			return l
		}
	}
	return nil
}

// Warnings returns the warnings of the list.
func (l List) Warnings() List {
	var out List
	for _, d := range l {
		if d.Severity == Warning {
			out = append(out, d)
		}
	}
	return out
}
