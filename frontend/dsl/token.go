package dsl

import (
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// rules are the tokens of the language. EOL ends a statement: a line's end where
// the statement cannot go on (see layout), or a semicolon. Skipped never comes
// from text: it stands for a statement with a syntax error.
var rules = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "space", Pattern: `[ \t\r]+`},
	{Name: "Comment", Pattern: `//[^\n]*`},
	{Name: "EOL", Pattern: `\n|;`},
	{Name: "Number", Pattern: `([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]+)?`},
	{Name: "Keyword", Pattern: `(import|weights|neuron|block|model|steps|input|output|state|let|for|in|repeat|if|else|as|true|false)\b`},
	{Name: "Ident", Pattern: `[A-Za-z_][A-Za-z0-9_]*`},
	{Name: "String", Pattern: `"(\\.|[^"\\\n])*"`},
	{Name: "Operator", Pattern: `\|>|>=|<=|==|!=|&&|\|\||[-+*/%<>=!(){}\[\],.:]`},
	{Name: "Invalid", Pattern: `.`},
	{Name: "Skipped", Pattern: `[^\x{0}-\x{10FFFF}]`},
})

var (
	symbols     = rules.Symbols()
	tokComment  = symbols["Comment"]
	tokEOL      = symbols["EOL"]
	tokKeyword  = symbols["Keyword"]
	tokIdent    = symbols["Ident"]
	tokOperator = symbols["Operator"]
	tokInvalid  = symbols["Invalid"]
	tokSkipped  = symbols["Skipped"]
)

// Comment is a comment of a source text, with its slashes.
type Comment struct {
	Pos  lexer.Position
	Text string
	// Trailing tells that code stands before it on its line.
	Trailing bool
}

// IsDoc reports whether the comment documents the statement below it.
func (c Comment) IsDoc() bool { return strings.HasPrefix(c.Text, "///") }

// Doc is the text of the comments of three slashes in the lines right above a
// position, without the slashes.
func (f *File) Doc(pos lexer.Position) string {
	var lines []string
	for _, c := range slices.Backward(f.Comments) {
		if !c.IsDoc() || c.Trailing || c.Pos.Line != pos.Line-1-len(lines) {
			continue
		}
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(c.Text, "///")))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// statementWords begin statements, and cannot stand inside parentheses.
var statementWords = wordSet("import weights neuron block model steps input output state let for repeat if")

// infixWords continue an expression, on the line above as well as on the line below.
var infixWords = wordSet("|> + - * / % && || == != < <= > >=")

func wordSet(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// tokenise cuts a text into tokens. It cannot fail: characters that no rule matches are Invalid.
func tokenise(file, text string) []lexer.Token {
	lex, err := rules.LexString(file, text)
	if err != nil {
		return []lexer.Token{lexer.EOFToken(lexer.Position{Filename: file, Line: 1, Column: 1})}
	}
	var out []lexer.Token
	for {
		t, err := lex.Next()
		if err != nil { // cannot be: Invalid takes any character
			return append(out, lexer.EOFToken(t.Pos))
		}
		out = append(out, t)
		if t.EOF() {
			return out
		}
	}
}
