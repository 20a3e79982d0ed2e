package passes

import (
	"math"

	"nomul/ir"
)

// weighted is a linear layer or a convolution with constant weights: what the
// rewrites that change weights and biases need to know of either.
type weighted struct {
	*ir.Value
	w *ir.Tensor // the real weights: [outputs, ...]
	// in and out are the axes of the operand and of the result along which the
	// weights differ; along the others they are shared.
	in, out int
	groups  int
	taps    int // weights per input channel and output
}

// asWeighted shows a linear or conv with real constant weights and no other
// bias than a constant.
func asWeighted(v *ir.Value) (weighted, bool) {
	if v.Op != ir.OpLinear && v.Op != ir.OpConv {
		return weighted{}, false
	}
	if !realConst(v.Args[1]) || v.Args[2] != nil && !realConst(v.Args[2]) {
		return weighted{}, false
	}
	w := weighted{Value: v, w: v.Args[1].Const(), groups: 1, taps: 1}
	spatial := 0
	if a, ok := v.Attrs.(ir.ConvAttrs); ok {
		spatial, w.groups = len(a.Strides), a.Groups
		for i := range spatial {
			w.taps *= w.w.Type.Shape.Dim(2 + i)
		}
	}
	w.in = v.Args[0].Type.Shape.Rank() - 1 - spatial
	w.out = v.Type.Shape.Rank() - 1 - spatial
	return w, true
}

func (w weighted) outputs() int { return w.w.Type.Shape.Dim(0) }

// padded reports, for each tap of a row, whether it may see padding.
func (w weighted) padded() []bool {
	if w.Op == ir.OpConv {
		return ir.WindowsOf(w.Value).Padded()
	}
	return []bool{false}
}

// row is how many weights an output has.
func (w weighted) row() int { return len(w.w.F) / w.outputs() }

// channel is the input channel that weight i of the whole tensor reads.
func (w weighted) channel(i int) int {
	output, within := i/w.row(), i%w.row()/w.taps
	perGroup := w.w.Type.Shape.Dim(1)
	return output/(w.outputs()/w.groups)*perGroup + within
}

// others are the axes of the operand along which the weights are shared.
func (w weighted) others() []int {
	var out []int
	for i := range w.Args[0].Type.Shape.Rank() {
		if i != w.in {
			out = append(out, i)
		}
	}
	return out
}

// rowMax is the largest weight magnitude of each output.
func (w weighted) rowMax() []float64 {
	out := make([]float64, w.outputs())
	for i, f := range w.w.F {
		out[i/w.row()] = max(out[i/w.row()], math.Abs(f))
	}
	return out
}

// perOutput shapes one number per output so that it broadcasts to the result.
func (w weighted) perOutput(data []float64) *ir.Tensor {
	dims := ones(w.Type.Shape.Rank()).Dims()
	dims[w.out] = len(data)
	return ir.Reals(ir.ShapeOf(dims...), data)
}

// perInput is the number that a tensor, flat on the other axes, has for each
// input channel.
func (w weighted) perInput(t *ir.Tensor) []float64 {
	x := w.Args[0].Type.Shape
	dims := ones(x.Rank()).Dims()
	dims[w.in] = x.Dim(w.in)
	return stretched(t, ir.ShapeOf(dims...))
}

// bias is the layer's bias, broadcasting to the result; nil when there is none.
func (w weighted) bias() *ir.Tensor {
	switch b := w.Args[2].Const(); {
	case b == nil:
		return nil
	case b.Type.Shape.Rank() == 1:
		return w.perOutput(b.F)
	default:
		return b
	}
}

// scaled are the weights times one number per input channel: W·diag(gain).
func (w weighted) scaled(gain []float64) *ir.Tensor {
	out := ir.NewTensor(w.w.Type)
	for i, f := range w.w.F {
		out.F[i] = float64(f * gain[w.channel(i)])
	}
	return out
}

// response is what the layer makes of a real tensor that broadcasts to its
// operand, without its bias; padding is 0.
func (w weighted) response(weights, x *ir.Tensor) (*ir.Tensor, error) {
	return compute(w.Op, w.Attrs, spreadTo(x, w.Args[0].Type.Shape), weights)
}

// rebuild appends the layer on another operand, with other weights and bias
// (broadcasting to the result, nil for none). A bias that differs only from
// output to output is written as one number for each, another one as a map; one
// of zeros is left out.
func (w weighted) rebuild(r *ir.Rebuilder, x *ir.Value, weights, bias *ir.Tensor) (*ir.Value, error) {
	name := r.Unique(w.Name)
	wv, err := r.Const(r.Unique(name+".weight"), weights)
	if err != nil {
		return nil, err
	}
	var bv *ir.Value
	if bias != nil && anyNonZero(bias.F) {
		if bv, err = r.Const(r.Unique(name+".bias"), w.biasOperand(bias)); err != nil {
			return nil, err
		}
	}
	return r.Add(w.Op, name, w.Attrs, x, wv, bv)
}

// biasOperand brings a bias into the shape that its slot takes.
func (w weighted) biasOperand(bias *ir.Tensor) *ir.Tensor {
	s := w.Type.Shape
	small := compact(spreadTo(bias, s))
	var rest []int
	for i := range s.Rank() {
		if i != w.out {
			rest = append(rest, i)
		}
	}
	if flatOn(small, s, rest) {
		return ir.Reals(ir.ShapeOf(w.outputs()), w.perOutputData(small))
	}
	return ir.Reals(ir.ShapeOf(small.Type.Shape.Dims()[min(w.leading(), s.Rank()):]...), small.F)
}

// leading is how many axes of the result stand before those that a bias map has.
func (w weighted) leading() int {
	if w.Op == ir.OpConv {
		return w.out
	}
	return 0
}

// perOutputData is the number of each output in a tensor that is flat on the other axes.
func (w weighted) perOutputData(t *ir.Tensor) []float64 {
	dims := ones(w.Type.Shape.Rank()).Dims()
	dims[w.out] = w.outputs()
	return stretched(t, ir.ShapeOf(dims...))
}
