package layers

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// ComposeLinear takes constants around a layer into it: factors and summands, one or one for each
// output, behind it, c·(W·x + b) + d = (diag(c)·W)·x + c·b + d; factors before it, W·(c·x) =
// (c·W)·x, that of a mean too, mean(x) = sum(x)/n; and a batch-norm before a linear layer (R17).
func ComposeLinear(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	readers := n.Readers()
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if isLayer(v) {
			return affineBefore(r, v)
		}
		x, factor, summand := affineOf(v)
		if x == nil || len(readers[x]) != 1 || !isLayer(r.Of(x)) || r.Of(x).Type.Shape != v.Type.Shape {
			return nil, nil
		}
		layer := r.Of(x)
		a, c := composed(layer, factor), composed(layer, summand)
		if a == nil && c == nil {
			return nil, nil
		}
		return scaledLayer(r, layer, v.Name, a, c)
	})
}

// composed is the constant as one number for each output; nil when it is absent,
// or no such constant.
func composed(layer *ir.Value, t *ir.Tensor) []float64 {
	if t == nil {
		return nil
	}
	return perOutput(layer, t)
}

// affineOf parts x·c, x/c, x + d, x − d, d − x and −x with real constants.
func affineOf(v *ir.Value) (x *ir.Value, factor, summand *ir.Tensor) {
	if x, factor = FactorOf(v); factor != nil {
		if v.Op == ir.OpDiv {
			factor = canonical.Combine(factor, rewrite.Scalar(1), func(c, one float64) float64 { return one / c })
		}
		return x, factor, nil
	}
	switch {
	case v.Op == ir.OpNeg:
		return v.Args[0], rewrite.Scalar(-1), nil
	case v.Op == ir.OpAdd && RealConst(v.Args[0]):
		return v.Args[1], nil, v.Args[0].Const()
	case v.Op == ir.OpAdd && RealConst(v.Args[1]):
		return v.Args[0], nil, v.Args[1].Const()
	case v.Op == ir.OpSub && RealConst(v.Args[1]):
		return v.Args[0], nil, canonical.Scaled(v.Args[1].Const(), -1)
	}
	return nil, nil, nil
}

// FactorOf parts x·c, c·x and x/c with a real constant c.
func FactorOf(v *ir.Value) (x *ir.Value, factor *ir.Tensor) {
	switch {
	case v.Op == ir.OpMul && RealConst(v.Args[0]):
		return v.Args[1], v.Args[0].Const()
	case (v.Op == ir.OpMul || v.Op == ir.OpDiv) && RealConst(v.Args[1]):
		return v.Args[0], v.Args[1].Const()
	}
	return nil, nil
}

// affineBefore takes affine functions of a layer's operand into its weights and bias: W·(a·x + c) +
// b = (W·diag(a))·x + W·c + b. Factors and means go into any layer; a batch-norm over the inputs of
// a linear layer too.
func affineBefore(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	before := &inputAffine{r: r, layer: v, a: 1}
	x, err := before.part(v.Args[0])
	if x == nil || err != nil {
		return nil, err
	}
	w := v.Args[1].Const()
	weights, bias := slices.Clone(w.F), make([]float64, outputs(v))
	if v.Args[2] != nil {
		copy(bias, v.Args[2].Const().F)
	}
	k := len(w.F) / len(bias)
	for i := range weights {
		if before.shift != nil {
			bias[i/k] += float64(weights[i] * before.shift[i%k])
		}
		if before.gain != nil {
			weights[i] = float64(weights[i] * before.gain[i%k])
		}
		weights[i] = float64(weights[i] * before.a)
	}
	return newLinear(r, v, v.Name, x, weights, bias)
}

// inputAffine is the affine function between a layer and its new operand x: the layer reads
// gain·(a·x) + shift, gain and shift one number for each input, nil for none.
type inputAffine struct {
	r           *ir.Rebuilder
	layer       *ir.Value
	a           float64
	gain, shift []float64
}

// part is v without its factors; nil when it has none.
func (f *inputAffine) part(v *ir.Value) (*ir.Value, error) {
	if v.Op == ir.OpBatchNorm && f.layer.Op == ir.OpLinear && f.gain == nil && constArgs(v.Args[1:]) &&
		v.Attrs.(ir.BatchNormAttrs).Axis == v.Type.Shape.Rank()-1 {
		f.gain, f.shift = normAffine(v)
		return f.rest(v.Args[0])
	}
	if v.Op == ir.OpReduceMean {
		f.a *= float64(v.Type.Size()) / float64(v.Args[0].Type.Size())
		return f.r.Add(ir.OpReduceSum, f.r.Unique(v.Name), v.Attrs, f.r.Of(v.Args[0]))
	}
	x, factor := FactorOf(v)
	if factor == nil || x.Type.Shape != v.Type.Shape {
		return nil, nil
	}
	by, ok := factor.Uniform()
	switch {
	case !ok:
		return nil, nil
	case v.Op == ir.OpDiv:
		by = 1 / by
	}
	f.a *= by
	return f.rest(x)
}

// rest is v without the factors before it.
func (f *inputAffine) rest(v *ir.Value) (*ir.Value, error) {
	if x, err := f.part(v); x != nil || err != nil {
		return x, err
	}
	return f.r.Of(v), nil
}
