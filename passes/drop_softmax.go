package passes

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// runDropSoftmax leaves out a softmax, or the logarithm of one, that nothing but
// outputs reads: both grow with their operand within a row, so the greatest of a
// row stays the same one. Outputs are logits then, which the user is told.
func runDropSoftmax(n *ir.Net, o *Options) (*ir.Net, error) {
	last := atTheEnd(n)
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		x, axes := underSoftmax(v)
		if x == nil || !last[v] {
			return nil, nil
		}
		order := "in the same order"
		if row := x.Type.Shape; len(axes) == 1 && row.Dim(axes[0]) < row.Size() {
			order = fmt.Sprintf("in the same order along axis %d", axes[0])
		}
		o.tell(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotExact, Origin: v.Origin,
			Message: fmt.Sprintf("the softmax at the end is left out: outputs are logits, %s, not probabilities", order)})
		return r.Of(x), nil
	})
}

// atTheEnd finds the values that only outputs read, or what moves elements to them.
func atTheEnd(n *ir.Net) map[*ir.Value]bool {
	moves := map[ir.Op]bool{ir.OpReshape: true, ir.OpTranspose: true, ir.OpLast: true}
	last, readers := map[*ir.Value]bool{}, n.Readers()
	for _, v := range slices.Backward(n.Values) {
		last[v] = len(readers[v]) > 0 && !slices.ContainsFunc(readers[v], func(r *ir.Value) bool {
			return r.Op != ir.OpOutput && !(moves[r.Op] && last[r])
		})
	}
	return last
}

// underSoftmax is x where v is softmax(x), its logarithm, or log-softmax(x) as the
// importer writes it, d − log Σ exp(d) with d = x − max x; and the axes of its rows.
func underSoftmax(v *ir.Value) (x *ir.Value, axes []int) {
	switch {
	case v.Op == ir.OpSoftmax:
		return v.Args[0], []int{axisOf(v.Attrs)}
	case isMap(v, ir.FnLog) && v.Args[0].Op == ir.OpSoftmax:
		return underSoftmax(v.Args[0])
	case v.Op != ir.OpSub || v.Args[0].Op != ir.OpSub:
		return nil, nil
	}
	d := v.Args[0]
	x = d.Args[0]
	most, log := unviewed(d.Args[1]), unviewed(v.Args[1])
	if most.Op != ir.OpReduceMax || most.Args[0] != x || !isMap(log, ir.FnLog) {
		return nil, nil
	}
	sum := unviewed(log.Args[0])
	if sum.Op != ir.OpReduceSum || !isMap(sum.Args[0], ir.FnExp) || sum.Args[0].Args[0] != d {
		return nil, nil
	}
	axes = most.Attrs.(ir.ReduceAttrs).Axes
	if !slices.Equal(axes, sum.Attrs.(ir.ReduceAttrs).Axes) || !stands(d.Args[1], x, axes) || !stands(v.Args[1], x, axes) {
		return nil, nil
	}
	return x, axes
}

// unviewed is what a value is behind a reshape.
func unviewed(v *ir.Value) *ir.Value {
	if v.Op == ir.OpReshape {
		return v.Args[0]
	}
	return v
}

// stands tells whether numbers, one for each row along the axes of x, meet their
// rows in a broadcast: the axes are there with an extent of 1, or there is one number.
func stands(v, x *ir.Value, axes []int) bool {
	kept := x.Type.Shape.Dims()
	for _, axis := range axes {
		kept[axis] = 1
	}
	return v.Type.Shape.Size() == 1 || slices.Equal(v.Type.Shape.Dims(), kept)
}

func isMap(v *ir.Value, fn ir.Fn) bool {
	return v.Op == ir.OpMap && v.Attrs.(ir.MapAttrs).Fn == fn
}
