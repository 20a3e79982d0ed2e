package dsl

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir/diag"
)

// maxNesting bounds brackets in brackets, so that no text exhausts the stack.
const maxNesting = 64

// layout makes of raw tokens those the grammar sees: comments are put aside, the
// ends of lines that end a statement are kept, one at a time, and brackets are
// balanced, so that an error in one statement does not spoil the others.
type layout struct {
	src      *source
	raw      []lexer.Token
	code     []lexer.Token
	comments []Comment
	open     []lexer.Token // brackets not closed yet
	tooDeep  bool
}

var closers = map[string]string{"(": ")", "[": "]", "{": "}"}

func newLayout(src *source, raw []lexer.Token) *layout {
	l := &layout{src: src, raw: raw}
	for i, t := range raw {
		switch {
		case t.EOF():
			l.closeUntil("", t)
			l.endOfStatement(t)
			l.code = append(l.code, t)
		case t.Type == tokComment:
			trailing := i > 0 && raw[i-1].Pos.Line == t.Pos.Line && raw[i-1].Value != "\n"
			l.comments = append(l.comments, Comment{Pos: t.Pos, Text: strings.TrimRight(t.Value, " \t\r"), Trailing: trailing})
		case t.Type == tokEOL:
			l.line(i, t)
		case t.Type == tokOperator:
			l.operator(t)
		default:
			if t.Type == tokKeyword && statementWords[t.Value] && l.inside("(", "[") {
				l.closeUntil("{", t)
				l.endOfStatement(t)
			}
			l.code = append(l.code, t)
		}
	}
	return l
}

func (l *layout) inside(brackets ...string) bool {
	for _, b := range brackets {
		if len(l.open) > 0 && l.open[len(l.open)-1].Value == b {
			return true
		}
	}
	return false
}

func (l *layout) last() lexer.Token {
	if len(l.code) == 0 {
		return lexer.Token{Type: tokEOL}
	}
	return l.code[len(l.code)-1]
}

// line decides whether the end of a line ends a statement.
func (l *layout) line(i int, t lexer.Token) {
	next := l.nextCode(i)
	prev := l.last()
	switch {
	case t.Value == ";":
	case l.inside("(", "["), infixWords[prev.Value], infixWords[next.Value], prev.Value == ",", prev.Value == "=":
		return
	case prev.Value == "}" && next.Value == "else":
		return
	}
	l.endOfStatement(t)
}

// nextCode is the next token that is neither a comment nor the end of a line.
func (l *layout) nextCode(i int) lexer.Token {
	for _, t := range l.raw[i:] {
		if t.Type != tokComment && t.Type != tokEOL {
			return t
		}
	}
	return lexer.Token{}
}

func (l *layout) endOfStatement(at lexer.Token) {
	if prev := l.last(); prev.Type == tokEOL || prev.Value == "{" {
		return
	}
	l.code = append(l.code, lexer.Token{Type: tokEOL, Value: "\n", Pos: at.Pos})
}

func (l *layout) operator(t lexer.Token) {
	switch t.Value {
	case "(", "[", "{":
		if t.Value == "{" {
			l.closeUntil("{", t)
		}
		if l.open = append(l.open, t); len(l.open) > maxNesting {
			l.tooDeep = true
		}
	case ")", "]":
		if len(l.open) == 0 || closers[l.open[len(l.open)-1].Value] != t.Value {
			l.src.fail(t.Pos, diag.Syntax, "nothing is open that %q could close", t.Value)
			return
		}
		l.open = l.open[:len(l.open)-1]
	case "}":
		l.closeUntil("{", t)
		if len(l.open) == 0 {
			l.src.fail(t.Pos, diag.Syntax, `nothing is open that "}" could close`)
			return
		}
		l.endOfStatement(t)
		l.open = l.open[:len(l.open)-1]
	}
	l.code = append(l.code, t)
}

// closeUntil closes the brackets open inside the innermost one of a kind (all, when
// the kind is empty), and tells about each.
func (l *layout) closeUntil(kind string, at lexer.Token) {
	for len(l.open) > 0 && l.open[len(l.open)-1].Value != kind {
		t := l.open[len(l.open)-1]
		l.open = l.open[:len(l.open)-1]
		l.src.fail(t.Pos, diag.Syntax, "%q is not closed", t.Value)
		if t.Value == "{" {
			l.endOfStatement(at)
		}
		l.code = append(l.code, lexer.Token{Type: tokOperator, Value: closers[t.Value], Pos: at.Pos})
	}
}
