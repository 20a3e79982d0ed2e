package layers

import (
	"slices"

	"nomul/ir"
)

// isLayer reports whether a value is a linear layer or a convolution with constant
// weights and, when it has a bias, one number for each output.
func isLayer(v *ir.Value) bool {
	return (v.Op == ir.OpLinear || v.Op == ir.OpConv) && RealConst(v.Args[1]) &&
		(v.Args[2] == nil || RealConst(v.Args[2]) && v.Args[2].Type.Shape.Rank() == 1)
}

// outputs is the number of a layer's outputs.
func outputs(layer *ir.Value) int { return layer.Args[1].Type.Shape.Dim(0) }

// outputAxis is the axis of a layer's result along which its outputs lie.
func outputAxis(layer *ir.Value) int {
	spatial := 0
	if a, ok := layer.Attrs.(ir.ConvAttrs); ok {
		spatial = len(a.Strides)
	}
	return layer.Type.Shape.Rank() - 1 - spatial
}

// perOutput is a real constant that broadcasts to a layer's result as one number
// for each output; nil when it differs along another axis.
func perOutput(layer *ir.Value, t *ir.Tensor) []float64 {
	s, out, n := t.Type.Shape, outputAxis(layer), outputs(layer)
	shift := layer.Type.Shape.Rank() - s.Rank()
	if shift < 0 {
		return nil
	}
	for i, d := range s.Dims() {
		if d != 1 && i+shift != out {
			return nil
		}
	}
	if s.Size() == n {
		return slices.Clone(t.F)
	}
	return slices.Repeat([]float64{t.F[0]}, n)
}

// scaledLayer appends diag(a)·(W·x + b) + c, a layer of the new net changed, under
// a name; a and c may be nil.
func scaledLayer(r *ir.Rebuilder, layer *ir.Value, name string, a, c []float64) (*ir.Value, error) {
	w := layer.Args[1].Const()
	k := w.Type.Size() / outputs(layer)
	weights, bias := slices.Clone(w.F), make([]float64, outputs(layer))
	if b := layer.Args[2].Const(); b != nil {
		copy(bias, b.F)
	}
	for i := range bias {
		if a != nil {
			bias[i] = float64(a[i] * bias[i])
			for j := i * k; j < (i+1)*k; j++ {
				weights[j] = float64(a[i] * weights[j])
			}
		}
		if c != nil {
			bias[i] += c[i]
		}
	}
	return newLinear(r, layer, name, layer.Args[0], weights, bias)
}

// newLinear appends a layer of the same form as an old one on x, with new data.
// A bias of zeros is left out.
func newLinear(r *ir.Rebuilder, like *ir.Value, name string, x *ir.Value, weights, bias []float64) (*ir.Value, error) {
	name = r.Unique(name)
	w, err := r.Const(r.Unique(name+".weight"), ir.Reals(like.Args[1].Type.Shape, weights))
	if err != nil {
		return nil, err
	}
	var b *ir.Value
	if AnyNonZero(bias) {
		if b, err = r.Const(r.Unique(name+".bias"), ir.Reals(ir.ShapeOf(len(bias)), bias)); err != nil {
			return nil, err
		}
	}
	return r.Add(like.Op, name, like.Attrs, x, w, b)
}

// RealConst reports whether a value is a real constant.
func RealConst(v *ir.Value) bool { return v.Const() != nil && v.Type.IsReal() }

// Varying returns the one operand of a value that is no constant; nil where there are none or several.
func Varying(v *ir.Value) (only *ir.Value) {
	for _, a := range v.Args {
		switch {
		case a == nil || a.Const() != nil:
		case only != nil:
			return nil
		default:
			only = a
		}
	}
	return only
}

func constArgs(args []*ir.Value) bool {
	return !slices.ContainsFunc(args, func(a *ir.Value) bool { return a.Const() == nil })
}

// AnyNonZero reports whether any number differs from 0.
func AnyNonZero(x []float64) bool {
	return slices.ContainsFunc(x, func(f float64) bool { return f != 0 })
}
