package dsl

import (
	"errors"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir"
	"nomul/ir/diag"
)

// The bounds of the work and the values of one text at compile time.
const (
	maxWork   = 1 << 18 // statements carried out, loops unrolled
	maxListed = 1 << 22 // elements of all lists that are made, with those of lists in them
	maxValues = 1 << 17 // of the net: layers and constants
	maxDepth  = 64      // blocks in blocks
)

// elab carries out a model: loops are unrolled, blocks copied in, and every
// layer becomes values of the net.
type elab struct {
	name    string
	b       *ir.Builder // nil until the steps are known
	steps   int
	weights []weightSource
	numbers int             // trained numbers still allowed
	taken   map[string]bool // names of trained numbers that a layer has
	// untrained are the weights that are random.
	untrained []string
	load      func(string) (map[string]*ir.Tensor, error)
	pixels    *Pixels
	work      int
	listed    int
	tired     bool // a bound was told, behind which nothing is carried out
	outputs   int
	states    map[*ir.Value]*state
	born      map[*ir.Value]birth // where signals come from, for notes
}

type birth struct {
	src *source
	pos lexer.Position
}

// state is a declared state and whether its next value was given.
type state struct {
	decl *State
	src  *source
	fed  bool
}

func newElab(o *Options, name string) *elab {
	e := &elab{name: name, numbers: ir.MaxSize, taken: map[string]bool{}, states: map[*ir.Value]*state{}, born: map[*ir.Value]birth{}}
	if o != nil {
		e.load = o.Arrays
		if o.MaxNumbers > 0 {
			e.numbers = o.MaxNumbers
		}
	}
	return e
}

// model carries out the model with its parameters' defaults or the values of Options.Set.
func (e *elab) model(def *Block, src *source, outer *scope, o *Options) *Model {
	f := &frame{src: src, scope: newScope(outer), counts: map[string]int{}}
	e.parameters(f, def, o)
	e.stmts(f, def.Body)
	for _, s := range e.states {
		if !s.fed {
			s.src.fail(s.decl.Pos, diag.BadNet, "state %s has no next value; wanted next %s = …", s.decl.Name, s.decl.Name)
		}
	}
	switch {
	case src.errs.Err() != nil:
		return nil
	case e.b == nil:
		src.fail(def.Pos, diag.BadNet, "model %s does not say its time steps; wanted steps N", def.Name)
		return nil
	case e.outputs == 0:
		src.fail(def.Pos, diag.BadNet, "model %s has no output; wanted output NAME = …", def.Name)
		return nil
	}
	net := ir.Prune(e.b.Net())
	if err := ir.Verify(net); err != nil {
		src.fail(def.Pos, diag.BadNet, "%v", err)
		return nil
	}
	e.warnUntrained(f, def.Pos)
	return &Model{Net: net, Pixels: e.pixels}
}

func (e *elab) parameters(f *frame, def *Block, o *Options) {
	set := map[string]string{}
	if o != nil {
		set = o.Set
	}
	known := map[string]bool{}
	var names []string
	for _, p := range def.Params {
		known[p.Name] = true
		names = append(names, p.Name)
		expr := p.Default
		if text, ok := set[p.Name]; ok {
			if isString(p.Default) && !strings.HasPrefix(text, `"`) && !strings.HasPrefix(text, "random(") {
				f.scope.names[p.Name] = textValue(text) // quotes are a nuisance on a command line
				continue
			}
			expr = parseExpr(f.src.name, p.Pos, text)
			if expr == nil {
				f.src.fail(p.Pos, diag.Syntax, "parameter %s is set to %q, which is not an expression", p.Name, text)
				continue
			}
		}
		if expr == nil {
			f.src.fail(p.Pos, diag.BadCall, "parameter %s of the model has no default, and no value is set", p.Name)
			f.scope.names[p.Name] = bad
			continue
		}
		f.scope.names[p.Name] = e.expr(f, expr)
	}
	for name := range set {
		if !known[name] {
			d := f.src.fail(def.Pos, diag.UnknownName, "model %s has no parameter %s", def.Name, name)
			if near := diag.Nearest(name, names); near != "" {
				d.Help = "did you mean " + near + "?"
			}
		}
	}
}

