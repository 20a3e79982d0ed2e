package rewrite

import (
	"nomul/ir"
)

// Uniform returns a tensor of one number.
func Uniform(s ir.Shape, number float64) *ir.Tensor {
	t := ir.NewTensor(ir.RealType(s))
	for i := range t.F {
		t.F[i] = number
	}
	return t
}
