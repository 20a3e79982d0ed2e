package layers

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// FoldPads gives a convolution the zeros that a pad puts around its operand. Both pad integers with
// 0: the real number of the padding is in the bias already.
func FoldPads(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		a, ok := v.Attrs.(ir.ConvAttrs)
		if !ok || !padsZero(v.Args[0]) {
			return nil, nil
		}
		p := v.Args[0].Attrs.(ir.PadAttrs)
		spatial := len(a.Strides)
		first := len(p.Before) - spatial
		for _, axis := range PaddedAxes(p) {
			if axis < first {
				return nil, nil
			}
		}
		pads := make([]int, 2*spatial)
		for i := range spatial {
			pads[i] = a.Pads[i] + p.Before[first+i]
			pads[spatial+i] = a.Pads[spatial+i] + p.After[first+i]
		}
		a.Pads = pads
		out, err := r.CopyWith(v, a, r.Of(v.Args[0].Args[0]), r.Of(v.Args[1]), r.Of(v.Args[2]))
		if err != nil { // a window would see padding only, which a conv must not have
			return nil, nil
		}
		return out, nil
	})
}

// padsZero reports whether a value is a pad with 0.
func padsZero(v *ir.Value) bool {
	if v.Op != ir.OpPad {
		return false
	}
	if v.Args[1] == nil {
		return true
	}
	c := v.Args[1].Const()
	return c != nil && c.At(0) == 0
}
