package layers

import (
	"math"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// Weighted is a linear layer or a convolution with constant weights, as rewrites of weights and
// biases see it.
type Weighted struct {
	*ir.Value
	Weights *ir.Tensor // the real weights: [outputs, ...]
	// in and out are the axes of the operand and of the result along which the
	// weights differ; along the others they are shared.
	in, Out int
	groups  int
	Taps    int // weights per input channel and output
}

// ByDepth lists the layers of weights of a net that are taken, by how many of these stand before each in a step.
func ByDepth(n *ir.Net, takes func(w Weighted) bool) [][]Weighted {
	var out [][]Weighted
	depth := map[*ir.Value]int{}
	for _, v := range n.Values {
		for _, a := range v.Args {
			depth[v] = max(depth[v], depth[a])
		}
		if w, ok := AsWeighted(v); ok && takes(w) {
			for len(out) <= depth[v] {
				out = append(out, nil)
			}
			out[depth[v]] = append(out[depth[v]], w)
			depth[v]++
		}
	}
	return out
}

// AsWeighted shows a linear or conv with real constant weights and no other
// bias than a constant.
func AsWeighted(v *ir.Value) (Weighted, bool) {
	if v.Op != ir.OpLinear && v.Op != ir.OpConv {
		return Weighted{}, false
	}
	if !RealConst(v.Args[1]) || v.Args[2] != nil && !RealConst(v.Args[2]) {
		return Weighted{}, false
	}
	w := Weighted{Value: v, Weights: v.Args[1].Const(), groups: 1, Taps: 1}
	spatial := 0
	if a, ok := v.Attrs.(ir.ConvAttrs); ok {
		spatial, w.groups = len(a.Strides), a.Groups
		for i := range spatial {
			w.Taps *= w.Weights.Type.Shape.Dim(2 + i)
		}
	}
	w.in = v.Args[0].Type.Shape.Rank() - 1 - spatial
	w.Out = v.Type.Shape.Rank() - 1 - spatial
	return w, true
}

// Outputs returns the number of rows of the weights.
func (w Weighted) Outputs() int { return w.Weights.Type.Shape.Dim(0) }

// Groups returns the number of groups of channels, each with rows of its own.
func (w Weighted) Groups() int { return w.groups }

// padded reports, for each tap of a row, whether it may see padding.
func (w Weighted) padded() []bool {
	if w.Op == ir.OpConv {
		return ir.WindowsOf(w.Value).Padded()
	}
	return []bool{false}
}

// Row is how many weights an output has.
func (w Weighted) Row() int { return len(w.Weights.F) / w.Outputs() }

// channel is the input channel that weight i of the whole tensor reads.
func (w Weighted) channel(i int) int {
	output, within := i/w.Row(), i%w.Row()/w.Taps
	perGroup := w.Weights.Type.Shape.Dim(1)
	return output/(w.Outputs()/w.groups)*perGroup + within
}

// others are the axes of the operand along which the weights are shared.
func (w Weighted) others() []int {
	var out []int
	for i := range w.Args[0].Type.Shape.Rank() {
		if i != w.in {
			out = append(out, i)
		}
	}
	return out
}

// RowMax is the largest weight magnitude of each output.
func (w Weighted) RowMax() []float64 {
	out := make([]float64, w.Outputs())
	for i, f := range w.Weights.F {
		out[i/w.Row()] = max(out[i/w.Row()], math.Abs(f))
	}
	return out
}

// PerOutput shapes one number per output so that it broadcasts to the result.
func (w Weighted) PerOutput(data []float64) *ir.Tensor {
	dims := Ones(w.Type.Shape.Rank()).Dims()
	dims[w.Out] = len(data)
	return ir.Reals(ir.ShapeOf(dims...), data)
}

// perInput is the number that a tensor, flat on the other axes, has for each
// input channel.
func (w Weighted) perInput(t *ir.Tensor) []float64 {
	x := w.Args[0].Type.Shape
	dims := Ones(x.Rank()).Dims()
	dims[w.in] = x.Dim(w.in)
	return rewrite.Stretched(t, ir.ShapeOf(dims...))
}

// Bias is the layer's bias, broadcasting to the result; nil when there is none.
func (w Weighted) Bias() *ir.Tensor {
	switch b := w.Args[2].Const(); {
	case b == nil:
		return nil
	case b.Type.Shape.Rank() == 1:
		return w.PerOutput(b.F)
	default:
		return b
	}
}

// scaled are the weights times one number per input channel: W·diag(gain).
func (w Weighted) scaled(gain []float64) *ir.Tensor {
	out := ir.NewTensor(w.Weights.Type)
	for i, f := range w.Weights.F {
		out.F[i] = float64(f * gain[w.channel(i)])
	}
	return out
}

// Response is the result of the layer on a real tensor that broadcasts to its operand, without its
// bias; padding is 0.
func (w Weighted) Response(weights, x *ir.Tensor) (*ir.Tensor, error) {
	return rewrite.Compute(w.Op, w.Attrs, SpreadTo(x, w.Args[0].Type.Shape), weights)
}

// rebuild appends the layer on another operand, with other weights and bias
// (broadcasting to the result, nil for none). A bias that differs only from
// output to output is written as one number for each, another one as a map; one
// of zeros is left out.
func (w Weighted) rebuild(r *ir.Rebuilder, x *ir.Value, weights, bias *ir.Tensor) (*ir.Value, error) {
	name := r.Unique(w.Name)
	wv, err := r.Const(r.Unique(name+".weight"), weights)
	if err != nil {
		return nil, err
	}
	var bv *ir.Value
	if bias != nil && AnyNonZero(bias.F) {
		if bv, err = r.Const(r.Unique(name+".bias"), w.BiasOperand(bias)); err != nil {
			return nil, err
		}
	}
	return r.Add(w.Op, name, w.Attrs, x, wv, bv)
}

// BiasOperand brings a bias into the shape that its slot takes.
func (w Weighted) BiasOperand(bias *ir.Tensor) *ir.Tensor {
	s := w.Type.Shape
	small := Compact(SpreadTo(bias, s))
	var rest []int
	for i := range s.Rank() {
		if i != w.Out {
			rest = append(rest, i)
		}
	}
	if FlatOn(small, s, rest) {
		return ir.Reals(ir.ShapeOf(w.Outputs()), w.PerOutputData(small))
	}
	return ir.Reals(ir.ShapeOf(small.Type.Shape.Dims()[min(w.leading(), s.Rank()):]...), small.F)
}

// leading is how many axes of the result stand before those that a bias map has.
func (w Weighted) leading() int {
	if w.Op == ir.OpConv {
		return w.Out
	}
	return 0
}

// PerOutputData is the number of each output in a tensor that is flat on the other axes.
func (w Weighted) PerOutputData(t *ir.Tensor) []float64 {
	dims := Ones(w.Type.Shape.Rank()).Dims()
	dims[w.Out] = w.Outputs()
	return rewrite.Stretched(t, ir.ShapeOf(dims...))
}
