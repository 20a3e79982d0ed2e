package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// mutant is one place of a file and the text that replaces it.
type mutant struct {
	pkg        *source
	file       string
	line       int
	start, end int // bytes of the file
	from, to   string

	fate fate
	by   string // the package whose tests noticed
	took time.Duration
}

// fate is the outcome of a mutant.
type fate int

const (
	untried fate = iota
	notBuilt
	caught
	hangs
	lives
)

func (f fate) String() string {
	return [...]string{"place", "not built", "caught", "hangs", "SURVIVED"}[f]
}

func (m *mutant) place() string {
	return fmt.Sprintf("%s:%d", filepath.Join(m.pkg.rel, filepath.Base(m.file)), m.line)
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "…"
	}
	return s
}

// swaps gives each operator the one that takes its place.
var swaps = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*",
	token.SHL: ">>", token.SHR: "<<", token.AND: "|", token.OR: "&",
}

// mutants lists those of a file.
func mutants(p *source, file string, text []byte) ([]*mutant, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []*mutant
	add := func(from, to token.Pos, with string) {
		at, start, end := set.Position(from), set.Position(from).Offset, set.Position(to).Offset
		out = append(out, &mutant{pkg: p, file: file, line: at.Line, start: start, end: end, from: string(text[start:end]), to: with})
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok != token.IMPORT && n.Tok != token.TYPE
		case *ast.BinaryExpr:
			if with := swaps[n.Op]; with != "" {
				add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), with)
			}
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				add(n.OpPos, n.OpPos+1, "")
			}
		case *ast.IncDecStmt:
			add(n.TokPos, n.TokPos+2, map[token.Token]string{token.INC: "--", token.DEC: "++"}[n.Tok])
		case *ast.BasicLit:
			if v, err := strconv.ParseInt(n.Value, 0, 62); err == nil && n.Kind == token.INT {
				add(n.Pos(), n.End(), strconv.FormatInt(v+1, 10))
			}
		case *ast.Ident:
			if with := map[string]string{"true": "false", "false": "true"}[n.Name]; with != "" {
				add(n.Pos(), n.End(), with)
			}
		case *ast.IfStmt:
			add(n.Cond.Pos(), n.Cond.End(), "!("+string(text[set.Position(n.Cond.Pos()).Offset:set.Position(n.Cond.End()).Offset])+")")
		case *ast.ExprStmt:
			add(n.Pos(), n.End(), "")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE && n.Tok != token.ASSIGN {
				add(n.Pos(), n.End(), "")
			}
		}
		return true
	})
	return out, nil
}
