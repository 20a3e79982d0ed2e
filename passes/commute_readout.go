package passes

import "nomul/ir"

// runCommuteReadout moves a sum over time in front of the linear layer whose
// results it sums: Σ_t (W·s_t + b) = W·Σ_t s_t + T·b (R8). The layer then runs
// once, on spike counts.
func runCommuteReadout(n *ir.Net, _ *Options) (*ir.Net, error) {
	readers := n.Readers()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpSum || !ownLinear(v.Args[0], readers) || v.Args[0].Clock != ir.Step {
			return nil, nil
		}
		lin := v.Args[0]
		x := r.Of(lin.Args[0])
		count, err := r.Add(ir.OpSum, r.Unique(x.Name+".count"), nil, x)
		if err != nil {
			return nil, err
		}
		w := lin.Args[1].Const()
		bias := make([]float64, w.Type.Shape.Dim(0))
		if lin.Args[2] != nil {
			for i, f := range lin.Args[2].Const().F {
				bias[i] = f * float64(n.Steps)
			}
		}
		return newLinear(r, lin, v.Name, count, w.F, bias)
	})
}
