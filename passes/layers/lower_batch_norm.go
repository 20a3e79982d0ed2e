package layers

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// LowerBatchNorm writes a batch-norm that no weights could take (R1) as a·x + c along its axis. Its
// readers decide where a and c go: into the weights behind it (R17), into thresholds (R2), or into
// signed powers of two.
func LowerBatchNorm(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpBatchNorm || !constArgs(v.Args[1:]) {
			return nil, nil
		}
		a, c := normAffine(v)
		dims := Ones(v.Type.Shape.Rank()).Dims()
		dims[v.Attrs.(ir.BatchNormAttrs).Axis] = len(a)
		s := ir.ShapeOf(dims...)
		return scaleAndShift(r, v.Name, r.Of(v.Args[0]), ir.Reals(s, a), ir.Reals(s, c))
	})
}
