package dsl

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir/diag"
)

// source is one text, with its errors.
type source struct {
	name   string
	lines  []string
	labels map[string]bool // names that layers take by as
	errs   diag.List
	seen   map[string]bool // places and codes of the diagnostics so far
}

func newSource(name, text string) *source {
	return &source{name: name, lines: strings.Split(text, "\n"), seen: map[string]bool{}}
}

// at is the origin of a position in the text.
func (s *source) at(pos lexer.Position) diag.Origin {
	return diag.Origin{File: s.name, Line: max(1, pos.Line), Col: max(1, pos.Column)}
}

// fail tells of an error at a place, once for each code: a loop or a block that
// is used twice finds the same again. The result takes notes and advice.
func (s *source) fail(pos lexer.Position, code diag.Code, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf(s.at(pos), code, format, args...)
	if i := d.Origin.Line - 1; i < len(s.lines) {
		d.Source = strings.TrimRight(s.lines[i], "\r")
	}
	key := d.Origin.String() + string(code)
	if s.seen[key] {
		return d
	}
	s.seen[key] = true
	s.errs = append(s.errs, d)
	return d
}
