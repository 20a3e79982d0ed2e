package canonical

import (
	"math"

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

// Sum returns a + b.
func Sum(a, b float64) float64 { return a + b }

// OrZero is the coefficient, 0 when it is absent.
func OrZero(t *ir.Tensor) *ir.Tensor {
	if t == nil {
		return rewrite.Scalar(0)
	}
	return t
}

// closeness is how far two coefficients may differ and still mean the same: far below float32's
// 6e-8, in which the constants were written, and far above the float64 rounding of their
// combinations.
const closeness = 1e-9

// RoundedAs is how far the results of a few float32 operations may differ by their order.
const RoundedAs = 1e-5

// Near reports whether two coefficients are equal everywhere.
func Near(a, b *ir.Tensor) bool {
	differs := Combine(a, b, func(a, b float64) float64 {
		if math.Abs(a-b) > closeness*max(math.Abs(a), math.Abs(b)) {
			return 1
		}
		return 0
	})
	return All(differs, 0)
}

// NonZero reports whether no element is 0.
func NonZero(t *ir.Tensor) bool {
	return All(Combine(t, rewrite.Scalar(0), func(a, b float64) float64 {
		if a == b {
			return 0
		}
		return 1
	}), 1)
}
