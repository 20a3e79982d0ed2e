package raise

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// leftovers refuses ops that only the source level has.
func leftovers(n *ir.Net) error {
	var errs diag.List
	for _, v := range n.Values {
		if _, to := v.Op.Levels(); to < ir.Spiking {
			errs = append(errs, rewrite.Refuse(v, diag.UnsupportedOp, "%s", leftover(v)))
		}
	}
	return errs.Err()
}

// leftover is the reason why an op has no place among neurons.
func leftover(v *ir.Value) string {
	switch {
	case v.Op != ir.OpCast:
		return "is computed from numbers that the time steps make, and no engine computes it"
	case v.Type.IsSpike():
		return "makes a spike of every number but 0, and only a comparison with a threshold gives spikes"
	}
	return "cuts computed real numbers off to whole ones, and engines compute in units of the weights, not of 1"
}

// inReadingOrder is the net with its values in the order in which one follows it back from the
// outputs: operands from left to right, then their readers. So nets that compute the same in the
// same way print the same.
func inReadingOrder(n *ir.Net) *ir.Net {
	o := &order{latches: map[*ir.Value]*ir.Value{}, seen: map[*ir.Value]bool{}}
	for _, v := range n.All(ir.OpLatch) {
		o.latches[v.Args[0]] = v
	}
	for _, op := range []ir.Op{ir.OpInput, ir.OpOutput} {
		for _, v := range n.All(op) {
			o.visit(v)
		}
	}
	for len(o.open) > 0 {
		delay := o.open[0]
		o.open = o.open[1:]
		o.visit(o.latches[delay])
	}
	return ByClock(n, o.values)
}

// ByClock returns a net like n of the values, those computed once first, then those of
// each step, then those behind the steps.
func ByClock(n *ir.Net, values []*ir.Value) *ir.Net {
	out := n.Head()
	for _, clock := range []ir.Clock{ir.Once, ir.Step, ir.End} {
		for _, v := range values {
			if v.Clock == clock {
				out.Values = append(out.Values, v)
			}
		}
	}
	return out
}

type order struct {
	latches map[*ir.Value]*ir.Value
	seen    map[*ir.Value]bool
	values  []*ir.Value
	open    []*ir.Value // delays whose latches are still to come
}

func (o *order) visit(v *ir.Value) {
	if v == nil || o.seen[v] {
		return
	}
	o.seen[v] = true
	for _, a := range v.Args {
		o.visit(a)
	}
	o.values = append(o.values, v)
	if v.Op == ir.OpDelay {
		o.open = append(o.open, v)
	}
}
