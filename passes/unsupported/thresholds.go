package unsupported

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// heldAt reports whether a choice is the number that its comparison is of, or the constant
// that it is compared with.
func heldAt(v, by *ir.Value) bool {
	is := canonical.ComparingOf(by)
	for i, x := range v.Args[1:] {
		if c := v.Args[2-i].Const(); x == is.Membrane && c != nil && is.Threshold != nil && slices.Equal(c.F, is.Threshold.F) {
			return true
		}
	}
	return false
}

// Thresholds lists the comparisons of each membrane, but for those that only hold a number at
// a bound: nothing fires there.
func Thresholds(n *ir.Net) map[*ir.Value][]*ir.Value {
	out, readers := canonical.Comparisons(n), n.Readers()
	maps.DeleteFunc(out, func(_ *ir.Value, all []*ir.Value) bool {
		return !slices.ContainsFunc(all, func(by *ir.Value) bool {
			return len(readers[by]) == 0 || slices.ContainsFunc(readers[by], func(v *ir.Value) bool { return v.Op != ir.OpWhere || !heldAt(v, by) })
		})
	})
	return out
}
