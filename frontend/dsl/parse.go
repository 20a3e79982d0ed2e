package dsl

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir/diag"
)

// maxSyntaxErrors bounds how many syntax errors of one text are told.
const maxSyntaxErrors = 20

var grammar = participle.MustBuild[File](participle.Lexer(rules), participle.UseLookahead(1))

var statementGrammar = must(participle.ParserForProduction[Stmt](grammar))

var exprGrammar = must(participle.ParserForProduction[Expr](grammar))

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// Parse reads a source text. The tree is there also when there are errors: a
// statement whose syntax is wrong is Skipped, all others are as written.
// Errors are of code syntax, one for each wrong statement.
func Parse(name, text string) (*File, diag.List) {
	text = strings.TrimPrefix(text, "\ufeff") // a mark that some editors write
	src := newSource(name, text)
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		src.lines = nil // not to be shown
		src.fail(lexer.Position{Line: 1, Column: 1}, diag.Syntax, "this is no text in UTF-8")
		return &File{source: src}, src.errs
	}
	l := newLayout(src, tokenise(name, text))
	if l.tooDeep {
		src.fail(l.last().Pos, diag.Syntax, "brackets are nested more than %d deep", maxNesting)
		return &File{source: src, Comments: l.comments}, src.errs
	}
	file := parseTokens(src, l.code)
	file.Comments = l.comments
	return file, src.errs
}

// parseTokens parses the text without the statements that are wrong, for the
// parser stops at the first error.
func parseTokens(src *source, tokens []lexer.Token) *File {
	r := &recovery{src: src}
	src.labels = labelsOf(tokens)
	r.statements(tokens[:len(tokens)-1])
	file, err := parseAll(grammar, append(r.out, tokens[len(tokens)-1]))
	if err != nil && len(src.errs) == 0 { // a statement alone was right, but not where it is
		syntaxError(src, tokens, err)
	}
	if file == nil {
		file = &File{}
	}
	file.source = src
	return file
}

func parseAll[G any](p *participle.Parser[G], tokens []lexer.Token) (*G, error) {
	peeking, err := lexer.Upgrade(&replay{tokens: tokens})
	if err != nil {
		return nil, err
	}
	return p.ParseFromLexer(peeking)
}

// recovery tries every statement by itself, with empty bodies, and puts one
// Skipped token for each that is wrong. Bodies are tried after their head.
type recovery struct {
	src *source
	out []lexer.Token
}

func (r *recovery) statements(tokens []lexer.Token) {
	for len(tokens) > 0 {
		end := endOfStatement(tokens)
		if end > 0 {
			r.statement(tokens[:end])
		}
		if end < len(tokens) {
			r.out = append(r.out, tokens[end]) // its EOL
			end++
		}
		tokens = tokens[end:]
	}
}

// endOfStatement is the place of the first EOL outside braces.
func endOfStatement(tokens []lexer.Token) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.Type == tokEOL && depth == 0:
			return i
		case is(t, "{"):
			depth++
		case is(t, "}"):
			depth--
		}
	}
	return len(tokens)
}

func is(t lexer.Token, operator string) bool { return t.Type == tokOperator && t.Value == operator }

func (r *recovery) statement(tokens []lexer.Token) {
	head, bodies := tokens, [][2]int(nil)
	if tokens[0].Value != "weights" { // its braces hold no statements
		head, bodies = withoutBodies(tokens)
	}
	eof := lexer.EOFToken(Node{Tokens: tokens}.End())
	_, err := parseAll(statementGrammar, append(slices.Clone(head), eof))
	at := 0
	if err != nil {
		if len(r.src.errs) < maxSyntaxErrors {
			syntaxError(r.src, tokens, err)
		}
		r.out = append(r.out, lexer.Token{Type: tokSkipped, Value: declaredName(tokens), Pos: tokens[0].Pos})
	}
	for _, body := range bodies {
		if err == nil {
			r.out = append(r.out, tokens[at:body[0]]...)
		}
		r.out = append(r.out, tokens[body[0]])
		r.statements(tokens[body[0]+1 : body[1]])
		r.out = append(r.out, tokens[body[1]])
		at = body[1] + 1
	}
	if err == nil {
		r.out = append(r.out, tokens[at:]...)
	}
}

// declaredName is the name that a wrong statement was to declare, so that its
// uses are no errors too; empty when there is none.
func declaredName(tokens []lexer.Token) string {
	if len(tokens) > 1 && tokens[0].Type == tokKeyword && tokens[1].Type == tokIdent {
		return tokens[1].Value
	}
	return ""
}

// withoutBodies is a statement with nothing between its braces, and where those are.
func withoutBodies(tokens []lexer.Token) (head []lexer.Token, bodies [][2]int) {
	depth, open := 0, 0
	for i, t := range tokens {
		if is(t, "}") {
			if depth--; depth == 0 {
				bodies = append(bodies, [2]int{open, i})
			}
		}
		if depth == 0 {
			head = append(head, t)
		}
		if is(t, "{") {
			if depth++; depth == 1 {
				open = i
			}
		}
	}
	return head, bodies
}

// replay is a lexer of tokens that are there already.
type replay struct {
	tokens []lexer.Token
	next   int
}

func (r *replay) Next() (lexer.Token, error) {
	t := r.tokens[min(r.next, len(r.tokens)-1)]
	r.next++
	return t, nil
}

var expected = regexp.MustCompile(`\(expected (.*)\)$`)

// syntaxError tells of the parser's error in our words.
func syntaxError(src *source, tokens []lexer.Token, err error) {
	var unexpected *participle.UnexpectedTokenError
	var at participle.Error
	switch {
	case errors.As(err, &unexpected):
		message := "did not expect " + shownToken(unexpected.Unexpected) + " here"
		if t := unexpected.Unexpected; t.Type == tokOperator && infixWords[t.Value] {
			message = fmt.Sprintf("something is missing before or behind %q", t.Value)
		} else if m := expected.FindStringSubmatch(unexpected.Message()); m != nil {
			message += plainGrammar(m[1])
		}
		src.fail(unexpected.Unexpected.Pos, diag.Syntax, "%s", message).Help = syntaxHint(tokens, unexpected.Unexpected)
	case errors.As(err, &at):
		src.fail(at.Position(), diag.Syntax, "%s", at.Message())
	default:
		src.fail(lexer.Position{Line: 1, Column: 1}, diag.Syntax, "%v", err)
	}
}

func shownToken(t lexer.Token) string {
	switch {
	case t.EOF():
		return "the end of the statement"
	case t.Type == tokEOL:
		return "the end of the statement"
	case t.Type == tokKeyword:
		return fmt.Sprintf("the word %q", t.Value)
	}
	return fmt.Sprintf("%q", t.Value)
}

var tokenNames = map[string]string{
	"<ident>": "a name", "<eol>": "a new line", "<string>": "a string in quotes", "<number>": "a number",
	"Expr": "an expression", "Operand": "an operand", "Body": "{", "Type": "a type", "Label": "a name",
}

// plainGrammar returns the first token that the parser expects, in plain words.
func plainGrammar(s string) string {
	first, _, _ := strings.Cut(s, " ")
	switch {
	case tokenNames[first] != "":
		return ", wanted " + tokenNames[first]
	case strings.HasPrefix(first, `"`):
		return ", wanted " + first
	}
	return ""
}
