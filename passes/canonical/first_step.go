package canonical

import (
	"nomul/ir"
)

// UniformOf returns the number that a constant is everywhere.
func UniformOf(v *ir.Value) (float64, bool) {
	if v == nil || v.Const() == nil {
		return 0, false
	}
	return v.Const().Uniform()
}
