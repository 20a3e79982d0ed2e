package main

import (
	"fmt"
	"math"
	"slices"

	"nomul/ir"
)

// coarsest is how far, in halves of 1/127 of a row's largest weight, a weight may be from
// the real one where a neuron that fires reads the row by itself. 1 is what int8 does at
// best; the sum of a row is kept where its weights are rounded, which takes up to 2; and a
// row may lose a bit where it has to agree with the others of its layer.
const coarsest = 4

// runRows holds the integer weights of each row against the real ones.
func (n *network) runRows() error {
	for _, b := range n.bounds {
		fixed, real := n.fixed.Find(b.Fixed), n.real.Find(b.Real)
		if b.Membrane || b.Output || fixed == nil || real == nil || !weighted(fixed) || !weighted(real) || !fires(n.fixed, fixed) {
			continue
		}
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
				if share > coarsest*(1+1e-6) {
					return differ("%s is off by %v halves of 1/127 of the row", where, share)
				}
			}
		}
	}
	return nil
}

func weighted(v *ir.Value) bool { return v.Op == ir.OpLinear || v.Op == ir.OpConv }

// fires reports whether a neuron that fires reads a value as it is.
func fires(net *ir.Net, v *ir.Value) bool {
	return slices.ContainsFunc(net.Readers()[v], func(r *ir.Value) bool {
		return r.Op == ir.OpNeuron && r.Type.IsSpike()
	})
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
