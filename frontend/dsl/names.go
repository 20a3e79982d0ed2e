package dsl

import (
	"slices"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir/diag"
)

// resolver looks at every name of a text once, also in blocks that nothing uses:
// each must be declared, and only once in its scope.
type resolver struct {
	src   *source
	scope []map[string]bool
}

// resolve reports undeclared and repeated names of a file; known are those it imports.
func resolve(file *File, known []string) {
	r := &resolver{src: file.source}
	r.push(known...)
	for name := range builtins {
		r.scope[0][name] = true
	}
	for name := range words {
		r.scope[0][name] = true
	}
	r.push()
	for _, s := range file.Stmts { // these may be used above
		switch {
		case s.Block != nil && s.Block.Kind == "block":
			r.declare(s.Block.Pos, s.Block.Name)
		case s.Neuron != nil:
			r.declare(s.Neuron.Pos, s.Neuron.Name)
		case s.Skipped != nil:
			r.assume(s.Skipped.Name)
		}
	}
	for _, s := range file.Stmts {
		r.topLevel(s)
	}
}

func (r *resolver) topLevel(s *Stmt) {
	switch {
	case s.Neuron != nil:
		r.args(s.Neuron.Args)
	case s.Block != nil:
		r.block(s.Block)
	case s.Let != nil:
		r.stmt(s)
	case s.Import != nil, s.Skipped != nil:
	default:
		r.src.fail(s.Pos, diag.Syntax, "only import, let, neuron, block and model stand outside a model")
	}
}

func (r *resolver) push(names ...string) {
	r.scope = append(r.scope, map[string]bool{})
	for _, n := range names {
		r.scope[len(r.scope)-1][n] = true
	}
}

func (r *resolver) pop() { r.scope = r.scope[:len(r.scope)-1] }

func (r *resolver) declare(at lexer.Position, name string) {
	top := r.scope[len(r.scope)-1]
	if top[name] {
		r.src.fail(at, diag.BadName, "%s is declared twice", name).Help = "to let it stand for another value, leave out let: " + name + " = …"
	}
	top[name] = true
}

// assume takes a name as declared whose statement is wrong.
func (r *resolver) assume(name string) { r.scope[len(r.scope)-1][name] = true }

// use demands that a name is there; it returns the error where it is not.
func (r *resolver) use(at lexer.Position, name string) *diag.Diagnostic {
	var all []string
	for _, s := range slices.Backward(r.scope) {
		if s[name] {
			return nil
		}
		for n := range s {
			all = append(all, n)
		}
	}
	d := r.src.fail(at, diag.UnknownName, "there is no %s here", name)
	d.Help = r.nameHint(name, all)
	return d
}

func (r *resolver) block(b *Block) {
	r.push()
	for _, p := range b.Params {
		r.expr(p.Default)
		r.declare(p.Pos, p.Name)
	}
	r.stmts(b.Body)
	r.pop()
}

func (r *resolver) body(b *Body, names ...string) {
	if b == nil {
		return
	}
	r.push(names...)
	r.stmts(b)
	r.pop()
}

func (r *resolver) stmts(b *Body) {
	for _, s := range b.Stmts {
		if s.Neuron != nil {
			r.declare(s.Pos, s.Neuron.Name)
		}
		r.stmt(s)
	}
}

func (r *resolver) stmt(s *Stmt) {
	switch {
	case s.If != nil:
		r.expr(s.If.Cond)
		r.body(s.If.Then)
		for _, e := range s.If.Elif {
			r.expr(e.Cond)
			r.body(e.Then)
		}
		r.body(s.If.Else)
	case s.For != nil:
		r.expr(s.For.In)
		r.body(s.For.Body, s.For.Names...)
	case s.Repeat != nil:
		r.expr(s.Repeat.Count)
		r.body(s.Repeat.Body)
	case s.Skipped != nil:
		for _, b := range s.Skipped.Bodies {
			r.body(b)
		}
		r.assume(s.Skipped.Name)
	case s.Block != nil, s.Import != nil:
		r.src.fail(s.Pos, diag.Syntax, "blocks and imports stand outside other blocks")
	default:
		r.simple(s)
	}
}

// simple is a statement without a body.
func (r *resolver) simple(s *Stmt) {
	_, value := s.valued()
	r.expr(value)
	switch {
	case s.Let != nil:
		for _, n := range s.Let.Names {
			r.declare(s.Pos, n)
		}
	case s.Assign != nil:
		r.assign(s.Pos, s.Assign.Names)
	case s.Next != nil:
		r.use(s.Pos, s.Next.Name)
	case s.Neuron != nil:
		r.args(s.Neuron.Args)
	case s.Input != nil:
		r.exprs(s.Input.Type.Dims)
		for _, o := range s.Input.Options {
			r.operand(o.Value)
		}
		r.declare(s.Pos, s.Input.Name)
	case s.State != nil:
		r.exprs(s.State.Type.Dims)
		r.expr(s.State.Init)
		r.declare(s.Pos, s.State.Name)
	}
}

func (r *resolver) exprs(list []*Expr) {
	for _, e := range list {
		r.expr(e)
	}
}

func (r *resolver) args(list []*Arg) {
	for _, a := range list {
		r.expr(a.Value)
	}
}

func (r *resolver) expr(e *Expr) {
	if e == nil {
		return
	}
	r.operand(e.First)
	for _, i := range e.Rest {
		r.operand(i.Right)
	}
	for _, s := range e.Stages {
		r.operand(s.Call)
	}
}

func (r *resolver) operand(o *Operand) {
	switch p := o.Primary; {
	case p.Name != nil:
		r.use(p.Pos, *p.Name)
	case p.List != nil:
		r.exprs(p.List.Items)
	case p.Paren != nil:
		r.expr(p.Paren)
	}
	for _, s := range o.Suffixes {
		if s.Call != nil {
			r.args(s.Call.List)
		}
		r.expr(s.Index)
	}
}
