package canonical

import (
	"fmt"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// ComparingOf is the comparison that v is; m is nil when it has no constant threshold.
func ComparingOf(v *ir.Value) Comparing {
	m := MembraneOf(v)
	if m == nil {
		return Comparing{}
	}
	threshold, mirrored := v.Args[1], false
	if threshold == m {
		threshold, mirrored = v.Args[0], true
	}
	if threshold.Const() == nil {
		return Comparing{}
	}
	return Comparing{Membrane: m, Threshold: Combine(threshold.Const(), rewrite.Scalar(1), Product), Mirrored: mirrored}
}

// Readings returns a comparison as it stands, and as the comparisons of the operands
// from which constants alone make m: h/θ > 1 is h > θ, −h < −θ too.
func Readings(v *ir.Value) []Comparing {
	var out []Comparing
	for c := ComparingOf(v); c.Membrane != nil; c = c.Below() {
		out = append(out, c)
	}
	return out
}

// Held returns the reading of a comparison whose m is part of the state that the net
// keeps from step to step; the comparison as it stands when there is none.
func Held(fire *ir.Value, latched map[*ir.Value]*ir.Value) Comparing {
	all := Readings(fire)
	if len(all) < 2 {
		return ComparingOf(fire)
	}
	kept := Cone{}
	for _, stored := range latched {
		for v := range ConeOf(stored) {
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
		if m := MembraneOf(v); m != nil {
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

// SameForm reports whether two values are the same op in all but their operands.
func SameForm(v, w *ir.Value) bool {
	return v.Op == w.Op && v.Type == w.Type && len(v.Args) == len(w.Args) && fmt.Sprint(v.Attrs) == fmt.Sprint(w.Attrs)
}
