package layers

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// DropSoftmax leaves out a softmax, the logarithm of one, or a function that grows
// with its operand, such as a sigmoid, that nothing but outputs reads: the order of
// a row, or of all elements, stays the same. Outputs are logits then, which the user
// is told.
func DropSoftmax(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	last := atTheEnd(n)
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op == ir.OpOutput {
			return withoutRounding(r, v, o)
		}
		x, what := underSoftmax(v)
		if x == nil {
			x, what = underGrowing(v)
		}
		if x == nil || !last[v] {
			return nil, nil
		}
		o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotExact, Origin: v.Origin, Message: what})
		return r.Of(x), nil
	})
}

// withoutRounding is an output of quantised files without the softmax that is rounded for it; nil for others. Rounded to
// steps, logits would be probabilities of which some are equal.
func withoutRounding(r *ir.Rebuilder, out *ir.Value, o *rewrite.Options) (*ir.Value, error) {
	v := out.Args[0]
	for rounded := false; ; {
		if x, what := underSoftmax(v); x != nil && rounded && x.Type.Shape == out.Type.Shape {
			o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotExact, Origin: v.Origin, Message: what + ", and not rounded to steps"})
			return r.Add(ir.OpOutput, out.Name, out.Attrs, r.Of(x))
		}
		switch {
		case v.Op == ir.OpLevels && v.Args[0].Type.IsReal():
			rounded = true
		case !keepsOrder(v):
			return nil, nil
		}
		v = v.Args[0]
	}
}

// keepsOrder reports whether a value is another one times a positive constant, or moved by one.
func keepsOrder(v *ir.Value) bool {
	if v.Op != ir.OpMul && v.Op != ir.OpDiv && v.Op != ir.OpAdd && v.Op != ir.OpSub || v.Args[1].Const() == nil {
		return false
	}
	by := v.Args[1].Const()
	f, same := by.Uniform()
	if !by.Type.IsReal() {
		f, same = 1, canonical.Every(v.Args[1], float64(by.I[0]))
	}
	return same && (f > 0 || v.Op == ir.OpAdd || v.Op == ir.OpSub)
}

// growing are the functions of which the greatest operand has the greatest result.
var growing = map[ir.Fn]bool{
	ir.FnSigmoid: true, ir.FnTanh: true, ir.FnErf: true, ir.FnExp: true, ir.FnLog: true, ir.FnSqrt: true,
	ir.FnSoftplus: true, ir.FnElu: true, ir.FnLeakyRelu: true,
}

// underGrowing returns x where v is a function that grows with it, and the note that says so.
func underGrowing(v *ir.Value) (x *ir.Value, what string) {
	a, ok := v.Attrs.(ir.MapAttrs)
	switch {
	case !ok || !growing[a.Fn] || a.Alpha < 0:
		return nil, ""
	case a.Fn == ir.FnSigmoid:
		return v.Args[0], "the sigmoid at the end is left out: outputs are logits, in the same order, not probabilities"
	}
	return v.Args[0], fmt.Sprintf("the %v at the end is left out: outputs are what it is taken of, in the same order", a.Fn)
}

// atTheEnd finds the values that only outputs read, directly or through ops that move elements.
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

// underSoftmax returns x where v is a softmax of it, or the logarithm of one, and the
// note that says so.
func underSoftmax(v *ir.Value) (x *ir.Value, what string) {
	x, axes := softmaxOf(v)
	if x == nil {
		return nil, ""
	}
	order := "in the same order"
	if row := x.Type.Shape; len(axes) == 1 && row.Dim(axes[0]) < row.Size() {
		order = fmt.Sprintf("in the same order along axis %d", axes[0])
	}
	return x, fmt.Sprintf("the softmax at the end is left out: outputs are logits, %s, not probabilities", order)
}

// softmaxOf is x where v is softmax(x), its logarithm, or log-softmax(x) as the
// importer writes it, d − log Σ exp(d) with d = x − max x; and the axes of its rows.
func softmaxOf(v *ir.Value) (x *ir.Value, axes []int) {
	switch {
	case v.Op == ir.OpSoftmax:
		return v.Args[0], []int{ir.AxisOf(v.Attrs)}
	case canonical.IsMap(v, ir.FnLog) && v.Args[0].Op == ir.OpSoftmax:
		return softmaxOf(v.Args[0])
	case v.Op != ir.OpSub || v.Args[0].Op != ir.OpSub:
		return nil, nil
	}
	d := v.Args[0]
	x = d.Args[0]
	most, log := unviewed(d.Args[1]), unviewed(v.Args[1])
	if most.Op != ir.OpReduceMax || most.Args[0] != x || !canonical.IsMap(log, ir.FnLog) {
		return nil, nil
	}
	sum := unviewed(log.Args[0])
	if sum.Op != ir.OpReduceSum || !canonical.IsMap(sum.Args[0], ir.FnExp) || sum.Args[0].Args[0] != d {
		return nil, nil
	}
	axes = most.Attrs.(ir.ReduceAttrs).Axes
	if !slices.Equal(axes, sum.Attrs.(ir.ReduceAttrs).Axes) || !stands(d.Args[1], x, axes) || !stands(v.Args[1], x, axes) {
		return nil, nil
	}
	return x, axes
}

// unviewed returns the operand of a reshape, and any other value itself.
func unviewed(v *ir.Value) *ir.Value {
	if v.Op == ir.OpReshape {
		return v.Args[0]
	}
	return v
}

// stands reports whether numbers, one for each row along the axes of x, meet their
// rows in a broadcast: the axes are there with an extent of 1, or there is one number.
func stands(v, x *ir.Value, axes []int) bool {
	kept := x.Type.Shape.Dims()
	for _, axis := range axes {
		kept[axis] = 1
	}
	return v.Type.Shape.Size() == 1 || slices.Equal(v.Type.Shape.Dims(), kept)
}
