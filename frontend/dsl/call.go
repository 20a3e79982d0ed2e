package dsl

import (
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir"
	"nomul/ir/diag"
)

// callSite is a call as it stands in the text.
type callSite struct {
	node      Node
	args      []*Arg
	label     *Label
	piped     *value // the value on the left of |>
	pipedNode Node
}

// param is a parameter of a layer.
type param struct {
	name string
	kind kind   // isNothing: any
	def  *value // nil: must be given
	rest bool   // takes all further arguments, as a list
}

// arg is an argument that was given, or a default.
type arg struct {
	value
	node  Node
	given bool
}

// call is a call whose arguments are in place.
type call struct {
	e    *elab
	f    *frame
	site *callSite
	name string // of the callee, for messages
	args map[string]arg
	bad  bool // an argument was wrong, and told
}

// at is where messages about the call as a whole point.
func (c *call) at() lexer.Position { return c.site.node.Pos }

// bindArgs puts the arguments of a call into the places of the parameters.
func (e *elab) bindArgs(f *frame, what string, params []param, s *callSite) *call {
	c := &call{e: e, f: f, site: s, name: what, args: map[string]arg{}}
	var given []arg
	if s.piped != nil {
		given = append(given, arg{*s.piped, s.pipedNode, true})
	}
	for _, a := range s.args {
		x := arg{e.expr(f, a.Value), a.Value.Node, true}
		if a.Name == "" {
			given = append(given, x)
			continue
		}
		c.byName(params, a, x)
	}
	c.byPlace(params, given)
	c.defaults(params)
	return c
}

func (c *call) byName(params []param, a *Arg, x arg) {
	if _, twice := c.args[a.Name]; twice {
		c.fail(a.Node, diag.BadCall, "%s is given twice", a.Name)
		return
	}
	var names []string
	for _, p := range params {
		if p.name == a.Name {
			c.take(p, x)
			return
		}
		names = append(names, p.name)
	}
	d := c.fail(a.Node, diag.UnknownName, "%s has no parameter %s; it takes %s", c.name, a.Name, strings.Join(names, ", "))
	if near := diag.Nearest(a.Name, names); near != "" {
		d.Help = "did you mean " + near + "?"
	}
}

func (c *call) byPlace(params []param, given []arg) {
	for _, p := range params {
		if _, named := c.args[p.name]; named {
			continue
		}
		if p.rest {
			items := make([]value, len(given))
			for i, x := range given {
				items[i] = x.value
				c.bad = c.bad || x.kind == isBad
			}
			c.args[p.name] = arg{listOf(items...), c.site.node, true}
			return
		}
		if len(given) == 0 {
			return
		}
		c.take(p, given[0])
		given = given[1:]
	}
	if len(given) > 0 {
		c.fail(given[0].node, diag.BadCall, "%s takes %d arguments, this is one too many", c.name, len(params))
	}
}

func (c *call) take(p param, x arg) {
	if x.kind == isBad {
		c.bad = true
	} else if p.kind != isNothing && x.kind != p.kind {
		c.bad = true
		c.e.want(c.f, x.node, x.value, p.kind)
	}
	c.args[p.name] = x
}

func (c *call) defaults(params []param) {
	for _, p := range params {
		if _, ok := c.args[p.name]; ok {
			continue
		}
		if p.def == nil {
			c.fail(c.site.node, diag.BadCall, "%s needs %s", c.name, p.name)
			continue
		}
		c.args[p.name] = arg{value: *p.def, node: c.site.node}
	}
}

// fail tells of an error in the call, which then has no result.
func (c *call) fail(n Node, code diag.Code, format string, args ...any) *diag.Diagnostic {
	c.bad = true
	return c.f.noted(c.f.src.fail(n.Pos, code, format, args...))
}

// sig is an argument that must be a signal.
func (c *call) sig(name string) *ir.Value { return c.args[name].sig }

// whole is an argument that must be a whole number of at least some.
func (c *call) whole(name string, least int) int {
	a := c.args[name]
	n, ok := a.value.whole()
	if !ok || n < least {
		c.bad = true
		c.e.notWhole(c.f, a.node, a.value, least)
		return max(least, 1)
	}
	return n
}

