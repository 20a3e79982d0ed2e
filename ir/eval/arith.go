package eval

import (
	"math"

	"nomul/ir"
)

// arith is the row of a binary operation, given on slices of equal length: on
// reals when the result is real, else on integers.
func arith(onReals func(dst, a, b []float64), onInts func(dst, a, b []int64)) func(*ir.Value) Kernel {
	return func(v *ir.Value) Kernel {
		a, b := NewView(v.Args[0], v.Type.Shape), NewView(v.Args[1], v.Type.Shape)
		if v.Type.IsReal() {
			return func(args []*ir.Tensor, dst *ir.Tensor) {
				inBlocks(len(dst.F), func(from, to int) {
					onReals(dst.F[from:to], a.reals(args[0], from, to), b.reals(args[1], from, to))
				})
			}
		}
		return func(args []*ir.Tensor, dst *ir.Tensor) {
			inBlocks(len(dst.I), func(from, to int) {
				onInts(dst.I[from:to], a.ints(args[0], from, to), b.ints(args[1], from, to))
			})
		}
	}
}

func add[T number](dst, a, b []T) {
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func sub[T number](dst, a, b []T) {
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mul[T number](dst, a, b []T) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func divReals(dst, a, b []float64) {
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

// divInts truncates toward zero. ONNX leaves division by zero open; here it
// gives 0, so that no data can stop the program.
func divInts(dst, a, b []int64) {
	for i := range dst {
		dst[i] = 0
		if b[i] != 0 {
			dst[i] = a[i] / b[i]
		}
	}
}

func negate(v *ir.Value) Kernel {
	x := NewView(v.Args[0], v.Type.Shape)
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) { negateAll(dst.F, x.Reals(args[0])) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { negateAll(dst.I, x.Ints(args[0])) }
}

func negateAll[T number](dst, x []T) {
	for i := range dst {
		dst[i] = -x[i]
	}
}

// outcome is the result of a comparison when a is below, at or above b.
type outcome struct{ below, equal, above int64 }

var outcomes = [...]outcome{
	ir.GE: {0, 1, 1},
	ir.GT: {0, 0, 1},
	ir.LE: {1, 1, 0},
	ir.LT: {1, 0, 0},
	ir.EQ: {0, 1, 0},
	ir.NE: {1, 0, 1},
}

func compare(v *ir.Value) Kernel {
	a, b := NewView(v.Args[0], v.Type.Shape), NewView(v.Args[1], v.Type.Shape)
	o := outcomes[v.Attrs.(ir.CompareAttrs).Is]
	if v.Args[0].Type.IsReal() || v.Args[1].Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) {
			inBlocks(len(dst.I), func(from, to int) {
				compareAll(dst.I[from:to], a.reals(args[0], from, to), b.reals(args[1], from, to), o)
			})
		}
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		inBlocks(len(dst.I), func(from, to int) {
			compareAll(dst.I[from:to], a.ints(args[0], from, to), b.ints(args[1], from, to), o)
		})
	}
}

// compareAll gives 0 where an operand is NaN: nothing holds of it, except that
// it differs.
func compareAll[T number](dst []int64, a, b []T, o outcome) {
	for i := range dst {
		switch {
		case a[i] < b[i]:
			dst[i] = o.below
		case a[i] == b[i]:
			dst[i] = o.equal
		case a[i] > b[i]:
			dst[i] = o.above
		default:
			dst[i] = o.below & o.above &^ o.equal
		}
	}
}

func where(v *ir.Value) Kernel {
	cond := NewView(v.Args[0], v.Type.Shape)
	a, b := NewView(v.Args[1], v.Type.Shape), NewView(v.Args[2], v.Type.Shape)
	if v.Type.IsReal() {
		return func(args []*ir.Tensor, dst *ir.Tensor) {
			inBlocks(len(dst.F), func(from, to int) {
				choose(dst.F[from:to], cond.ints(args[0], from, to), a.reals(args[1], from, to), b.reals(args[2], from, to))
			})
		}
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		inBlocks(len(dst.I), func(from, to int) {
			choose(dst.I[from:to], cond.ints(args[0], from, to), a.ints(args[1], from, to), b.ints(args[2], from, to))
		})
	}
}

func choose[T number](dst []T, cond []int64, a, b []T) {
	for i := range dst {
		dst[i] = b[i]
		if cond[i] != 0 {
			dst[i] = a[i]
		}
	}
}

// cast converts. A real that the integer type cannot hold becomes its nearest
// limit and NaN 0, for Go leaves such conversions to the processor; an integer
// keeps its low bits, as ONNX says.
func cast(v *ir.Value) Kernel {
	x, from, to := NewView(v.Args[0], v.Type.Shape), v.Args[0].Type, v.Type
	switch {
	case to.IsReal():
		return func(args []*ir.Tensor, dst *ir.Tensor) { copy(dst.F, x.Reals(args[0])) }
	case to.IsSpike() && from.IsReal():
		return func(args []*ir.Tensor, dst *ir.Tensor) { nonZero(dst.I, x.Reals(args[0])) }
	case to.IsSpike():
		return func(args []*ir.Tensor, dst *ir.Tensor) { nonZero(dst.I, x.Ints(args[0])) }
	case from.IsReal():
		return func(args []*ir.Tensor, dst *ir.Tensor) { truncate(dst.I, x.Reals(args[0]), to.Full()) }
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) { lowBits(dst.I, x.Ints(args[0]), to) }
}

func nonZero[T number](dst []int64, x []T) {
	for i := range dst {
		dst[i] = 0
		if x[i] != 0 {
			dst[i] = 1
		}
	}
}

func truncate(dst []int64, x []float64, limits ir.Range) {
	for i, f := range x {
		switch {
		case math.IsNaN(f):
			dst[i] = 0
		case f <= float64(limits.Lo):
			dst[i] = limits.Lo
		case f >= float64(limits.Hi):
			dst[i] = limits.Hi
		default:
			dst[i] = int64(f)
		}
	}
}

func lowBits(dst []int64, x []int64, t ir.Type) {
	drop := 64 - t.Bits
	for i, n := range x {
		if t.Kind == ir.Uint {
			dst[i] = int64(uint64(n) << drop >> drop)
		} else {
			dst[i] = n << drop >> drop
		}
	}
}
