package passes

import (
	"math"

	"nomul/ir"
)

// runFoldBatchNorm is R1: a·(W·x + b − μ) + β with a = γ/√(σ² + ε) is W'·x + b'
// with W' = diag(a)·W and b' = a·(b − μ) + β. A batch-norm that does not stand
// directly behind its own linear layer, over that layer's outputs, stays.
func runFoldBatchNorm(n *ir.Net, _ *Options) (*ir.Net, error) {
	readers := n.Readers()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if v.Op != ir.OpBatchNorm {
			return nil, nil
		}
		lin := v.Args[0]
		axis := v.Attrs.(ir.BatchNormAttrs).Axis
		if !ownLinear(lin, readers) || axis != v.Type.Shape.Rank()-1 || !constArgs(v.Args[1:]) {
			return nil, nil
		}
		a, c := normAffine(v)
		return scaledLinear(r, lin, v.Name, a, c)
	})
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

// ownLinear tells whether a value is a linear layer with constant weights that
// exactly one other value reads.
func ownLinear(v *ir.Value, readers map[*ir.Value][]*ir.Value) bool {
	return v.Op == ir.OpLinear && len(readers[v]) == 1 && realConst(v.Args[1]) &&
		(v.Args[2] == nil || realConst(v.Args[2]))
}

func realConst(v *ir.Value) bool { return v.Const() != nil && v.Type.IsReal() }

func constArgs(args []*ir.Value) bool {
	for _, a := range args {
		if a.Const() == nil {
			return false
		}
	}
	return true
}

// scaledLinear appends the linear layer diag(a)·(W·x + b) + c under a name; c may be nil.
func scaledLinear(r *ir.Rebuilder, lin *ir.Value, name string, a, c []float64) (*ir.Value, error) {
	w := lin.Args[1].Const()
	k := w.Type.Shape.Dim(1)
	weights := make([]float64, len(w.F))
	for i, f := range w.F {
		weights[i] = float64(a[i/k] * f)
	}
	bias := make([]float64, len(a))
	for i := range bias {
		if lin.Args[2] != nil {
			bias[i] = float64(a[i] * lin.Args[2].Const().F[i])
		}
		if c != nil {
			bias[i] += c[i]
		}
	}
	return newLinear(r, lin, name, r.Of(lin.Args[0]), weights, bias)
}

// newLinear appends a linear layer shaped like an old one on x, with new data.
// A bias of zeros is left out.
func newLinear(r *ir.Rebuilder, like *ir.Value, name string, x *ir.Value, weights, bias []float64) (*ir.Value, error) {
	name = r.Unique(name)
	w, err := r.Const(r.Unique(name+".weight"), ir.Reals(like.Args[1].Type.Shape, weights))
	if err != nil {
		return nil, err
	}
	var b *ir.Value
	if anyNonZero(bias) {
		if b, err = r.Const(r.Unique(name+".bias"), ir.Reals(ir.ShapeOf(len(bias)), bias)); err != nil {
			return nil, err
		}
	}
	return r.Add(ir.OpLinear, name, like.Attrs, x, w, b)
}

func anyNonZero(x []float64) bool {
	for _, f := range x {
		if f != 0 {
			return true
		}
	}
	return false
}
