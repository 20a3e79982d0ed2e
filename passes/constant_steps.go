package passes

import (
	"slices"

	"nomul/ir"
)

// The first steps of a file may read constants alone, as those of an input that is
// delayed do, and are computed when it is read. Where one step is left then, it looks
// like a file of one step, which forgets its state and is refused. But a file of one
// step has no use for the weights of the step on constants besides.

// hasConstantSteps reports whether weights that are applied in a step are applied to
// constants, too.
func hasConstantSteps(n *ir.Net) bool {
	constant := map[*ir.Value]bool{}
	var onConstants, others []*ir.Value
	for _, v := range n.Values {
		constant[v] = v.Op == ir.OpConst || pure(v) && allOf(v.Args, constant)
		switch {
		case !takesWeights[v.Op] || !constant[v.Args[1]]:
		case constant[v]:
			onConstants = append(onConstants, v.Args[1])
		default:
			others = append(others, v.Args[1])
		}
	}
	return slices.ContainsFunc(onConstants, func(w *ir.Value) bool {
		return slices.ContainsFunc(others, func(o *ir.Value) bool {
			return o == w || o.Const() != nil && w.Const() != nil && o.Type == w.Type && slices.Equal(o.Const().F, w.Const().F)
		})
	})
}

// takesWeights are the ops of which the second operand may be weights.
var takesWeights = map[ir.Op]bool{ir.OpLinear: true, ir.OpConv: true, ir.OpMatmul: true}

func allOf(values []*ir.Value, set map[*ir.Value]bool) bool {
	for _, v := range values {
		if v != nil && !set[v] {
			return false
		}
	}
	return len(values) > 0
}
