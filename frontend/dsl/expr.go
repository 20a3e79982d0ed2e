package dsl

import (
	"math"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir"
	"nomul/ir/diag"
)

// expr evaluates an expression.
func (e *elab) expr(f *frame, x *Expr) value {
	v := e.infix(f, x.First, x.Rest)
	left := Node{Pos: x.Pos, Tokens: x.Tokens}
	for _, s := range x.Stages {
		v = e.stage(f, v, left, s.Call)
	}
	return v
}

// precedence of the operators; those of the same bind from the left.
var precedence = map[string]int{
	"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}

// infix carries out the operator that binds least, the last of several.
func (e *elab) infix(f *frame, first *Operand, rest []*Infix) value {
	if len(rest) == 0 {
		return e.operand(f, first)
	}
	at := 0
	for i, r := range rest {
		if precedence[r.Op] <= precedence[rest[at].Op] {
			at = i
		}
	}
	left := e.infix(f, first, rest[:at])
	op := rest[at]
	if left.kind == isTruth && (op.Op == "&&" && !left.truth || op.Op == "||" && left.truth) {
		return left
	}
	right := e.infix(f, op.Right, rest[at+1:])
	return e.binary(f, &infixSite{op: op.Op, left: spanned(first, rest[:at]), right: spanned(op.Right, rest[at+1:]), at: op.Pos}, left, right)
}

// infixSite is where two values are combined.
type infixSite struct {
	op          string
	left, right Node
	at          lexer.Position
}

// spanned is the node of an operand and the infixes behind it.
func spanned(first *Operand, rest []*Infix) Node {
	n := Node{Pos: first.Pos, Tokens: first.Tokens}
	for _, r := range rest {
		n.Tokens = append(n.Tokens[:len(n.Tokens):len(n.Tokens)], r.Tokens...)
	}
	return n
}

func (e *elab) binary(f *frame, s *infixSite, a, b value) value {
	switch {
	case a.kind == isBad || b.kind == isBad:
		return bad
	case a.kind == isSignal || b.kind == isSignal:
		return e.combine(f, s, a, b)
	case s.op == "==" || s.op == "!=":
		return truth(a.equal(b) == (s.op == "=="))
	case a.kind == isTruth && b.kind == isTruth && (s.op == "&&" || s.op == "||"):
		return b // the left one did not decide
	case a.kind == isNumber && b.kind == isNumber:
		return e.arithmetic(f, s, a.num, b.num)
	case a.kind == isList && b.kind == isList && s.op == "+":
		return e.list(f, s.at, append(a.list[:len(a.list):len(a.list)], b.list...))
	}
	f.src.fail(s.at, diag.BadCall, "cannot say %s %s %s of %v and %v", shownNode(s.left), s.op, shownNode(s.right), a, b)
	return bad
}

func (e *elab) arithmetic(f *frame, s *infixSite, a, b float64) value {
	if b == 0 && (s.op == "/" || s.op == "%") {
		f.src.fail(s.at, diag.BadAttribute, "%s is divided by 0", shownNode(s.left))
		return bad
	}
	switch s.op {
	case "+":
		return number(a + b)
	case "-":
		return number(a - b)
	case "*":
		return number(float64(a * b))
	case "/":
		return number(a / b)
	case "%":
		return number(math.Mod(a, b))
	case "<":
		return truth(a < b)
	case "<=":
		return truth(a <= b)
	case ">":
		return truth(a > b)
	case ">=":
		return truth(a >= b)
	}
	f.src.fail(s.at, diag.BadCall, "cannot say %s of numbers; wanted true or false on both sides", s.op)
	return bad
}

// stage calls the function behind |> on a value.
func (e *elab) stage(f *frame, x value, left Node, o *Operand) value {
	fn := e.primary(f, o.Primary)
	site := &callSite{node: o.Node, label: o.As, piped: &x, pipedNode: left}
	suffixes := o.Suffixes
	if len(suffixes) > 0 && suffixes[0].Call != nil {
		site.args = suffixes[0].Call.List
		suffixes = suffixes[1:]
	}
	if fn.kind != isFunction {
		e.want(f, o.Primary.Node, fn, isFunction)
		return bad
	}
	if o.Sign != "" {
		f.src.fail(o.Pos, diag.Syntax, "a stage has no sign; wanted a layer, a neuron or a block")
		return bad
	}
	return e.suffixes(f, fn.fn.call(e, f, site), o, suffixes)
}

func (e *elab) operand(f *frame, o *Operand) value {
	v := e.primary(f, o.Primary)
	suffixes := o.Suffixes
	if len(suffixes) > 0 && suffixes[0].Call != nil {
		if v.kind != isFunction {
			e.want(f, o.Primary.Node, v, isFunction)
			return bad
		}
		v = v.fn.call(e, f, &callSite{node: o.Node, label: o.As, args: suffixes[0].Call.List})
		suffixes = suffixes[1:]
	} else if o.As != nil {
		f.src.fail(o.As.Pos, diag.BadCall, "only a layer, a neuron or a block takes a name; %s is none", shownNode(o.Primary.Node))
	}
	return e.signed(f, o, e.suffixes(f, v, o, suffixes))
}

func (e *elab) signed(f *frame, o *Operand, v value) value {
	switch {
	case o.Sign == "" || v.kind == isBad:
		return v
	case o.Sign == "-" && v.kind == isNumber:
		return number(-v.num)
	case o.Sign == "!" && v.kind == isTruth:
		return truth(!v.truth)
	case v.kind != isSignal:
		f.src.fail(o.Pos, diag.BadCall, "cannot say %s of %v", o.Sign, v)
		return bad
	case o.Sign == "-":
		return signal(e.add(f, o.Pos, ir.OpNeg, e.autoName(f, "neg"), nil, v.sig))
	}
	return e.not(f, o.Pos, v.sig)
}

// not is 1 where spikes are 0.
func (e *elab) not(f *frame, at lexer.Position, v *ir.Value) value {
	ones := ir.NewTensor(ir.SpikeType(ir.Shape{}))
	ones.I[0] = 1
	name := e.autoName(f, "not")
	one := e.constant(f, at, name+".one", ones)
	if one == nil {
		return bad
	}
	return signal(e.add(f, at, ir.OpAndNot, name, nil, one, v))
}

func (e *elab) primary(f *frame, p *Primary) value {
	switch {
	case p.Number != nil:
		x, err := strconv.ParseFloat(*p.Number, 64)
		if err != nil {
			f.src.fail(p.Pos, diag.BadAttribute, "%s is no number that can be used", *p.Number)
			return bad
		}
		return number(x)
	case p.Text != nil:
		text, ok := unquote(f.src, p.Pos, *p.Text)
		if !ok {
			return bad
		}
		return textValue(text)
	case p.Bool != nil:
		return truth(*p.Bool == "true")
	case p.Compare != nil:
		return wordValue(*p.Compare)
	case p.Name != nil:
		v, ok := f.scope.find(*p.Name)
		if !ok { // told by the resolver already, unless it stands in a string
			f.src.fail(p.Pos, diag.UnknownName, "there is no %s here", *p.Name)
		}
		return v
	case p.List != nil:
		items := make([]value, len(p.List.Items))
		for i, x := range p.List.Items {
			if items[i] = e.expr(f, x); items[i].kind == isBad {
				return bad
			}
		}
		return e.list(f, p.Pos, items)
	}
	return e.expr(f, p.Paren)
}

func (e *elab) suffixes(f *frame, v value, o *Operand, list []*Suffix) value {
	for _, s := range list {
		switch {
		case v.kind == isBad:
			return bad
		case s.Member != nil:
			v = e.member(f, v, s, *s.Member)
		case s.Index != nil:
			v = e.index(f, v, s)
		default:
			f.src.fail(s.Pos, diag.BadCall, "%v cannot be called", v)
			return bad
		}
	}
	return v
}

// members are the sizes that a signal has by name.
var members = []string{"channels", "height", "width", "size", "rank", "shape"}

func (e *elab) member(f *frame, v value, s *Suffix, name string) value {
	if v.kind == isList && name == "size" {
		return count(len(v.list))
	}
	if v.kind != isSignal {
		e.want(f, s.Node, v, isSignal)
		return bad
	}
	shape := v.sig.Type.Shape
	rank := shape.Rank()
	switch {
	case name == "size":
		return count(shape.Size())
	case name == "rank":
		return count(rank)
	case name == "shape":
		dims := make([]value, rank)
		for i, d := range shape.Dims() {
			dims[i] = count(d)
		}
		return listOf(dims...)
	}
	if axis, ok := axisNamed(name, rank); ok {
		return count(shape.Dim(axis))
	}
	d := f.src.fail(s.Pos, diag.UnknownName, "%v has no %s; wanted %s", v, name, strings.Join(members, ", "))
	if near := diag.Nearest(name, append([]string{}, members...)); near != "" {
		d.Help = "did you mean " + near + "?"
	}
	return bad
}

// axisNamed is the axis that a word means in [channels, …, height, width].
func axisNamed(word string, rank int) (int, bool) {
	axis := map[string]int{"channels": 0, "height": rank - 2, "width": rank - 1}
	a, ok := axis[word]
	return a, ok && a >= 0 && a < rank && (a > 0 || word == "channels")
}

func (e *elab) index(f *frame, v value, s *Suffix) value {
	if v.kind != isList {
		e.want(f, s.Node, v, isList)
		return bad
	}
	i := e.expr(f, s.Index)
	n, ok := i.whole()
	if !ok || n < -len(v.list) || n >= len(v.list) {
		if i.kind != isBad {
			f.noted(f.src.fail(s.Pos, diag.BadAttribute, "there is no element %v in a list of %d", i, len(v.list)))
		}
		return bad
	}
	return v.list[(n+len(v.list))%max(1, len(v.list))]
}
