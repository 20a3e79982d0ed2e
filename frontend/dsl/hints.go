package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir/diag"
)

// otherWords are words of frameworks for which the language has others.
var otherWords = map[string]string{
	"hard":        "the reset to a fixed membrane, a hard one, is reset: zero",
	"soft":        "the reset by the threshold, a soft one, is reset: subtract",
	"subtraction": "the reset by the threshold is reset: subtract",
}

// nameHint is the help for a name that is not there.
func (r *resolver) nameHint(name string, all []string) string {
	if other := otherWords[name]; other != "" {
		return other
	}
	if r.src.labels[name] {
		return fmt.Sprintf("as %s names the weights of a layer, not its value; let NAME = … gives the value a name", name)
	}
	if near := diag.Nearest(name, all); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// assign demands that the names exist which another value is given.
func (r *resolver) assign(at lexer.Position, names []string) {
	for _, n := range names {
		d := r.use(at, n)
		if d == nil {
			continue
		}
		if !strings.HasPrefix(d.Help, "did you mean") || len(n) < 3 {
			d.Help = "a new name begins with let: let " + strings.Join(names, ", ") + " = …"
		}
		r.assume(n)
	}
}

// labelsOf are the names that layers take by as.
func labelsOf(tokens []lexer.Token) map[string]bool {
	out := map[string]bool{}
	for i, t := range tokens[1:] {
		if t.Type == tokIdent && tokens[i].Type == tokKeyword && tokens[i].Value == "as" {
			out[t.Value] = true
		}
	}
	return out
}

// syntaxHint is the help for spellings that the grammar has not, but people are known to use.
func syntaxHint(tokens []lexer.Token, unexpected lexer.Token) string {
	at := slices.IndexFunc(tokens, func(t lexer.Token) bool { return t.Pos.Offset == unexpected.Pos.Offset })
	if at < 1 {
		if unexpected.Value == "#" {
			return commentHint
		}
		return ""
	}
	before, open := tokens[at-1], opening(tokens[:at])
	switch {
	case unexpected.Value == "#":
		return commentHint
	case is(unexpected, "=") && open > 0 && is(tokens[open], "(") && before.Type == tokIdent:
		return fmt.Sprintf("arguments have a colon: %s: …", before.Value)
	case is(unexpected, "=") && before.Type == tokKeyword:
		return fmt.Sprintf("without the =: %s …", before.Value)
	case is(unexpected, ",") && open > 0 && is(tokens[open], "(") && tokens[open-1].Type != tokIdent:
		return "several numbers are a list, in brackets: [3, 3]"
	case is(unexpected, "(") && before.Type == tokIdent && at > 1 && is(tokens[at-2], ":"):
		return fmt.Sprintf("shapes are in brackets: %s[…]", before.Value)
	case infixWords[unexpected.Value] && !is(unexpected, "|>") && piped(tokens[max(open, 0):at]):
		return "|> takes a layer, and what is computed of its result needs parentheses: (x |> lif) " + unexpected.Value + " …"
	}
	return ""
}

const commentHint = "comments begin with //"

// opening is the place of the last parenthesis that is not closed; -1 for none.
func opening(tokens []lexer.Token) int {
	depth := 0
	for i, t := range slices.Backward(tokens) {
		switch {
		case is(t, ")"), is(t, "]"):
			depth++
		case is(t, "("), is(t, "["):
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return -1
}

// piped reports whether a pipe stands among tokens.
func piped(tokens []lexer.Token) bool {
	return slices.ContainsFunc(tokens, func(t lexer.Token) bool { return is(t, "|>") })
}

// shownWeights is how many of a file's arrays a message lists.
const shownWeights = 6

// weightsHint lists the arrays of a file that lacks a layer's weights.
func weightsHint(all []string) string {
	all = slices.Sorted(slices.Values(all))
	if len(all) == 0 {
		return "there are no arrays in it"
	}
	example := ""
	for _, name := range all {
		if layer, _, ok := strings.Cut(name, ".weight"); ok && layer != "" {
			example = fmt.Sprintf("; a layer takes such a name by: as %q", layer)
			break
		}
	}
	more := ""
	if len(all) > shownWeights {
		more = fmt.Sprintf(", … (%d in all)", len(all))
	}
	return "there are " + strings.Join(all[:min(len(all), shownWeights)], ", ") + more + example
}
