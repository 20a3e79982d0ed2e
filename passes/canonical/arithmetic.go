package canonical

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// Ratio returns a/b, element by element.
func Ratio(a, b *ir.Tensor) *ir.Tensor {
	return Combine(a, b, func(a, b float64) float64 { return a / b })
}

// Product returns a·b.
func Product(a, b float64) float64 { return a * b }

// Scaled returns t times a number.
func Scaled(t *ir.Tensor, by float64) *ir.Tensor { return Combine(t, rewrite.Scalar(by), Product) }

// Combine works elementwise with broadcast; a result that is one number
// everywhere becomes a scalar. The shapes fit, since values of the net had them.
func Combine(a, b *ir.Tensor, f func(a, b float64) float64) *ir.Tensor {
	shape, _ := ir.Broadcast(a.Type.Shape, b.Type.Shape)
	out := ir.NewTensor(ir.RealType(shape))
	x, y := ir.Index(a.Type.Shape, shape), ir.Index(b.Type.Shape, shape)
	for i := range out.F {
		out.F[i] = f(a.At(indexed(x, i)), b.At(indexed(y, i)))
	}
	return Squeezed(out)
}

// indexed reads an index map, in which nil is the identity.
func indexed(m []int, i int) int {
	if m == nil {
		return i
	}
	return m[i]
}

// Squeezed is a real tensor, as a scalar where it is one number everywhere.
func Squeezed(t *ir.Tensor) *ir.Tensor {
	if number, ok := t.Uniform(); ok {
		return rewrite.Scalar(number)
	}
	return t
}

// All reports whether every element is a number.
func All(t *ir.Tensor, number float64) bool {
	got, ok := t.Uniform()
	return ok && got == number
}
