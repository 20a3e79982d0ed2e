package canonical

import (
	"slices"

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

// comparedFlags has a threshold in place of "is" and "is not", where a number is 0 or 1: thresholds alone are
// neurons without memory.
var comparedFlags = CanonicalRule{"compare-flag", "of a number f that is 0 or 1, f = 1 is f ≥ 1, f = 0 is 0 ≥ f, f ≠ 0 is f > 0, f ≠ 1 is 1 > f", comparedFlag}

func comparedFlag(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	is := Comparison(v)
	if is != ir.EQ && is != ir.NE || !isFlag(v.Args[0]) || !IsBits(v.Args[1].Const()) {
		return nil, nil
	}
	k, same := UniformOf(v.Args[1])
	if !same {
		return nil, nil
	}
	args := []*ir.Value{v.Args[0], v.Args[1]}
	above := map[ir.Compare]ir.Compare{ir.EQ: ir.GE, ir.NE: ir.GT}[is]
	if (k == 0) == (is == ir.EQ) {
		slices.Reverse(args)
	}
	return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: above}, args...)
}

// isFlag reports whether a real number is seen to be 0 or 1, as a choice among numbers of spikes is.
func isFlag(v *ir.Value) bool {
	switch {
	case v.Const() != nil:
		return IsBits(v.Const())
	case v.Op == ir.OpCast:
		return v.Args[0].Type.IsSpike()
	case v.Op == ir.OpWhere:
		return isFlag(v.Args[1]) && isFlag(v.Args[2])
	case v.Op == ir.OpMul || v.Op == ir.OpMin || v.Op == ir.OpMax:
		return isFlag(v.Args[0]) && isFlag(v.Args[1])
	}
	return v.Op == ir.OpSub && Every(v.Args[0], 1) && isFlag(v.Args[1])
}

// comparedDifference compares the difference of two computed numbers with 0, as neurons without memory do.
var comparedDifference = CanonicalRule{"compare-two", "a ≥ b of computed numbers is a − b ≥ 0, likewise for >", comparedTwo}

func comparedTwo(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	is := Comparison(v)
	if is != ir.GE && is != ir.GT || v.Args[0].Const() != nil || v.Args[1].Const() != nil || !v.Args[0].Type.IsReal() {
		return nil, nil
	}
	zero, err := c.Constant(v.Name+".zero", rewrite.Scalar(0), v)
	if err != nil {
		return nil, err
	}
	apart, err := c.As(&ir.Value{Name: v.Name + ".apart", Origin: v.Origin}, ir.OpSub, nil, v.Args...)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpCompare, v.Attrs, apart, zero)
}

// WithoutState are the rules for nets whose steps are layers without memory: each compares one number with
// constants.
func WithoutState() []CanonicalRule {
	out := slices.DeleteFunc(slices.Clone(CanonicalRules), func(r CanonicalRule) bool { return r.Name == "compare-difference" })
	return append(out, comparedFlags, comparedDifference)
}
