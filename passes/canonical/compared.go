package canonical

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// Comparing is a comparison of a membrane with a threshold: membrane ≥ threshold, or
// threshold ≥ membrane when it is mirrored; likewise for >.
type Comparing struct {
	Membrane  *ir.Value
	Threshold *ir.Tensor
	Mirrored  bool
}

// Below returns the same comparison, in real arithmetic, of the operand that the membrane is with
// a constant factor or a constant added; none when it is neither.
func (c Comparing) Below() Comparing {
	if len(c.Membrane.Args) == 0 {
		return Comparing{}
	}
	x, k := c.Membrane.Args[0], (*ir.Tensor)(nil)
	if len(c.Membrane.Args) == 2 {
		if k = c.Membrane.Args[1].Const(); k == nil {
			x, k = c.Membrane.Args[1], c.Membrane.Args[0].Const()
		}
	}
	if x == nil || x.Type.Shape != c.Membrane.Type.Shape || len(c.Membrane.Args) == 2 && (k == nil || !k.Type.IsReal()) {
		return Comparing{}
	}
	second := x == c.Membrane.Args[0] // the constant is
	switch c.Membrane.Op {
	case ir.OpNeg:
		return Comparing{x, Scaled(c.Threshold, -1), !c.Mirrored}
	case ir.OpAdd:
		return Comparing{x, Combine(c.Threshold, k, func(t, k float64) float64 { return t - k }), c.Mirrored}
	case ir.OpSub:
		if second {
			return Comparing{x, Combine(c.Threshold, k, func(t, k float64) float64 { return t + k }), c.Mirrored}
		}
		return Comparing{x, Combine(c.Threshold, k, func(t, k float64) float64 { return k - t }), !c.Mirrored}
	case ir.OpMul, ir.OpDiv:
		return c.over(x, k, second)
	}
	return Comparing{}
}

// over is the comparison of x where m is x·k or x/k, if the sign of k is one.
func (c Comparing) over(x *ir.Value, k *ir.Tensor, second bool) Comparing {
	positive := rewrite.Everywhere(k, func(f float64) bool { return f > 0 })
	if !positive && !rewrite.Everywhere(k, func(f float64) bool { return f < 0 }) || c.Membrane.Op == ir.OpDiv && !second {
		return Comparing{}
	}
	threshold := Ratio(c.Threshold, Combine(k, rewrite.Scalar(1), Product))
	if c.Membrane.Op == ir.OpDiv {
		threshold = Combine(c.Threshold, k, Product)
	}
	return Comparing{x, threshold, c.Mirrored != !positive}
}
