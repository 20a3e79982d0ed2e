package raise

import (
	"fmt"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// ComparingOf is the comparison that v is; m is nil when it has no constant threshold.
func ComparingOf(v *ir.Value) canonical.Comparing {
	m := canonical.MembraneOf(v)
	if m == nil {
		return canonical.Comparing{}
	}
	threshold, mirrored := v.Args[1], false
	if threshold == m {
		threshold, mirrored = v.Args[0], true
	}
	if threshold.Const() == nil {
		return canonical.Comparing{}
	}
	return canonical.Comparing{Membrane: m, Threshold: canonical.Combine(threshold.Const(), rewrite.Scalar(1), canonical.Product), Mirrored: mirrored}
}

// readings returns a comparison as it stands, and as the comparisons of the operands
// from which constants alone make m: h/θ > 1 is h > θ, −h < −θ too.
func readings(v *ir.Value) []canonical.Comparing {
	var out []canonical.Comparing
	for c := ComparingOf(v); c.Membrane != nil; c = c.Below() {
		out = append(out, c)
	}
	return out
}

// held returns the reading of a comparison whose m is part of the state that the net
// keeps from step to step; the comparison as it stands when there is none.
func held(fire *ir.Value, latched map[*ir.Value]*ir.Value) canonical.Comparing {
	all := readings(fire)
	if len(all) < 2 {
		return ComparingOf(fire)
	}
	kept := canonical.Cone{}
	for _, stored := range latched {
		for v := range canonical.ConeOf(stored) {
			kept[v] = true
		}
	}
	for _, c := range all {
		if kept[c.Membrane] {
			return c
		}
	}
	return all[0]
}

// Comparisons lists, for each membrane, the comparisons it is in.
func Comparisons(n *ir.Net) map[*ir.Value][]*ir.Value {
	out := map[*ir.Value][]*ir.Value{}
	for _, v := range n.Values {
		if m := canonical.MembraneOf(v); m != nil {
			out[m] = append(out[m], v)
		}
	}
	return out
}

// ComparedAlike reports whether two comparisons are with one constant, in one way.
func ComparedAlike(a, b *ir.Value) bool {
	if a.Attrs != b.Attrs {
		return false
	}
	for i := range a.Args {
		if a.Args[i].Const() != nil && a.Args[i] == b.Args[i] {
			return true
		}
	}
	return false
}

// Where names a value as the user knows it.
func Where(v *ir.Value) string {
	if v.Origin.Node != "" {
		return "node \"" + v.Origin.Node + "\""
	}
	return "%" + v.Name
}

// SameForm tells whether two values are the same op in all but their operands.
func SameForm(v, w *ir.Value) bool {
	return v.Op == w.Op && v.Type == w.Type && len(v.Args) == len(w.Args) && fmt.Sprint(v.Attrs) == fmt.Sprint(w.Attrs)
}
