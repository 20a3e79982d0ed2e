package eval

import (
	"math/bits"
	"slices"

	"nomul/ir"
)

// levels counts the thresholds that each element reaches.
func levels(v *ir.Value) Kernel {
	a := v.Attrs.(ir.LevelsAttrs)
	x, first, step := NewView(v.Args[0], v.Type.Shape), NewView(v.Args[1], v.Type.Shape), NewView(v.Args[2], v.Type.Shape)
	if ir.AnyReal(v.Args) {
		return func(args []*ir.Tensor, dst *ir.Tensor) {
			f, s := first.Reals(args[1]), step.Reals(args[2])
			for i, n := range x.Reals(args[0]) {
				dst.I[i] = int64(a.Level(n, f[i], s[i]))
			}
		}
	}
	if slices.ContainsFunc(v.Args[3:], func(p *ir.Value) bool { return p != nil }) {
		return levelsByBits(v)
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		f, s := first.Ints(args[1]), step.Ints(args[2])
		for i, n := range x.Ints(args[0]) {
			dst.I[i] = a.LevelOf(n, f[i], s[i])
		}
	}
}

// levelsByBits is the same where the bits of a number have thresholds of their own.
func levelsByBits(v *ir.Value) Kernel {
	a := v.Attrs.(ir.LevelsAttrs)
	count := bits.Len(uint(a.Count))
	views := make([]*View, count+2)
	for i := range views {
		if v.Args[i] != nil {
			views[i] = NewView(v.Args[i], v.Type.Shape)
		}
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		data := make([][]int64, len(views))
		for i, view := range views {
			if view != nil {
				data[i] = view.Ints(args[i])
			}
		}
		parts := make([]int64, count)
		for i, n := range data[0] {
			for b := range parts {
				parts[b] = data[2][i] << b
				if b > 0 && data[2+b] != nil {
					parts[b] = data[2+b][i]
				}
			}
			dst.I[i] = a.LevelBy(n, data[1][i], parts)
		}
	}
}

// table looks each element up.
func table(v *ir.Value) Kernel {
	entries := v.Attrs.(ir.TableAttrs).Entries
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		for i, n := range args[0].I {
			dst.I[i] = int64(entries[n])
		}
	}
}
