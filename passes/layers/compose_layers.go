package layers

import (
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// ComposeLayers is R13: two weighted layers without a neuron between them are
// one, W₂·(W₁·x + b₁) + b₂ = (W₂·W₁)·x + (W₂·b₁ + b₂). Convolutions compose if
// the outer one does not pad, or if the inner one is 1×1: padding is then the
// same zeros for both, and W₂·b₁ differs at the border. Other layers, with ops between
// them that move or add up elements, become one matrix where that is small.
func ComposeLayers(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		outer, ok := AsWeighted(v)
		if !ok {
			return nil, nil
		}
		x := r.Of(v.Args[0])
		if inner, ok := AsWeighted(x); ok && inner.Op == v.Op {
			out, err := composeAlike(r, outer, inner)
			if out != nil || err != nil {
				return out, err
			}
		}
		return composeMatrix(r, outer, x)
	})
}

// composeAlike composes two layers of a kind; nil where that is not exact.
func composeAlike(r *ir.Rebuilder, outer, inner Weighted) (*ir.Value, error) {
	if outer.Op == ir.OpLinear {
		return composeLinears(r, outer, inner)
	}
	return composeConvs(r, outer, inner)
}

// composedBias is W₂·b₁ + b₂.
func composedBias(outer, inner Weighted) (*ir.Tensor, error) {
	first, bias := inner.Bias(), outer.Bias()
	if first == nil {
		return bias, nil
	}
	through, err := outer.Response(outer.Weights, first)
	return Plus(through, bias), err
}

func composeLinears(r *ir.Rebuilder, outer, inner Weighted) (*ir.Value, error) {
	bias, err := composedBias(outer, inner)
	if err != nil {
		return nil, err
	}
	n, k, mid := outer.Outputs(), inner.Row(), inner.Outputs()
	w := ir.NewTensor(ir.RealType(ir.ShapeOf(n, k)))
	for i := range n {
		for j := range mid {
			for l := range k {
				w.F[i*k+l] += float64(outer.Weights.F[i*mid+j] * inner.Weights.F[j*k+l])
			}
		}
	}
	return outer.rebuild(r, inner.Args[0], w, bias)
}

// composeConvs composes where it is exact; else the layers stay two.
func composeConvs(r *ir.Rebuilder, outer, inner Weighted) (*ir.Value, error) {
	o, i := outer.Attrs.(ir.ConvAttrs), inner.Attrs.(ir.ConvAttrs)
	if len(o.Strides) != len(i.Strides) || anyPads(o) && !pointwise(inner, i) {
		return nil, nil
	}
	bias, err := composedBias(outer, inner)
	if err != nil {
		return nil, err
	}
	c := newComposition(outer, inner, o, i)
	merged := outer
	value := *outer.Value
	value.Attrs = ir.ConvAttrs{Strides: c.strides, Pads: c.pads, Dilations: c.dilations, Groups: 1}
	merged.Value = &value
	return merged.rebuild(r, inner.Args[0], c.weights(), bias)
}

func anyPads(a ir.ConvAttrs) bool { return slices.Max(a.Pads) > 0 }

// pointwise reports whether a convolution sees one place at a time, in place.
func pointwise(w Weighted, a ir.ConvAttrs) bool {
	return w.Taps == 1 && !anyPads(a) && slices.Max(a.Strides) == 1
}

// composition is the geometry of two convolutions as one: tap k₂ of the outer on
// tap k₁ of the inner is place k₂·d₂·s₁ + k₁·d₁ of the operand.
type composition struct {
	outer, inner             Weighted
	strides, pads, dilations []int
	kernel                   []int
	fromOuter, fromInner     []int // distance per tap of each, per axis
}

func newComposition(outer, inner Weighted, o, i ir.ConvAttrs) composition {
	c := composition{outer: outer, inner: inner}
	for axis := range o.Strides {
		ko, ki := outer.Weights.Type.Shape.Dim(2+axis), inner.Weights.Type.Shape.Dim(2+axis)
		c.fromOuter = append(c.fromOuter, o.Dilations[axis]*i.Strides[axis])
		c.fromInner = append(c.fromInner, i.Dilations[axis])
		c.strides = append(c.strides, o.Strides[axis]*i.Strides[axis])
		c.dilations = append(c.dilations, 1)
		c.kernel = append(c.kernel, (ko-1)*c.fromOuter[axis]+(ki-1)*c.fromInner[axis]+1)
	}
	c.pads = i.Pads
	if anyPads(o) { // the inner one is pointwise, and does not pad
		c.pads = o.Pads
	}
	return c
}

// weights are the sums of products over the elements between the layers; groups become zeros.
func (c composition) weights() *ir.Tensor {
	m, in := c.outer.Outputs(), c.inner.Args[0].Type.Shape.Dim(c.inner.in)
	out := ir.NewTensor(ir.RealType(ir.ShapeOf(append([]int{m, in}, c.kernel...)...)))
	size := ir.ShapeOf(c.kernel...).Size()
	for a, wo := range c.outer.Weights.F {
		mid, tap := c.outer.channel(a), c.place(c.outer, a%c.outer.Taps, c.fromOuter)
		row := c.inner.Row()
		for b, wi := range c.inner.Weights.F[mid*row:][:row] {
			channel := c.inner.channel(mid*row + b)
			at := tap + c.place(c.inner, b%c.inner.Taps, c.fromInner)
			out.F[(a/c.outer.Row()*in+channel)*size+at] += float64(wo * wi)
		}
	}
	return out
}

// place is where a tap of a layer lies in the composed kernel.
func (c composition) place(w Weighted, tap int, step []int) int {
	at, stride := 0, 1
	for axis := len(c.kernel) - 1; axis >= 0; axis-- {
		k := w.Weights.Type.Shape.Dim(2 + axis)
		at += tap % k * step[axis] * stride
		tap /= k
		stride *= c.kernel[axis]
	}
	return at
}
