package passes

import "nomul/ir"

// isAlpha tells whether a membrane is that of snnTorch's Alpha, less its resets:
// τ·((α·e + x) + (β·i − x)). It is only asked for a name once the membrane is
// known not to follow from the one before.
func isAlpha(m *ir.Value) bool {
	for m.Op == ir.OpSub && m.Args[1].Op == ir.OpMul {
		m = m.Args[0]
	}
	if !isScaled(m) || m.Args[0].Op != ir.OpAdd {
		return false
	}
	for i, up := range m.Args[0].Args {
		down := m.Args[0].Args[1-i]
		if up.Op == ir.OpAdd && down.Op == ir.OpSub && up.Args[1] == down.Args[1] && isScaled(up.Args[0]) && isScaled(down.Args[0]) {
			return true
		}
	}
	return false
}

// isScaled tells whether v is something times a constant.
func isScaled(v *ir.Value) bool {
	return v.Op == ir.OpMul && v.Args[1].Const() != nil
}
