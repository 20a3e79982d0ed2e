package dsl

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/diag"
)

// operators on signals, and the ops they are.
var operators = map[string]struct {
	op   ir.Op
	verb string
	is   ir.Compare // of comparisons
}{
	"+": {ir.OpAdd, "add", 0}, "-": {ir.OpSub, "subtract", 0}, "*": {ir.OpMul, "multiply", 0}, "/": {ir.OpDiv, "divide", 0},
	"&&": {ir.OpAnd, "take the and of", 0}, "||": {ir.OpOr, "take the or of", 0},
	"==": {ir.OpCompare, "compare", ir.EQ}, ">=": {ir.OpCompare, "compare", ir.GE}, ">": {ir.OpCompare, "compare", ir.GT},
	"<=": {ir.OpCompare, "compare", ir.LE}, "<": {ir.OpCompare, "compare", ir.LT}, "!=": {ir.OpCompare, "compare", ir.NE},
}

// combine makes the value of two operands of which at least one is a signal.
func (e *elab) combine(f *frame, s *infixSite, a, b value) value {
	o, ok := operators[s.op]
	if !ok {
		f.src.fail(s.at, diag.BadCall, "cannot say %s of values of the net", s.op)
		return bad
	}
	if s.op == "&&" {
		if v, ok := e.andNot(f, s, a, b); ok {
			return v
		}
	}
	name := e.autoName(f, o.op.String())
	x, y := e.asSignal(f, s.left, name, a, b), e.asSignal(f, s.right, name, b, a)
	if x == nil || y == nil {
		return bad
	}
	if !e.fit(f, s, o.verb, x, y) {
		return bad
	}
	var attrs ir.Attrs
	if o.op == ir.OpCompare {
		attrs = ir.CompareAttrs{Is: o.is}
	}
	return signal(e.add(f, s.at, o.op, name, attrs, x, y))
}

// andNot makes a && !b one op.
func (e *elab) andNot(f *frame, s *infixSite, a, b value) (value, bool) {
	if a.kind != isSignal || b.kind != isSignal || b.sig.Op != ir.OpAndNot || s.right.Tokens[0].Value != "!" {
		return bad, false
	}
	x := b.sig.Args[1]
	if !e.fit(f, s, operators["&&"].verb, a.sig, x) {
		return bad, true
	}
	return signal(e.add(f, s.at, ir.OpAndNot, e.autoName(f, "and-not"), nil, a.sig, x)), true
}

// asSignal is an operand as a value of the net; a number becomes a constant,
// whole beside integers, else real.
func (e *elab) asSignal(f *frame, n Node, name string, v, other value) *ir.Value {
	if v.kind == isSignal {
		return v.sig
	}
	if v.kind != isNumber {
		e.want(f, n, v, isSignal)
		return nil
	}
	if k, whole := v.whole(); whole && !other.sig.Type.IsReal() {
		return e.constant(f, n.Pos, name+".by", ir.Ints(ir.Shape{}, []int64{int64(k)}))
	}
	return e.scalar(f, n.Pos, name+".by", float32s(v.num))
}

// fit demands that two signals broadcast; the message notes the type and the origin of each.
func (e *elab) fit(f *frame, s *infixSite, verb string, x, y *ir.Value) bool {
	if _, ok := ir.Broadcast(x.Type.Shape, y.Type.Shape); ok {
		return true
	}
	d := f.src.fail(s.at, diag.ShapeMismatch, "cannot %s %v and %v", verb, x.Type, y.Type)
	d.Notes = append(d.Notes, e.from(shownNode(s.left), x), e.from(shownNode(s.right), y))
	f.noted(d)
	return false
}

// autoName is the name of a layer without one: its kind and a number, counted in
// each use of a block.
func (e *elab) autoName(f *frame, kind string) string {
	f.counts[kind]++
	return join(f.path, fmt.Sprintf("%s%d", kind, f.counts[kind]))
}
