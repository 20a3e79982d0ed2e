package rewrite

import (
	"fmt"

	"nomul/ir"
	"nomul/ir/eval"
)

// UpTo returns 0 to n − 1.
func UpTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Scalar returns a number as a tensor without axes.
func Scalar(f float64) *ir.Tensor { return ir.Reals(ir.Shape{}, []float64{f}) }

// Reals returns a constant as real numbers; itself where it has such.
func Reals(t *ir.Tensor) *ir.Tensor {
	if t.Type.IsReal() {
		return t
	}
	out := ir.NewTensor(ir.RealType(t.Type.Shape))
	for i := range out.F {
		out.F[i] = t.At(i)
	}
	return out
}

// Compute evaluates an op on tensors, real or integer, as it would run at the
// spiking level.
func Compute(op ir.Op, attrs ir.Attrs, args ...*ir.Tensor) (*ir.Tensor, error) {
	b := ir.NewBuilder("compute", ir.Spiking, 1)
	values := make([]*ir.Value, len(args))
	for i, a := range args {
		if a == nil {
			continue
		}
		var err error
		if values[i], err = b.Const(fmt.Sprint("a", i), a); err != nil {
			return nil, err
		}
	}
	v, err := b.Add(op, "result", attrs, values...)
	if err != nil {
		return nil, err
	}
	padded := make([]*ir.Tensor, len(v.Args))
	copy(padded, args)
	out := ir.NewTensor(v.Type)
	eval.Do(v, padded, out)
	return out, nil
}

// Zip applies f element by element to two tensors, broadcast.
func Zip(a, b *ir.Tensor, f func(x, y float64) float64) *ir.Tensor {
	shape, ok := ir.Broadcast(a.Type.Shape, b.Type.Shape)
	if !ok {
		panic(fmt.Sprintf("%v and %v do not broadcast", a.Type, b.Type))
	}
	out := ir.NewTensor(ir.RealType(shape))
	switch {
	case len(b.F) == 1:
		y := b.F[0]
		for i, x := range Stretched(a, shape) {
			out.F[i] = f(x, y)
		}
	case len(a.F) == 1:
		x := a.F[0]
		for i, y := range Stretched(b, shape) {
			out.F[i] = f(x, y)
		}
	default:
		y := Stretched(b, shape)
		for i, x := range Stretched(a, shape) {
			out.F[i] = f(x, y[i])
		}
	}
	return out
}

// Everywhere reports whether a condition holds of all elements.
func Everywhere(t *ir.Tensor, ok func(f float64) bool) bool {
	for _, f := range t.F {
		if !ok(f) {
			return false
		}
	}
	return true
}

// Stretched is the real tensor's data broadcast to a shape.
func Stretched(t *ir.Tensor, to ir.Shape) []float64 {
	if t.Type.Shape == to {
		return t.F
	}
	return ir.Stretch(t.F, t.Type.Shape, to)
}
