package integers

import (
	"cmp"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/rewrite"
)

// Several limits of one number that differ from element to element, as the thresholds of a count, are written as the
// lowest and what each is more than the one below: programs tell by that that they are in order, and those that are
// as far from each other share their constants.

// order notes the constants of a class that are in order in every element, where a number is compared with several.
func (w *cellWriter) order(class int) {
	var all []int
	limits := map[int]int{} // by the number that is compared
	for at, n := range w.Nodes {
		switch {
		case n.Kind == update.Const && w.Class(at) == class && !same(w.whole(at)):
			all = append(all, at)
		case (n.Kind == update.AtLeast || n.Kind == update.Above) && w.Class(n.A) == class && w.Nodes[n.B].Kind == update.Const:
			limits[n.A]++
		}
	}
	several := false
	for _, n := range limits {
		several = several || n > 1
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(w.whole(a).F[0], w.whole(b).F[0]) })
	for i := 1; i < len(all) && several; i++ {
		if !rewrite.Everywhere(w.more(all[i], all[i-1]), func(f float64) bool { return f > 0 }) && !equalUnits(w.whole(all[i]), w.whole(all[i-1])) {
			several = false
		}
	}
	for i, at := range all {
		if several && i > 0 {
			w.lower[at] = all[i-1]
		}
	}
}

// whole are the integers of a constant.
func (w *cellWriter) whole(at int) *ir.Tensor {
	units, _, _ := w.rounded(w.Class(at), w.Nodes[at].Data, w.Nodes[at].Limit)
	return units
}

func same(t *ir.Tensor) bool {
	_, same := t.Uniform()
	return same
}

func equalUnits(a, b *ir.Tensor) bool { return a.Type == b.Type && slices.Equal(a.F, b.F) }

// more is by how much one constant is more than another.
func (w *cellWriter) more(at, than int) *ir.Tensor {
	return rewrite.Zip(w.whole(at), w.whole(than), func(a, b float64) float64 { return a - b })
}

// limit is a constant: by itself, or more than the one below.
func (w *cellWriter) limit(at int) update.Value {
	if v, ok := w.made[at]; ok {
		return v
	}
	lower, ordered := w.lower[at]
	n := w.Nodes[at]
	var v update.Value
	switch {
	case !ordered:
		units, number, same := w.rounded(w.Class(at), n.Data, n.Limit)
		v = w.number("number", units, number, same)
	case equalUnits(w.whole(at), w.whole(lower)):
		v = w.limit(lower)
	default:
		by := w.more(at, lower)
		f, same := by.Uniform()
		below := w.limit(lower)
		v = w.Add(below, w.number("number", by, int64(f), same))
	}
	w.made[at] = v
	return v
}
