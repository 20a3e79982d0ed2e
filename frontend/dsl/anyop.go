package dsl

import (
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// anyOp is the function op: any operation of the intermediate representation by
// its name, so that the language can say whatever the representation can.
type anyOp struct{}

func (anyOp) what() string { return "layer op" }

func (o anyOp) call(e *elab, f *frame, s *callSite) value {
	c := &call{e: e, f: f, site: s, name: "op", args: map[string]arg{}}
	var given []value
	if s.piped != nil {
		given = append(given, *s.piped)
	}
	name, op := "", ir.OpInvalid
	var named []*Arg
	for i, a := range s.args {
		switch {
		case i == 0 && a.Name == "":
			name = e.expr(f, a.Value).text
			op, _ = ir.OpNamed(name)
		case a.Name == "":
			given = append(given, e.expr(f, a.Value))
		default:
			named = append(named, a)
		}
	}
	if from, to := op.Levels(); op == ir.OpInvalid || op == ir.OpConst || op == ir.OpInput || op == ir.OpOutput || from > ir.Spiking || to < ir.Spiking {
		c.fail(s.node, diag.UnknownName, "there is no operation %q of the spiking level", name)
		return bad
	}
	args := c.operands(op, given)
	text := c.fields(op, named, &args)
	if c.bad {
		return bad
	}
	attrs, err := ir.ReadAttrs(op, text)
	if err != nil {
		c.fail(s.node, diag.BadAttribute, "%s: %v", name, err)
		return bad
	}
	return c.add(op, c.label(strings.ReplaceAll(name, "-", "_")), attrs, args...)
}

func (c *call) operands(op ir.Op, given []value) []*ir.Value {
	slots := op.Operands()
	variadic := len(slots) == 1 && slots[0].Variadic
	var args []*ir.Value
	if !variadic {
		args = make([]*ir.Value, len(slots))
	}
	for i, v := range given {
		switch {
		case v.kind != isSignal:
			c.bad = true
			c.e.want(c.f, c.site.node, v, isSignal)
		case variadic:
			args = append(args, v.sig)
		case i >= len(args):
			c.fail(c.site.node, diag.BadCall, "%v takes %d operands, this is one too many", op, len(slots))
		default:
			args[i] = v.sig
		}
	}
	return args
}

// fields puts named operands into their slots and writes the others as attributes.
func (c *call) fields(op ir.Op, named []*Arg, args *[]*ir.Value) string {
	var text []string
	for _, a := range named {
		v := c.e.expr(c.f, a.Value)
		if v.kind == isBad {
			c.bad = true
		}
		if v.kind != isSignal {
			text = append(text, strings.ReplaceAll(a.Name, "_", "-")+"="+attrValue(v))
			continue
		}
		found := false
		for i, slot := range op.Operands() {
			if slot.Name == a.Name && i < len(*args) {
				(*args)[i], found = v.sig, true
			}
		}
		if !found {
			c.fail(a.Node, diag.UnknownName, "%v has no operand %s", op, a.Name)
		}
	}
	return strings.Join(text, " ")
}

// attrValue is a value as the text form of the representation has it.
func attrValue(v value) string {
	if v.kind == isText {
		return v.text
	}
	return strings.ReplaceAll(v.String(), " ", "")
}
