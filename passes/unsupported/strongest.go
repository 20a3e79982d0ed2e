package unsupported

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// Strongest refuses the first comparison of a net that asks for the greatest of its layer, so that
// only the strongest neuron fires; nil when there is none.
func Strongest(n *ir.Net) *diag.Diagnostic {
	for _, v := range n.All(ir.OpCompare) {
		if d := asksForGreatest(v); d != nil {
			return d
		}
	}
	return nil
}

// asksForGreatest refuses a comparison of real numbers with the greatest of them, or of places with
// the place of that; nil for others.
func asksForGreatest(v *ir.Value) *diag.Diagnostic {
	pair := v.Args
	if pair[0].Op == ir.OpSub && pair[1].Const() != nil {
		pair = pair[0].Args
	}
	for i, a := range pair {
		if at := greatestOf(a); at != nil && (at.Op == ir.OpArgmax || pair[1-i].Const() == nil) {
			return strongest(v, "compares with", at)
		}
	}
	return nil
}

// KeptForGreatest refuses a delay of numbers of which a reader takes the greatest; nil where none does.
func KeptForGreatest(delay *ir.Value, readers map[*ir.Value][]*ir.Value) *diag.Diagnostic {
	for _, r := range readers[delay] {
		if at := greatestOf(r); at != nil {
			return strongest(delay, "is kept for", at)
		}
	}
	return nil
}

// ByGreatest refuses a value that changes by an operand for which its step asks for the greatest of a layer; nil where it
// does not.
func ByGreatest(v, operand *ir.Value) *diag.Diagnostic {
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{operand}; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		if x == nil || seen[x] {
			continue
		}
		seen[x] = true
		if at := greatestOf(x); at != nil {
			return strongest(v, "changes its state by", at)
		}
		if x.Op.Class() == ir.Element || x.Op.Class() == ir.Move {
			queue = append(queue, x.Args...)
		}
	}
	return nil
}

// strongest is the error of a value that has to do with the greatest of a layer.
func strongest(v *ir.Value, does string, at *ir.Value) *diag.Diagnostic {
	return rewrite.Refuse(v, diag.NotANeuron, "%s the greatest of a layer, %s, so that only the strongest fires (winner takes all); a neuron fires by its own state and what comes in", does, canonical.Where(at)).
		WithHelp("let the spikes of a layer inhibit it instead, as in m - 0.3 * (s.sum(1, keepdim=True) - s)")
}

// greatestOf returns the greatest of real numbers, or its place, that a value is, moved or not; nil
// when it is neither.
func greatestOf(v *ir.Value) *ir.Value {
	for v.Op == ir.OpCast || v.Op.Class() == ir.Move {
		v = v.Args[0]
	}
	if (v.Op == ir.OpReduceMax || v.Op == ir.OpArgmax) && v.Args[0].Type.IsReal() {
		return v
	}
	return nil
}
