package canonical

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// IsMap reports whether a value is a function of each element, and which.
func IsMap(v *ir.Value, fn ir.Fn) bool {
	return v.Op == ir.OpMap && v.Attrs.(ir.MapAttrs).Fn == fn
}

// MembraneOf returns the membrane that v compares by ≥ or > with a threshold; nil when v is no such
// comparison.
func MembraneOf(v *ir.Value) *ir.Value {
	is := Comparison(v)
	switch {
	case is != ir.GE && is != ir.GT:
		return nil
	case v.Args[0].Const() == nil:
		return v.Args[0]
	case v.Args[1].Const() == nil:
		return v.Args[1]
	}
	return nil
}

// ScaledFrom returns the number of which a value is a multiple by a constant, or which it is.
func ScaledFrom(v *ir.Value) *ir.Value {
	if v.Op == ir.OpMul && v.Args[1].Const() != nil {
		return v.Args[0]
	}
	return v
}

// ByElement reports whether an op computes neuron by neuron, without comparing.
func ByElement(op ir.Op) bool { return op.Class() == ir.Element && op != ir.OpCompare }

// Unscaled returns the number of which constants and functions alone make a compared value: h of
// h/0.8, of |h| and of h·h, which the next step reads.
func Unscaled(v *ir.Value) *ir.Value {
	c := Comparing{Membrane: v, Threshold: rewrite.Scalar(0)}
	for x := c; x.Membrane != nil; {
		c = x
		switch x = c.Below(); {
		case x.Membrane != nil:
		case c.Membrane.Op == ir.OpMap, c.Membrane.Op == ir.OpMul && c.Membrane.Args[0] == c.Membrane.Args[1], c.Membrane.Op == ir.OpPow && c.Membrane.Args[1].Const() != nil:
			x = Comparing{Membrane: c.Membrane.Args[0], Threshold: c.Threshold}
		}
	}
	return c.Membrane
}

// Compared is the comparison that a value is as numbers; nil when it is none.
func Compared(v *ir.Value) *ir.Value {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	if MembraneOf(v) == nil {
		return nil
	}
	return v
}

// IsFn reports whether a value is the function fn of each element.
func IsFn(v *ir.Value, fn ir.Fn) bool {
	return v.Op == ir.OpMap && v.Attrs.(ir.MapAttrs).Fn == fn
}

// IsBits reports whether there is a constant, and it is made of 0 and 1.
func IsBits(t *ir.Tensor) bool {
	if t == nil {
		return false
	}
	for i := range t.Type.Size() {
		if f := t.At(i); f != 0 && f != 1 {
			return false
		}
	}
	return true
}
