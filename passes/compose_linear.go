package passes

import "nomul/ir"

// runComposeLinear multiplies a constant factor, one or one per output, behind a
// linear layer into it: c·(W·x + b) = (diag(c)·W)·x + c·b.
func runComposeLinear(n *ir.Net, _ *Options) (*ir.Net, error) {
	readers := n.Readers()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		lin, factor := factorOf(v)
		if factor == nil || !ownLinear(lin, readers) {
			return nil, nil
		}
		outs := lin.Args[1].Type.Shape.Dim(0)
		if factor.Type.Size() != 1 && (factor.Type.Size() != outs || lin.Type.Shape.Rank() != 1) {
			return nil, nil
		}
		a := make([]float64, outs)
		for i := range a {
			a[i] = factor.F[i%factor.Type.Size()]
			if v.Op == ir.OpDiv {
				a[i] = 1 / a[i]
			}
		}
		return scaledLinear(r, lin, v.Name, a, nil)
	})
}

// factorOf parts x·c, c·x and x/c with a real constant c.
func factorOf(v *ir.Value) (x *ir.Value, factor *ir.Tensor) {
	switch {
	case v.Op == ir.OpMul && realConst(v.Args[0]):
		return v.Args[1], v.Args[0].Const()
	case (v.Op == ir.OpMul || v.Op == ir.OpDiv) && realConst(v.Args[1]):
		return v.Args[0], v.Args[1].Const()
	}
	return nil, nil
}
