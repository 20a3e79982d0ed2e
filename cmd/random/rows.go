package main

import (
	"fmt"
	"math"

	"nomul/ir"
)

// Weights may be so far from the real ones, in halves of 1/127 of the largest of their row:
// 1 is the rounding of int8 at best; the sum of a row is kept where its weights are rounded, which
// takes up to 2, and so does a threshold that is whole in few units; and a row may lose a bit
// where it has to agree with the others of its layer, five where it is added to rows of
// other layers.
const (
	coarsest      = 2 * 2 * 2
	coarsestAdded = 2 * 2 * 32
)

// runRows holds the integer weights of each row against the real ones.
func (n *network) runRows() error {
	for _, b := range n.bounds {
		fixed, real := n.fixed.Find(b.Fixed), n.real.Find(b.Real)
		if b.Membrane || b.Output || fixed == nil || real == nil || !weighted(fixed) || !weighted(real) {
			continue
		}
		limit := coarsestOf(n.fixed.Readers(), fixed)
		w, q := real.Args[1].Const(), fixed.Args[1].Const()
		if w == nil || q == nil || w.Type.Shape != q.Type.Shape {
			continue
		}
		rows := w.Type.Shape.Dim(0)
		columns := w.Type.Size() / rows
		for r := range rows {
			if share, column := rounding(w, q, r*columns, columns, unit(b, fixed, r)); share > 0 {
				where := fmt.Sprintf("%s row %d: weight %d", b.Fixed, r, column)
				n.note("rounding of a weight, in halves of 1/127 of its row", share, where)
				if limit > 0 && share > limit*(1+1e-6) {
					return differ("%s is off by %v halves of 1/127 of the row", where, share)
				}
			}
		}
	}
	return nil
}

func weighted(v *ir.Value) bool { return v.Op == ir.OpLinear || v.Op == ir.OpConv }

// coarsestOf is how coarse the weights of a value may be: it depends on the neurons that
// fire by it, or by a sum of it with others, also where a reset takes it away or a sum is
// converted. 0 is any.
func coarsestOf(readers map[*ir.Value][]*ir.Value, v *ir.Value) float64 {
	limit := 0.0
	for _, r := range readers[v] {
		switch {
		case r.IsNeuron():
			if r.Type.IsSpike() {
				limit = max(limit, coarsest)
			}
		case r.Op == ir.OpShl || r.Op == ir.OpCSD || r.Selected() != nil:
			limit = max(limit, coarsestOf(readers, r))
		case r.Op == ir.OpAdd || r.Op == ir.OpSub || r.Op == ir.OpReduceSum || r.Op == ir.OpSumPool:
			if coarsestOf(readers, r) > 0 {
				limit = coarsestAdded
			}
		}
	}
	return limit
}

// unit is that of a row's results.
func unit(b *ir.Bound, v *ir.Value, row int) float64 {
	at := row
	if v.Op == ir.OpConv {
		at *= v.Type.Size() / v.Type.Shape.Dim(0)
	}
	return b.Unit.At(element(b.Unit, ir.NewTensor(v.Type), at))
}

// rounding is the largest distance of an integer weight from the real one in a row, and where.
func rounding(w, q *ir.Tensor, start, count int, unit float64) (share float64, column int) {
	most := 0.0
	for i := range count {
		most = max(most, math.Abs(w.At(start+i)))
	}
	for i := range count {
		if d := math.Abs(w.At(start+i)-unit*q.At(start+i)) / most * 254; most > 0 && d > share {
			share, column = d, i
		}
	}
	return share, column
}
