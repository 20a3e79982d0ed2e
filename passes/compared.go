package passes

import "nomul/ir"

// comparing is a comparison of a value with a threshold: m ≥ threshold, or
// threshold ≥ m when it is mirrored; likewise for >.
type comparing struct {
	m         *ir.Value
	threshold *ir.Tensor
	mirrored  bool
}

// comparingOf is the comparison that v is; m is nil when it has no constant threshold.
func comparingOf(v *ir.Value) comparing {
	m := membraneOf(v)
	if m == nil {
		return comparing{}
	}
	threshold, mirrored := v.Args[1], false
	if threshold == m {
		threshold, mirrored = v.Args[0], true
	}
	if threshold.Const() == nil {
		return comparing{}
	}
	return comparing{m, combine(threshold.Const(), scalar(1), product), mirrored}
}

// readings returns a comparison as it stands, and as the comparisons of the operands
// from which constants alone make m: h/θ > 1 is h > θ, −h < −θ too.
func readings(v *ir.Value) []comparing {
	var out []comparing
	for c := comparingOf(v); c.m != nil; c = c.below() {
		out = append(out, c)
	}
	return out
}

// below returns the same comparison, in real arithmetic, of the operand that m is with
// a constant factor or a constant added; none when m is neither.
func (c comparing) below() comparing {
	if len(c.m.Args) == 0 {
		return comparing{}
	}
	x, k := c.m.Args[0], (*ir.Tensor)(nil)
	if len(c.m.Args) == 2 {
		if k = c.m.Args[1].Const(); k == nil {
			x, k = c.m.Args[1], c.m.Args[0].Const()
		}
	}
	if x == nil || x.Type.Shape != c.m.Type.Shape || len(c.m.Args) == 2 && (k == nil || !k.Type.IsReal()) {
		return comparing{}
	}
	second := x == c.m.Args[0] // the constant is
	switch c.m.Op {
	case ir.OpNeg:
		return comparing{x, scaled(c.threshold, -1), !c.mirrored}
	case ir.OpAdd:
		return comparing{x, combine(c.threshold, k, func(t, k float64) float64 { return t - k }), c.mirrored}
	case ir.OpSub:
		if second {
			return comparing{x, combine(c.threshold, k, func(t, k float64) float64 { return t + k }), c.mirrored}
		}
		return comparing{x, combine(c.threshold, k, func(t, k float64) float64 { return k - t }), !c.mirrored}
	case ir.OpMul, ir.OpDiv:
		return c.over(x, k, second)
	}
	return comparing{}
}

// over is the comparison of x where m is x·k or x/k, if the sign of k is one.
func (c comparing) over(x *ir.Value, k *ir.Tensor, second bool) comparing {
	positive := everywhere(k, func(f float64) bool { return f > 0 })
	if !positive && !everywhere(k, func(f float64) bool { return f < 0 }) || c.m.Op == ir.OpDiv && !second {
		return comparing{}
	}
	threshold := ratio(c.threshold, combine(k, scalar(1), product))
	if c.m.Op == ir.OpDiv {
		threshold = combine(c.threshold, k, product)
	}
	return comparing{x, threshold, c.mirrored != !positive}
}

// held returns the reading of a comparison whose m is part of the state that the net
// keeps from step to step; the comparison as it stands when there is none.
func held(fire *ir.Value, latched map[*ir.Value]*ir.Value) comparing {
	all := readings(fire)
	if len(all) < 2 {
		return comparingOf(fire)
	}
	kept := cone{}
	for _, stored := range latched {
		for v := range coneOf(stored) {
			kept[v] = true
		}
	}
	for _, c := range all {
		if kept[c.m] {
			return c
		}
	}
	return all[0]
}
