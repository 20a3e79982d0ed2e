package ir

import (
	"fmt"
	"strconv"
	"strings"

	"nomul/ir/diag"
)

// scanner reads one line of the text form from left to right. Its first error sticks.
type scanner struct {
	file string
	text string // the whole line
	line int    // from 1
	pos  int
	err  *diag.Diagnostic
}

func (s *scanner) origin() diag.Origin {
	return diag.Origin{File: s.file, Line: s.line, Col: s.pos + 1}
}

func (s *scanner) fail(code diag.Code, format string, args ...any) {
	if s.err == nil {
		s.err = diag.Errorf(s.origin(), code, format, args...)
		s.err.Source = s.text
	}
}

// skip passes white space and, at the end of the line, a comment.
func (s *scanner) skip() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '#' {
		s.pos = len(s.text)
	}
}

func (s *scanner) atEnd() bool {
	s.skip()
	return s.pos >= len(s.text) || s.err != nil
}

// peek reports whether the next token begins with the string.
func (s *scanner) peek(prefix string) bool {
	s.skip()
	return s.err == nil && strings.HasPrefix(s.text[s.pos:], prefix)
}

// accept passes the string if it comes next.
func (s *scanner) accept(token string) bool {
	if !s.peek(token) {
		return false
	}
	s.pos += len(token)
	return true
}

func (s *scanner) expect(token string) {
	if !s.accept(token) {
		s.fail(diag.Syntax, "wanted %q, found %s", token, s.found())
	}
}

func (s *scanner) found() string {
	if s.pos >= len(s.text) {
		return "the end of the line"
	}
	rest := s.text[s.pos:]
	if i := strings.IndexAny(rest, " \t,"); i > 0 {
		rest = rest[:i]
	}
	return strconv.Quote(rest)
}

// word reads a run of bytes that pass the test.
func (s *scanner) word(what string, ok func(byte) bool) string {
	s.skip()
	start := s.pos
	for s.pos < len(s.text) && ok(s.text[s.pos]) {
		s.pos++
	}
	if s.pos == start {
		s.fail(diag.Syntax, "wanted %s, found %s", what, s.found())
	}
	return s.text[start:s.pos]
}

func (s *scanner) name() string { return s.word("a name", nameByte) }

// names reads [NAME,…].
func (s *scanner) names() []string {
	var out []string
	s.expect("[")
	for s.err == nil {
		out = append(out, s.name())
		if !s.accept(",") {
			break
		}
	}
	s.expect("]")
	return out
}

// ident reads a word of letters, digits, '_' and '-'.
func (s *scanner) ident(what string) string {
	return s.word(what, func(c byte) bool { return nameByte(c) && c != '.' && c != '/' && c != ':' })
}

func (s *scanner) integer() int64 {
	start := s.pos
	text := s.word("an integer", func(c byte) bool { return c == '-' || c >= '0' && c <= '9' })
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && s.err == nil {
		s.pos = start
		s.fail(diag.Syntax, "%q is not an integer", text)
	}
	return n
}

// parseRange reads lo..hi.
func (s *scanner) parseRange() Range {
	lo := s.integer()
	s.expect("..")
	r := Range{Lo: lo, Hi: s.integer()}
	if r.Lo > r.Hi {
		s.fail(diag.Syntax, "the range %v is empty", r)
	}
	return r
}

// parseType reads an element type and a shape: s16[256].
func (s *scanner) parseType() Type {
	word := s.ident("a type")
	t, ok := ParseElem(word)
	if !ok {
		s.fail(diag.Syntax, "%q is not a type; wanted real, spike, uK or sK", word)
	}
	t.Shape = s.parseShape()
	return t
}

func (s *scanner) parseShape() Shape {
	s.expect("[")
	var dims []int
	for !s.peek("]") && s.err == nil {
		if len(dims) > 0 {
			s.expect(",")
		}
		dims = append(dims, int(s.integer()))
	}
	s.expect("]")
	if s.err != nil {
		return Shape{}
	}
	shape, err := NewShape(dims)
	if err != nil {
		s.fail(diag.BadAttribute, "%v", err)
	}
	return shape
}

// field is one key=value of an attribute list; the value is raw text.
type field struct {
	key, value string
	col        int
}

// attrList reads {key=value …}, or nothing.
func (s *scanner) attrList() []field {
	if !s.accept("{") {
		return nil
	}
	var out []field
	for !s.peek("}") && s.err == nil {
		s.skip()
		f := field{col: s.pos, key: s.ident("an attribute")}
		s.expect("=")
		f.value = s.rawValue()
		out = append(out, f)
	}
	s.expect("}")
	return out
}

// rawValue reads up to white space or '}', but over a string or a list as a whole.
func (s *scanner) rawValue() string {
	start := s.pos
	if s.peek(`"`) {
		quoted, err := strconv.QuotedPrefix(s.text[s.pos:])
		if err != nil {
			s.fail(diag.Syntax, "the string does not end")
		}
		s.pos += len(quoted)
		return s.text[start:s.pos]
	}
	for depth := 0; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0 && (c == ' ' || c == '\t' || c == '}'):
			return s.nonEmpty(start)
		}
	}
	return s.nonEmpty(start)
}

func (s *scanner) nonEmpty(start int) string {
	if s.pos == start {
		s.fail(diag.Syntax, "wanted a value, found %s", s.found())
	}
	return s.text[start:s.pos]
}

// failAt reports an attribute's value.
func (s *scanner) failAt(col int, code diag.Code, err error) {
	if s.err == nil {
		s.pos = col
		s.fail(code, "%s", fmt.Sprint(err))
	}
}
