package canonical

import (
	"slices"

	"nomul/ir"
)

// OnElements returns the operands of an op that computes each element from those in its place and from
// constants that are one number; ok is false of any other op, and of constants alone.
func OnElements(v *ir.Value) (operands []*ir.Value, ok bool) {
	if v.Op.Class() != ir.Element || v.Op == ir.OpLevels || v.Op == ir.OpTable {
		return nil, false
	}
	for _, a := range v.Args {
		if c := a.Const(); c != nil {
			if _, same := c.Uniform(); !same {
				return nil, false
			}
			continue
		}
		if a.Type.Shape != v.Type.Shape {
			return nil, false
		}
		if !slices.Contains(operands, a) {
			operands = append(operands, a)
		}
	}
	return operands, len(operands) > 0
}

// functionOf reports whether ops on elements compute v from x and constants.
func functionOf(v, x *ir.Value) bool {
	known := map[*ir.Value]bool{x: true}
	var of func(*ir.Value) bool
	of = func(v *ir.Value) bool {
		if answer, seen := known[v]; seen {
			return answer
		}
		operands, ok := OnElements(v)
		known[v] = ok && !slices.ContainsFunc(operands, func(a *ir.Value) bool { return !of(a) })
		return known[v]
	}
	return of(v)
}

// OnlyChoices reports whether every comparison of a net only chooses between functions of the number that it
// compares, as where(x > 20, x, log(1 + exp(x))) does, alone or by logic with others: it is no spike.
func OnlyChoices(n *ir.Net) bool {
	readers := n.Readers()
	for x, fires := range Comparisons(n) {
		if slices.ContainsFunc(fires, func(f *ir.Value) bool { return !onlyChooses(f, numberOf(x), readers) }) {
			return false
		}
	}
	return true
}

// onlyChooses reports whether a spike only chooses between functions of x.
func onlyChooses(f, x *ir.Value, readers map[*ir.Value][]*ir.Value) bool {
	return len(readers[f]) > 0 && !slices.ContainsFunc(readers[f], func(r *ir.Value) bool {
		switch r.Op {
		case ir.OpWhere:
			return r.Args[0] != f || r.Args[1].Const() != nil && r.Args[2].Const() != nil || !functionOf(r, x)
		case ir.OpAnd, ir.OpOr:
			return !functionOf(r, x) || !onlyChooses(r, x, readers)
		}
		return true
	})
}

// numberOf is the number that a value is a function of, op by op.
func numberOf(v *ir.Value) *ir.Value {
	for {
		operands, ok := OnElements(v)
		if !ok || len(operands) != 1 || !operands[0].Type.IsReal() {
			return v
		}
		v = operands[0]
	}
}
