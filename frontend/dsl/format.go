package dsl

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// maxColumns is where the formatter breaks chains that were on one line.
const maxColumns = 100

// Format is a text in its canonical form: two spaces a level, single blank lines,
// spaces as the grammar has them. Comments stay, line breaks between statements
// and in front of operators too. Formatting twice changes nothing. A text with
// syntax errors is not formatted; they are returned.
func Format(name, text string) (string, error) {
	file, errs := Parse(name, text)
	if err := errs.Err(); err != nil {
		return "", err
	}
	return file.Format(), nil
}

// Format is the canonical text of a tree without Skipped statements.
func (f *File) Format() string {
	w := &writer{comments: f.Comments, first: true}
	w.statements(f.Stmts)
	w.flush(lexer.Position{Line: 1 << 30, Offset: 1 << 60})
	return w.out.String()
}

// writer writes lines, and each comment where its place comes by.
type writer struct {
	out      strings.Builder
	comments []Comment // still to be written
	indent   int
	line     int  // of the source: the end of the last text written
	first    bool // nothing stands at this level yet
}

func (w *writer) statements(stmts []*Stmt) {
	for _, s := range stmts {
		w.statement(s)
	}
}

// flush writes the comments that stand in lines before a position, each on its own.
func (w *writer) flush(before lexer.Position) {
	for len(w.comments) > 0 && w.comments[0].Pos.Offset < before.Offset && w.comments[0].Pos.Line < before.Line {
		c := w.comments[0]
		w.comments = w.comments[1:]
		w.begin(c.Pos.Line)
		w.out.WriteString(c.Text + "\n")
		w.line = c.Pos.Line
	}
}

// begin begins a line, with an empty one before it if the source has one there.
func (w *writer) begin(line int) {
	if line > w.line+1 && !w.first {
		w.out.WriteByte('\n')
	}
	w.first = false
	w.out.WriteString(strings.Repeat("  ", w.indent))
}

// piece writes one line that stands for the source from one position to another.
func (w *writer) piece(from, to lexer.Position, text string) {
	w.flush(to)
	w.begin(from.Line)
	w.out.WriteString(text)
	w.line = max(w.line, to.Line)
	if len(w.comments) > 0 && w.comments[0].Pos.Line == to.Line && w.comments[0].Trailing {
		w.out.WriteString("  " + w.comments[0].Text)
		w.comments = w.comments[1:]
	}
	w.out.WriteByte('\n')
}

func (w *writer) statement(s *Stmt) {
	text, value, body := s.head()
	switch {
	case s.If != nil:
		w.conditional(s.If)
	case s.Weights != nil && len(s.Weights.Renames) > 0:
		w.weights(s.Weights)
	case body != nil:
		w.block(s.Pos, text, body, s.End())
	case value != nil:
		w.chain(s, text, value)
	default:
		w.piece(s.Pos, s.End(), text)
	}
}

// block writes a head with its body: on one line where the source has it so and it fits.
func (w *writer) block(from lexer.Position, head string, body *Body, to lexer.Position) {
	if text, ok := w.oneLine(body); ok && 2*w.indent+len(head+text) < maxColumns {
		w.piece(from, to, head+" "+text)
		return
	}
	w.piece(from, afterBrace(body), head+" {")
	w.body(body)
	w.piece(closing(body), to, "}")
}

func afterBrace(b *Body) lexer.Position {
	open := b.Pos
	open.Advance("{")
	return open
}

// closing is the position of a body's closing brace.
func closing(b *Body) lexer.Position { return b.Tokens[len(b.Tokens)-1].Pos }

// body writes statements one level deeper, and the comments behind them.
func (w *writer) body(b *Body) {
	w.indent++
	w.first = true
	w.statements(b.Stmts)
	w.flush(closing(b))
	w.indent--
	w.first = true // no empty line before the brace
}

// oneLine is a body on one line, if the source has it on one and it holds no other body.
func (w *writer) oneLine(b *Body) (string, bool) {
	if b.Pos.Line != closing(b).Line {
		return "", false
	}
	var parts []string
	for _, s := range b.Stmts {
		text, value, body := s.head()
		if body != nil || s.If != nil || s.Weights != nil {
			return "", false
		}
		if value != nil {
			text += value.String()
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "{}", true
	}
	return "{ " + strings.Join(parts, "; ") + " }", true
}

// conditional writes if, else if and else: all on one line, or none.
func (w *writer) conditional(s *If) {
	heads := []string{"if " + s.Cond.String()}
	bodies := []*Body{s.Then}
	for _, e := range s.Elif {
		heads, bodies = append(heads, "else if "+e.Cond.String()), append(bodies, e.Then)
	}
	if s.Else != nil {
		heads, bodies = append(heads, "else"), append(bodies, s.Else)
	}
	if line, ok := w.conditionalLine(heads, bodies); ok {
		w.piece(s.Pos, s.End(), line)
		return
	}
	from, before := s.Pos, ""
	for i, head := range heads {
		w.piece(from, afterBrace(bodies[i]), before+head+" {")
		w.body(bodies[i])
		from, before = closing(bodies[i]), "} "
	}
	w.piece(from, s.End(), "}")
}

func (w *writer) conditionalLine(heads []string, bodies []*Body) (string, bool) {
	var parts []string
	for i, head := range heads {
		text, ok := w.oneLine(bodies[i])
		if !ok || bodies[i].Pos.Line != bodies[0].Pos.Line {
			return "", false
		}
		parts = append(parts, head+" "+text)
	}
	line := strings.Join(parts, " ")
	return line, 2*w.indent+len(line) < maxColumns
}

func (w *writer) weights(s *Weights) {
	brace := s.From.End()
	w.piece(s.Pos, brace, "weights "+s.From.String()+" {")
	w.indent++
	w.first = true
	for _, r := range s.Renames {
		w.piece(r.Pos, r.End(), r.String())
	}
	close := s.Tokens[len(s.Tokens)-1].Pos
	w.flush(close)
	w.indent--
	w.first = true
	w.piece(close, s.End(), "}")
}

// link is a part of a chain of operators.
type link struct {
	Node
	text   string
	broken bool // the source has it on a line of its own
}

// chain writes an expression: on one line, or broken before the operators where
// the source is, or before all if it does not fit.
func (w *writer) chain(s *Stmt, head string, e *Expr) {
	links := links(e)
	line, broken := head, false
	for i, l := range links {
		if i > 0 {
			line += " "
		}
		line += l.text
		broken = broken || l.broken
	}
	if !broken && 2*w.indent+len(line) <= maxColumns {
		w.piece(s.Pos, s.End(), line)
		return
	}
	from, line := s.Pos, head+links[0].text
	indent := w.indent
	for i, l := range links[1:] {
		if !l.broken && broken {
			line += " " + l.text
			continue
		}
		w.piece(from, links[i].End(), line)
		from, line, w.indent = l.Pos, l.text, indent+1 // lines behind the first are indented
	}
	w.piece(from, s.End(), line)
	w.indent = indent
}

func links(e *Expr) []link {
	out := []link{{Node: e.First.Node, text: e.First.String()}}
	add := func(n Node, text string) {
		out = append(out, link{n, text, n.Pos.Line > out[len(out)-1].End().Line})
	}
	for _, r := range e.Rest {
		add(r.Node, r.String())
	}
	for _, s := range e.Stages {
		add(s.Node, s.String())
	}
	return out
}
