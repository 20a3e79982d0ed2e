package passes

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// runQuantise rounds once, from float64, and leaves integers only. Weights are
// W_q = round(W/s) in the scale s of their layer. Thresholds are integers by
// the choice of s. The bias of a layer of words goes in whole units into the
// layer, that of a layer of spikes into the neuron with its guard bits.
func runQuantise(n *ir.Net, _ *Options) (*ir.Net, error) {
	return ir.Rebuild(n, ir.Fixed, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		q := quantiser{r}
		switch {
		case v.Op == ir.OpLinear:
			return q.linear(v)
		case v.Op == ir.OpNeuron:
			return q.neuron(v)
		case v.Op == ir.OpOutput && v.Type.IsReal():
			out, err := r.Copy(v)
			if err == nil {
				out.Scale = out.Args[0].Scale
			}
			return out, err
		case v.Type.IsReal() && v.Op != ir.OpConst:
			return nil, refuse(v, diag.NotExact, "is real, and no rule runs it on integers")
		}
		return nil, nil
	})
}

type quantiser struct {
	r *ir.Rebuilder
}

func (q quantiser) linear(v *ir.Value) (*ir.Value, error) {
	if v.Scale == nil {
		return nil, refuse(v, diag.NotExact, "has no scale; run choose-scales first")
	}
	x := q.r.Of(v.Args[0])
	if x.Type.IsReal() {
		return nil, refuse(v, diag.NotExact, "reads the real %%%s", x.Name)
	}
	scale := stretched(v.Scale.Data, v.Type.Shape)
	weights := roundWeights(v.Args[1].Const(), scale)
	w, err := q.r.AddTyped(ir.OpConst, q.r.Unique(v.Args[1].Name), ir.ConstAttrs{Data: weights}, ir.SintType(weightBits, weights.Type.Shape))
	if err != nil {
		return nil, err
	}
	var bias *ir.Value
	if biasInLayer(v) {
		if bias, err = q.integers(v.Name+".bias", layerBias(v, weights, scale)); err != nil {
			return nil, err
		}
	}
	attrs := ir.LinearAttrs{}
	if x.Type.Bits > 1 {
		attrs.Slots = ir.SlotsPlanes
	}
	out, err := q.r.Add(ir.OpLinear, q.r.Unique(v.Name), attrs, x, w, bias)
	if err == nil {
		out.Scale = v.Scale
	}
	return out, err
}

func (q quantiser) integers(name string, data []int64) (*ir.Value, error) {
	return q.r.Const(q.r.Unique(name), ir.Ints(ir.ShapeOf(len(data)), data))
}

// roundWeights is round(W/s) with one scale per output; halves go away from zero.
func roundWeights(w *ir.Tensor, scale []float64) *ir.Tensor {
	k := w.Type.Shape.Dim(1)
	out := &ir.Tensor{Type: ir.SintType(64, w.Type.Shape), I: make([]int64, len(w.F))}
	for i, f := range w.F {
		out.I[i] = int64(math.Round(f / scale[i/k]))
	}
	return out
}

// biasInLayer tells whether a layer keeps its own bias: one of words, or one
// whose result is read out. Between spikes and neurons it goes to the neurons.
func biasInLayer(v *ir.Value) bool { return v.Args[0].Type.Bits > 1 || v.Clock == ir.End }

// layerBias rounds b/s + Σ_j (W/s − W_q)_j·z_j, where z is the pixel that stands
// for the number 0: what rounding the weights changed at that pixel is put
// right, so that it acts on differences from it only (R11).
func layerBias(v *ir.Value, weights *ir.Tensor, scale []float64) []int64 {
	w, k := v.Args[1].Const(), weights.Type.Shape.Dim(1)
	zero := zeroPixels(v.Args[0])
	out := make([]int64, len(scale))
	for n := range out {
		b := 0.0
		if v.Args[2] != nil {
			b = v.Args[2].Const().F[n] / scale[n]
		}
		for j, z := range zero {
			b += float64((w.F[n*k+j]/scale[n] - float64(weights.I[n*k+j])) * z)
		}
		out[n] = int64(math.Round(b))
	}
	return out
}

// zeroPixels is the pixel that stands for 0, per element, where x is an input
// with a normalisation behind reshapes; else nothing.
func zeroPixels(x *ir.Value) []float64 {
	for x.Op == ir.OpReshape {
		x = x.Args[0]
	}
	if x.Op != ir.OpInput {
		return nil
	}
	col := pixelColumns(x)
	for i := range col.shift {
		col.shift[i] /= col.gain[i]
	}
	return col.shift
}

func (q quantiser) neuron(v *ir.Value) (*ir.Value, error) {
	attrs, x := v.Attrs.(ir.NeuronAttrs), v.Args[ir.NeuronX]
	if attrs.Leak.Kind == ir.LeakFactor {
		return nil, refuse(v, diag.NotExact, "its leak %v is neither 2^-k nor 1 − 2^-k, so it is not a shift", v.Args[ir.NeuronLeak].Const().F[0])
	}
	if x.Scale == nil || q.r.Of(x).Type.IsReal() {
		return nil, refuse(v, diag.NotExact, "its input %%%s has no integer scale", x.Name)
	}
	scale := stretched(x.Scale.Data, x.Type.Shape)
	theta := stretched(v.Args[ir.NeuronThreshold].Const(), x.Type.Shape)
	attrs.Guard = guardBits(x, theta, scale)
	args := make([]*ir.Value, ir.NeuronLeak)
	args[ir.NeuronX] = q.r.Of(x)
	for i := ir.NeuronThreshold; i < ir.NeuronLeak; i++ {
		units := inUnits(v.Args[i], scale, attrs.Guard)
		if i == ir.NeuronBias && !biasInLayer(x) {
			units = addUnits(units, inUnits(x.Args[2], scale, attrs.Guard))
		}
		if units == nil {
			continue
		}
		var err error
		if args[i], err = q.integers(v.Name+"."+v.Op.Operands()[i].Name, rounded(units)); err != nil {
			return nil, err
		}
	}
	return q.r.CopyWith(v, attrs, args...)
}

// inUnits is a real operand in units of 2^-guard of the scale; nil if it is absent.
func inUnits(v *ir.Value, scale []float64, guard int) []float64 {
	if v == nil {
		return nil
	}
	out := make([]float64, len(scale))
	for i, f := range stretched(v.Const(), ir.ShapeOf(len(scale))) {
		out[i] = math.Ldexp(f/scale[i], guard)
	}
	return out
}

func addUnits(a, b []float64) []float64 {
	if a == nil || b == nil {
		return append(a, b...)
	}
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

func rounded(x []float64) []int64 {
	out := make([]int64, len(x))
	for i, f := range x {
		out[i] = int64(math.Round(f))
	}
	return out
}