// wholes is an argument that is a whole number or a list of them; one number
// stands for n equal ones.
func (c *call) wholes(name string, n, least int) []int {
	a := c.args[name]
	items := a.list
	if a.kind != isList {
		items = slices.Repeat([]value{a.value}, max(n, 0))
	}
	out := make([]int, len(items))
	for i, x := range items {
		k, ok := x.whole()
		if !ok || k < least {
			c.bad = true
			c.e.notWhole(c.f, a.node, x, least)
			return slices.Repeat([]int{max(1, least)}, max(n, 0))
		}
		out[i] = k
	}
	if n >= 0 && len(out) != n {
		c.fail(a.node, diag.BadAttribute, "%s has %d numbers, wanted %d", name, len(out), n)
		return slices.Repeat([]int{max(1, least)}, n)
	}
	return out
}

// axis is an argument that names an axis, by word or number, from the end when negative.
func (c *call) axis(name string, rank int) int {
	a := c.args[name]
	if a.kind == isWord {
		if i, ok := axisNamed(a.text, rank); ok {
			return i
		}
	}
	i, ok := a.value.whole()
	if !ok || i < -rank || i >= rank {
		if a.kind != isBad {
			c.fail(a.node, diag.BadAttribute, "%v is no axis of a value with %d; wanted channels, height, width or 0 to %d", a.value, rank, rank-1)
		}
		c.bad = true
		return 0
	}
	return (i + rank) % rank
}

// label is the path name of the layer that the call makes.
func (c *call) label(kind string) string {
	if name, ok := c.e.labelled(c.f, c.site.label); ok {
		return name
	}
	return c.e.autoName(c.f, kind)
}

// labelled is the path name that a label gives: behind the path of the block,
// with {expression}s filled in.
func (e *elab) labelled(f *frame, l *Label) (string, bool) {
	if l == nil {
		return "", false
	}
	if l.Ident != nil {
		return join(f.path, *l.Ident), true
	}
	text, ok := unquote(f.src, l.Pos, *l.Text)
	if !ok {
		return "", false
	}
	return join(f.path, e.filled(f, l.Pos, text)), true
}

// filled puts values for the {expression}s of a text.
func (e *elab) filled(f *frame, at lexer.Position, text string) string {
	before, rest, ok := strings.Cut(text, "{")
	if !ok {
		return text
	}
	inner, after, ok := strings.Cut(rest, "}")
	if !ok {
		f.src.fail(at, diag.Syntax, `"{" in %q is not closed`, text)
		return text
	}
	x := parseExpr(f.src.name, at, inner)
	if x == nil {
		f.src.fail(at, diag.Syntax, "%q is not an expression", inner)
		return text
	}
	v := e.expr(f, x)
	shown := v.text
	if v.kind != isText {
		shown = v.String()
	}
	return before + shown + e.filled(f, at, after)
}

// add appends the op that the call makes.
func (c *call) add(op ir.Op, name string, attrs ir.Attrs, args ...*ir.Value) value {
	if c.bad {
		return bad
	}
	return signal(c.e.add(c.f, c.at(), op, name, attrs, args...))
}

// block is a block of a text.
type block struct {
	def   *Block
	src   *source
	scope *scope
}

func (b *block) what() string { return "block " + b.def.Name }

// call copies the block in with its arguments bound, and returns the value of its
// last statement.
func (b *block) call(e *elab, f *frame, s *callSite) value {
	params := make([]param, len(b.def.Params))
	inside := &frame{src: b.src, scope: newScope(b.scope), counts: map[string]int{}, from: f, at: s.node.Pos, depth: f.depth + 1}
	for i, p := range b.def.Params {
		params[i] = param{name: p.Name, kind: isNothing}
		if p.Default != nil {
			params[i].def = &value{kind: isNothing} // worked out below, inside
		}
	}
	c := e.bindArgs(f, b.def.Name, params, s)
	if inside.depth > maxDepth {
		c.fail(s.node, diag.TooLarge, "blocks use each other more than %d deep", maxDepth)
	}
	name, ok := e.labelled(f, s.label)
	if !ok {
		name = e.autoName(f, b.def.Name)
	}
	if inside.path = name; c.bad {
		return bad
	}
	for _, p := range b.def.Params {
		v := c.args[p.Name]
		if !v.given {
			v.value = e.expr(inside, p.Default)
		}
		inside.scope.names[p.Name] = v.value
	}
	result := e.stmts(inside, b.def.Body)
	if result.kind == isNothing {
		b.src.fail(closing(b.def.Body), diag.BadCall, "block %s has no result; wanted an expression at its end", b.def.Name)
		return bad
	}
	return result
}
