package cgen

import (
	"fmt"
	"slices"

	"nomul/backends/lower"
)

// matrix is the axes of the places that a kernel of products goes through: those of the rows,
// which the operand alone has, and of the columns, which the weights alone have.
func matrix(f *lower.Fold) (rows, cols, around []int) {
	around = upTo(len(f.Places))
	if last := len(around) - 1; last >= 0 && f.X.Strides[last] == 0 {
		cols, around = around[last:], around[:last]
		if last > 0 && f.Weight.Strides[last-1] == 0 {
			rows, around = around[last-1:], around[:last-1]
		}
	}
	return rows, cols, around
}

// planProduct plans a sum of products of two arrays, of which one is spikes. Matrices are copied
// where their elements do not stand one after another.
func (p *plan) planProduct(s *lower.Stage) *lower.Stage {
	f := *s.Fold
	rows, cols, around := matrix(&f)
	grid, taps := slices.Concat(f.Places, f.Taps), []int(nil)
	for axis := range f.Taps {
		taps = append(taps, len(f.Places)+axis)
	}
	packed := p.packs(f.X.Array) || p.packs(f.Weight.Array)
	ready := func(v lower.View, axes []int) lower.View {
		if apart, one := lower.OneStride(lower.Pick(grid, axes), lower.Pick(v.Strides, axes)); one && apart <= 1 && (packed || !v.Array.Type.IsSpike()) {
			return v
		}
		moving := slices.DeleteFunc(slices.Clone(around), func(axis int) bool { return v.Strides[axis] == 0 })
		return p.gathered(s.Clock, v, grid, append(moving, axes...))
	}
	f.X = ready(f.X, slices.Concat(rows, taps))
	f.Weight = new(ready(*f.Weight, slices.Concat(taps, cols)))
	return &lower.Stage{Clock: s.Clock, To: s.To, Fold: &f}
}

// product prints products of matrices: spikes say which elements of the other side are added.
func (b *printer) product(s *lower.Stage) {
	f, y := s.Fold, b.p.at(s.To)
	rows, cols, around := matrix(f)
	w := newWalk(f.Places, around)
	spikes := b.p.at(f.Weight.Array).elem.packed
	a := b.side(w, "a", f.X)
	x := b.side(w, "b", *f.Weight)
	to := w.elements()
	b.line("\t%s *y = (%[1]s *)%s;", y.elem.unsigned().c(), y.expr)
	b.indices(w)
	b.line("\t@_fill%d(y, 0u, %du);", y.elem.bits, y.n)
	n := lower.Size(lower.Pick(f.Places, cols))
	kernel, mixed := fmt.Sprintf("pick%d_%s", y.elem.bits, x.at.elem.kind()), ""
	if spikes {
		kernel, mixed = fmt.Sprintf("mix%d_%s", y.elem.bits, a.at.elem.kind()), "st->row_bits, st->row_list, "
		b.p.lend("row_bits", packedSpikes, packedSpikes.length(n), "spikes of one place")
		b.p.lend("row_list", counted, roundUp(n, 32), "rows to add, of the layer that runs")
	}
	b.loops(w, 0, func() {
		b.line("\t@_%s(%s, a, %s, b, %s, %s%du, %du, %du);", kernel, plus("y", to.name), a.index.name, x.index.name, mixed,
			lower.Size(lower.Pick(f.Places, rows)), lower.Size(f.Taps), n)
	})
}
