package irtest

import (
	"strconv"

	"nomul/ir"
)

// Canonical is the text of a net but for names and order: its values are
// numbered as one meets them on the way back from the inputs and outputs,
// operands from left to right, and large constants stand there by digest. Nets
// that compute the same in the same way have the same text.
func Canonical(n *ir.Net) string {
	c := &canon{became: map[*ir.Value]*ir.Value{}, latches: map[*ir.Value]*ir.Value{}}
	for _, v := range n.All(ir.OpLatch) {
		c.latches[v.Args[0]] = v
	}
	for _, op := range []ir.Op{ir.OpInput, ir.OpOutput} {
		for _, v := range n.All(op) {
			c.visit(v)
		}
	}
	for len(c.open) > 0 {
		delay := c.open[0]
		c.open = c.open[1:]
		c.visit(c.latches[delay])
	}
	out := &ir.Net{Name: "net", Level: n.Level, Steps: n.Steps}
	for _, clock := range []ir.Clock{ir.Once, ir.Step, ir.End} {
		for _, v := range c.values {
			if v.Clock == clock {
				out.Values = append(out.Values, v)
			}
		}
	}
	return ir.Print(out, "")
}

type canon struct {
	became  map[*ir.Value]*ir.Value
	latches map[*ir.Value]*ir.Value
	values  []*ir.Value
	open    []*ir.Value
}

func (c *canon) visit(v *ir.Value) *ir.Value {
	if v == nil || c.became[v] != nil {
		return c.became[v]
	}
	w := *v
	w.Args = make([]*ir.Value, len(v.Args))
	for i, a := range v.Args {
		w.Args[i] = c.visit(a)
	}
	w.Name = strconv.Itoa(len(c.values))
	if k, ok := w.Attrs.(ir.ConstAttrs); ok {
		w.Attrs = ir.ConstAttrs{Data: k.Data} // where it came from does not matter
	}
	if v.Op == ir.OpOutput {
		w.Attrs = ir.OutputAttrs{} // nor who said how it is read
	}
	c.became[v] = &w
	c.values = append(c.values, &w)
	if v.Op == ir.OpDelay {
		c.open = append(c.open, v)
	}
	return &w
}
