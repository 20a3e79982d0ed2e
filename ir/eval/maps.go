package eval

import (
	"math"

	"nomul/ir"
)

// functions are those of a map; leaky-relu and elu take alpha too.
var functions = [...]func(x, alpha float64) float64{
	ir.FnRelu:       func(x, _ float64) float64 { return max(x, 0) },
	ir.FnLeakyRelu:  leakyRelu,
	ir.FnSigmoid:    func(x, _ float64) float64 { return 1 / (1 + math.Exp(-x)) },
	ir.FnTanh:       plain(math.Tanh),
	ir.FnExp:        plain(math.Exp),
	ir.FnLog:        plain(math.Log),
	ir.FnSqrt:       plain(math.Sqrt),
	ir.FnAbs:        plain(math.Abs),
	ir.FnFloor:      plain(math.Floor),
	ir.FnCeil:       plain(math.Ceil),
	ir.FnRound:      plain(math.RoundToEven),
	ir.FnSign:       sign,
	ir.FnReciprocal: func(x, _ float64) float64 { return 1 / x },
	ir.FnErf:        plain(math.Erf),
	ir.FnSoftplus:   softplus,
	ir.FnElu:        elu,
}

func plain(f func(float64) float64) func(x, alpha float64) float64 {
	return func(x, _ float64) float64 { return f(x) }
}

func leakyRelu(x, alpha float64) float64 {
	if x < 0 {
		return alpha * x
	}
	return x
}

func sign(x, _ float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0, or NaN
}

// softplus is log(1 + exp(x)), written so that exp cannot overflow.
func softplus(x, _ float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func elu(x, alpha float64) float64 {
	if x < 0 {
		return alpha * math.Expm1(x)
	}
	return x
}

// Function is a map's result for one real number.
func Function(a ir.MapAttrs, x float64) float64 { return functions[a.Fn](x, a.Alpha) }

// mapped applies the function; only relu and abs have integer results.
func mapped(v *ir.Value) Kernel {
	a := v.Attrs.(ir.MapAttrs)
	if v.Type.IsReal() {
		x, f := NewView(v.Args[0], v.Type.Shape), functions[a.Fn]
		return func(args []*ir.Tensor, dst *ir.Tensor) {
			for i, n := range x.Reals(args[0]) {
				dst.F[i] = f(n, a.Alpha)
			}
		}
	}
	negative := int64(0)
	if a.Fn == ir.FnAbs {
		negative = -1
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		for i, n := range args[0].I {
			if dst.I[i] = n; n < 0 {
				dst.I[i] = n * negative
			}
		}
	}
}

// softmax subtracts the largest of each row first, so that exp cannot overflow.
func softmax(v *ir.Value) Kernel {
	x, rows := NewView(v.Args[0], v.Type.Shape), rowsOf(v.Type.Shape, v.Attrs.(ir.AxisAttrs).Axis)
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		from := x.Reals(args[0])
		for _, start := range rows.starts {
			largest, sum := math.Inf(-1), 0.0
			for _, i := range rows.steps {
				largest = max(largest, from[start+i])
			}
			for _, i := range rows.steps {
				dst.F[start+i] = math.Exp(from[start+i] - largest)
				sum += dst.F[start+i]
			}
			for _, i := range rows.steps {
				dst.F[start+i] /= sum
			}
		}
	}
}

// lines are those of a shape along an axis: element k of a line is at start+steps[k].
type lines struct{ starts, steps []int }

func rowsOf(s ir.Shape, at int) lines {
	axes := axesOf(s)
	line := axes[at : at+1]
	var others []axis
	others = append(append(others, axes[:at]...), axes[at+1:]...)
	return lines{starts: offsets(0, others), steps: offsets(0, line)}
}

// argument looks for the largest when the direction is 1, the smallest when −1.
func argument(direction int) func(v *ir.Value) Kernel {
	return func(v *ir.Value) Kernel {
		a, s := v.Attrs.(ir.ArgAttrs), v.Args[0].Type.Shape
		along := rowsOf(s, a.Axis)
		if v.Args[0].Type.IsReal() {
			return func(args []*ir.Tensor, dst *ir.Tensor) { extremes(dst.I, args[0].F, along, float64(direction), a.Last) }
		}
		return func(args []*ir.Tensor, dst *ir.Tensor) { extremes(dst.I, args[0].I, along, int64(direction), a.Last) }
	}
}

func extremes[T number](dst []int64, x []T, all lines, direction T, last bool) {
	for row, start := range all.starts {
		best := 0
		for k, i := range all.steps {
			here, there := direction*x[start+i], direction*x[start+all.steps[best]]
			if here > there || last && here == there {
				best = k
			}
		}
		dst[row] = int64(best)
	}
}
