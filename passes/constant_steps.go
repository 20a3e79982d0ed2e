package passes

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/unsupported"
)

// The first steps of a file may read constants alone, as those of an input that is
// delayed do, and are computed when it is read; and steps that keep nothing of one
// another, as those of a leak of 0, are one when they read the same. Where one step is
// left then, it looks like a file of one step, which forgets its state and is refused.
// But a file of one step has no use for the weights of the step on constants besides,
// and compares no membrane that it makes of another one.

// hasConstantSteps reports whether weights that are applied in a step are applied to
// constants, too.
func hasConstantSteps(n *ir.Net) bool {
	constant := constantsOf(n)
	var onConstants, others []*ir.Value
	for _, v := range n.Values {
		switch {
		case v.Op.Class() != ir.Contract || !constant[v.Args[1]]:
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

// constantsOf are the values of a net that depend on constants only.
func constantsOf(n *ir.Net) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, v := range n.Values {
		out[v] = v.Op == ir.OpConst || canonical.Pure(v) && allOf(v.Args, out)
	}
	return out
}

// hasForgottenSteps reports whether a value that is compared is computed, neuron by
// neuron, from another one, in a net as it was read.
func hasForgottenSteps(n *ir.Net) bool {
	constant, compared := constantsOf(n), map[*ir.Value]bool{}
	for _, v := range n.All(ir.OpCompare) {
		for _, a := range v.Args {
			compared[unsupported.WithoutSign(a)] = compared[unsupported.WithoutSign(a)] || !constant[a]
		}
	}
	under := map[*ir.Value]bool{}
	for _, v := range n.Values {
		if canonical.ByElement(v.Op) {
			under[v] = slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return compared[a] || under[a] })
		}
		if compared[v] && under[v] {
			return true
		}
	}
	return false
}

func allOf(values []*ir.Value, set map[*ir.Value]bool) bool {
	for _, v := range values {
		if v != nil && !set[v] {
			return false
		}
	}
	return len(values) > 0
}
