package irtest

import (
	"strconv"

	"nomul/ir"
)

// Canonical is the text of a net but for names and order: its values are
// numbered as one meets them on the way back from the inputs and outputs,
// operands from left to right, and large constants stand there by digest, equal ones once. Nets
// that compute the same in the same way have the same text.
func Canonical(n *ir.Net) string {
	became, out := map[*ir.Value]*ir.Value{}, &ir.Net{Name: "net", Level: n.Level, Steps: n.Steps}
	consts := map[string]*ir.Value{}
	for _, v := range ir.ReadingOrder(n) {
		w := *v
		if c := v.Const(); c != nil {
			key := c.Type.String() + c.Digest()
			if became[v] = consts[key]; became[v] != nil {
				continue
			}
			consts[key] = &w
		}
		w.Name, w.Args = strconv.Itoa(len(out.Values)), make([]*ir.Value, len(v.Args))
		for slot, a := range v.Args {
			w.Args[slot] = became[a]
		}
		if k, ok := w.Attrs.(ir.ConstAttrs); ok {
			w.Attrs = ir.ConstAttrs{Data: k.Data} // where it came from does not matter
		}
		if v.Op == ir.OpOutput {
			w.Attrs = ir.OutputAttrs{} // nor who said how it is read
		}
		became[v] = &w
		out.Values = append(out.Values, &w)
	}
	out.Values = ir.ByClock(out.Values)
	return ir.Print(out, "")
}