// parseExpr reads an expression that stands outside the text, such as a
// parameter that is set, or inside a string.
// It is nil when it cannot be read; its nodes are all at one place.
func parseExpr(name string, at lexer.Position, text string) *Expr {
	inner := newSource(name, text)
	l := newLayout(inner, tokenise(name, text))
	tokens := l.code
	for i := range tokens {
		tokens[i].Pos = at
	}
	if n := len(tokens); n > 1 && tokens[n-2].Type == tokEOL {
		tokens = append(tokens[:n-2:n-2], tokens[n-1])
	}
	expr, err := parseAll(exprGrammar, tokens)
	if err != nil || len(inner.errs) > 0 || l.tooDeep {
		return nil
	}
	return expr
}

// isString reports whether an expression is just a string.
func isString(e *Expr) bool {
	return e != nil && len(e.Rest)+len(e.Stages)+len(e.First.Suffixes) == 0 && e.First.Primary.Text != nil
}

func unquote(src *source, at lexer.Position, quoted string) (string, bool) {
	text, err := strconv.Unquote(quoted)
	if err != nil {
		src.fail(at, diag.Syntax, "%s is not a string that can be read", quoted)
	}
	return text, err == nil
}

// add appends a value to the net, at a place of the text. The builder's errors are
// told there.
func (e *elab) add(f *frame, at lexer.Position, op ir.Op, name string, attrs ir.Attrs, args ...*ir.Value) *ir.Value {
	return e.put(f, at, func() (*ir.Value, error) { return e.b.Add(op, e.b.Unique(ir.CleanName(name)), attrs, args...) })
}

func (e *elab) put(f *frame, at lexer.Position, make func() (*ir.Value, error)) *ir.Value {
	if e.b == nil {
		f.src.fail(at, diag.BadNet, "the time steps must be said before this; wanted steps N at the beginning of the model")
		return nil
	}
	if len(e.born) >= maxValues {
		e.tire(f, at, "this model has more than %d layers and constants", maxValues)
		return nil
	}
	e.b.At(f.src.at(at))
	v, err := make()
	if err != nil {
		var d *diag.Diagnostic
		if errors.As(err, &d) {
			f.noted(f.src.fail(at, d.Code, "%s", d.Message))
		} else {
			f.src.fail(at, diag.BadNet, "%v", err)
		}
		return nil
	}
	e.born[v] = birth{f.src, at}
	return v
}

// tire reports a bound that was reached; nothing is carried out from there on.
func (e *elab) tire(f *frame, at lexer.Position, format string, bound int) {
	if !e.tired {
		f.src.fail(at, diag.TooLarge, format, bound)
	}
	e.tired, e.work = true, maxWork+1
}

// list makes a list, within the bounds.
func (e *elab) list(f *frame, at lexer.Position, items []value) value {
	v := listOf(items...)
	if e.listed += v.size; e.listed > maxListed {
		e.tire(f, at, "the lists of this model have more than %d elements", maxListed)
		return bad
	}
	return v
}

// constant appends a constant.
func (e *elab) constant(f *frame, at lexer.Position, name string, data *ir.Tensor) *ir.Value {
	return e.put(f, at, func() (*ir.Value, error) { return e.b.Const(e.b.Unique(ir.CleanName(name)), data) })
}

// scalar appends a constant of one real number.
func (e *elab) scalar(f *frame, at lexer.Position, name string, x float64) *ir.Value {
	return e.constant(f, at, name, ir.Reals(ir.Shape{}, []float64{x}))
}

// noted adds to a diagnostic which uses of blocks it stands in.
func (f *frame) noted(d *diag.Diagnostic) *diag.Diagnostic {
	for g := f; g.from != nil && len(d.Notes) < 6; g = g.from {
		d.Notes = append(d.Notes, "in the block used at "+g.from.src.at(g.at).String())
	}
	return d
}

// from is a note with the type of a signal and the place that made it.
func (e *elab) from(what string, v *ir.Value) string {
	note := what + " is " + v.Type.String()
	if b, ok := e.born[v]; ok {
		note += ", from " + b.src.at(b.pos).String()
	}
	return note
}
