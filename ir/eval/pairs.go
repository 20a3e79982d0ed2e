package eval

import (
	"math"

	"nomul/ir"
)

// pairs applies a function of two numbers element by element.
func pairs[T number](f func(a, b T) T) func(dst, a, b []T) {
	return func(dst, a, b []T) {
		for i := range dst {
			dst[i] = f(a[i], b[i])
		}
	}
}

// minReal and maxReal give NaN when either is.
func minReal(a, b float64) float64 { return min(a, b) }

func maxReal(a, b float64) float64 { return max(a, b) }

func minInt(a, b int64) int64 { return min(a, b) }

func maxInt(a, b int64) int64 { return max(a, b) }

func times[T number](a, b T) T { return a * b }

// mod is ONNX's Mod. As in div, an integer remainder of 0 is 0.
func mod(v *ir.Value) Kernel {
	if v.Attrs.(ir.ModAttrs).Fmod {
		return arith(pairs(math.Mod), pairs(remainder))(v)
	}
	return arith(pairs(floored(math.Mod)), pairs(floored(remainder)))(v)
}

func remainder(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	return a % b
}

// floored turns a remainder with the sign of a into one with the sign of b.
func floored[T number](rest func(a, b T) T) func(a, b T) T {
	return func(a, b T) T {
		r := rest(a, b)
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	}
}

func powReals(dst, a, b []float64) {
	for i := range dst {
		dst[i] = math.Pow(a[i], b[i])
	}
}

// powInts truncates toward zero, so that to a negative power only 1 and −1 are
// not 0; 0 gives 0, as in div.
func powInts(dst, a, b []int64) {
	for i := range dst {
		dst[i] = powInt(a[i], b[i])
	}
}

func powInt(a, n int64) int64 {
	if n < 0 {
		if a != 1 && a != -1 {
			return 0
		}
		n = n & 1
	}
	out := int64(1)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			out *= a
		}
		a *= a
	}
	return out
}

func shl(v *ir.Value) Kernel {
	k := v.Attrs.(ir.ShlAttrs).K
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		for i, n := range args[0].I {
			dst.I[i] = n << k
		}
	}
}

// csd multiplies: it is the sum of the digits' shifted copies, rounded once.
func csd(v *ir.Value) Kernel {
	a, factor := v.Attrs.(ir.CSDAttrs), NewView(v.Args[1], v.Type.Shape)
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		f := factor.Ints(args[1])
		for i, n := range args[0].I {
			dst.I[i] = ir.ShiftRight(n*f[i], a.Shift, a.Round)
		}
	}
}
