package onnx

import (
	"math"

	"nomul/ir"
)

// angles are the functions that the IR has no op for: only constants have them, such as the rotation of a
// resonator whose angle was learned.
var angles = map[string]func(float64) float64{
	"Sin": math.Sin, "Cos": math.Cos, "Tan": math.Tan,
	"Asin": math.Asin, "Acos": math.Acos, "Atan": math.Atan,
	"Sinh": math.Sinh, "Cosh": math.Cosh,
	"Asinh": math.Asinh, "Acosh": math.Acosh, "Atanh": math.Atanh,
}

// angle is a function of each element of a constant.
func angle(n *node) (*tensor, error) {
	x, err := n.known(n.in[0])
	if err != nil {
		return nil, err
	}
	if x == nil || !n.in[0].elem.isReal() {
		out, err := n.unknown("is supported of constants only, not of numbers that the network computes")
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	f, y := angles[n.pb.OpType], ir.NewTensor(x.Type)
	for i, a := range x.F {
		y.F[i] = float64(float32(f(a)))
	}
	return known(n.name(""), n.in[0].elem, n.at, y), nil
}
