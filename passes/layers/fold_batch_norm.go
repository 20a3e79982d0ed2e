package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// FoldBatchNorm is R1: a·(W·x + b − μ) + β with a = γ/√(σ² + ε) is W'·x + b'
// with W' = diag(a)·W and b' = a·(b − μ) + β, for a linear layer and for a
// convolution. Reshapes and transposes may stand between, as long as the
// batch-norm is over the layer's outputs; a batch-norm over anything else stays.
func FoldBatchNorm(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	readers := n.Readers()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op == ir.OpReduceMean {
			return behindMean(r, v, readers)
		}
		if v.Op == ir.OpTranspose {
			return backAndForth(r, v), nil
		}
		if v.Op != ir.OpBatchNorm || !constArgs(v.Args[1:]) {
			return nil, nil
		}
		layer, views, axis := behindViews(v, readers)
		if layer == nil || axis != outputAxis(layer) {
			return nil, nil
		}
		name := v.Name
		if len(views) > 0 {
			name = layer.Name
		}
		a, c := normAffine(v)
		out, err := scaledLayer(r, r.Of(layer), name, a, c)
		for i, view := range slices.Backward(views) {
			if err != nil {
				return nil, err
			}
			if name = view.Name; i == 0 {
				name = v.Name
			}
			out, err = r.Add(view.Op, r.Unique(name), view.Attrs, out)
		}
		return out, err
	})
}

// backAndForth is the operand of two transpositions that cancel, when there is no batch-norm
// between them any more; else nil.
func backAndForth(r *ir.Rebuilder, v *ir.Value) *ir.Value {
	first := r.Of(v.Args[0])
	if first.Op != ir.OpTranspose {
		return nil
	}
	back, forth := v.Attrs.(ir.PermAttrs).Perm, first.Attrs.(ir.PermAttrs).Perm
	for i, axis := range back {
		if forth[axis] != i {
			return nil
		}
	}
	return first.Args[0]
}

// behindMean moves a batch-norm behind the mean that alone reads it, over other
// axes: the mean of a·x + c is a·mean(x) + c.
func behindMean(r *ir.Rebuilder, mean *ir.Value, readers map[*ir.Value][]*ir.Value) (*ir.Value, error) {
	norm, a := mean.Args[0], mean.Attrs.(ir.ReduceAttrs)
	if norm.Op != ir.OpBatchNorm || len(readers[norm]) != 1 || !constArgs(norm.Args[1:]) || isLayer(norm.Args[0]) {
		return nil, nil
	}
	attrs := norm.Attrs.(ir.BatchNormAttrs)
	if slices.Contains(a.Axes, attrs.Axis) || a.Keep {
		return nil, nil
	}
	for _, axis := range slices.Backward(slices.Sorted(slices.Values(a.Axes))) {
		attrs.Axis = ir.Behind(attrs.Axis, axis)
	}
	x, err := r.Add(ir.OpReduceMean, r.Unique(mean.Name), a, r.Of(norm.Args[0]))
	if err != nil {
		return nil, err
	}
	args := []*ir.Value{x}
	for _, c := range norm.Args[1:] {
		args = append(args, r.Of(c))
	}
	return r.Add(ir.OpBatchNorm, r.Unique(norm.Name), attrs, args...)
}

// behindViews finds the layer that a batch-norm normalises, the reshapes and
// transposes between (the last first), and which axis of the layer's result the
// channels are. Everything on the way has one reader; nil when there is no such layer.
func behindViews(v *ir.Value, readers map[*ir.Value][]*ir.Value) (layer *ir.Value, views []*ir.Value, axis int) {
	x, axis := v.Args[0], v.Attrs.(ir.BatchNormAttrs).Axis
	for !isLayer(x) {
		if len(readers[x]) != 1 {
			return nil, nil, 0
		}
		if axis = axisBefore(x, axis); axis < 0 {
			return nil, nil, 0
		}
		views = append(views, x)
		x = x.Args[0]
	}
	if len(readers[x]) != 1 {
		return nil, nil, 0
	}
	return x, views, axis
}

// axisBefore is the axis of a view's operand that an axis of the view is; −1 when
// there is none.
func axisBefore(v *ir.Value, axis int) int {
	switch a := v.Attrs.(type) {
	case ir.PermAttrs:
		return a.Perm[axis]
	case ir.ShapeAttrs:
		if v.Op != ir.OpReshape {
			return -1
		}
		from, to := v.Args[0].Type.Shape.Dims(), v.Type.Shape.Dims()
		for i, d := range from {
			if d == to[axis] && canonical.Size(from[:i]) == canonical.Size(to[:axis]) {
				return i
			}
		}
	}
	return -1
}

// normAffine writes a batch-norm as a·x + c per channel: a = γ/√(σ² + ε), c = β − a·μ.
func normAffine(v *ir.Value) (a, c []float64) {
	gamma, beta, mean, variance := v.Args[1].Const().F, v.Args[2].Const().F, v.Args[3].Const().F, v.Args[4].Const().F
	eps := v.Attrs.(ir.BatchNormAttrs).Eps
	a, c = make([]float64, len(gamma)), make([]float64, len(gamma))
	for i := range a {
		a[i] = gamma[i] / math.Sqrt(variance[i]+eps)
		c[i] = beta[i] - float64(a[i]*mean[i])
	}
	return a, c
}
