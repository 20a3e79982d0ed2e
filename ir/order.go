package ir

// ByClock returns values in a stable order: those computed once, then those of each step,
// then those behind the steps.
func ByClock(values []*Value) []*Value {
	var out []*Value
	for _, clock := range []Clock{Once, Step, End} {
		for _, v := range values {
			if v.Clock == clock {
				out = append(out, v)
			}
		}
	}
	return out
}

// ReadingOrder returns the values of a net in the order in which one follows it back from its
// inputs and outputs: operands from left to right, then their readers, and the latches of
// delays at last. Nets that compute the same in the same way have it in common.
func ReadingOrder(n *Net) []*Value {
	o := &reading{latches: map[*Value]*Value{}, seen: map[*Value]bool{}}
	for _, v := range n.All(OpLatch) {
		o.latches[v.Args[0]] = v
	}
	for _, op := range []Op{OpInput, OpOutput} {
		for _, v := range n.All(op) {
			o.visit(v)
		}
	}
	for len(o.open) > 0 {
		delay := o.open[0]
		o.open = o.open[1:]
		o.visit(o.latches[delay])
	}
	return o.values
}

type reading struct {
	latches map[*Value]*Value
	seen    map[*Value]bool
	values  []*Value
	open    []*Value // delays whose latches are still to come
}

func (o *reading) visit(v *Value) {
	if v == nil || o.seen[v] {
		return
	}
	o.seen[v] = true
	for _, a := range v.Args {
		o.visit(a)
	}
	o.values = append(o.values, v)
	if v.Op == OpDelay {
		o.open = append(o.open, v)
	}
}
