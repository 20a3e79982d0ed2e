package layers

import (
	"slices"

	"nomul/ir"
)

// maskedBy returns the operands of a product with a mask: the masked value and the
// mask; nil when v is none such.
func maskedBy(v *ir.Value) (x, mask *ir.Value) {
	if v.Op != ir.OpMul {
		return nil, nil
	}
	for i, a := range v.Args {
		if stepsOf(a) > 0 {
			return v.Args[1-i], a
		}
	}
	return nil, nil
}

// stepsOf counts the steps in which a mask comes; 0 when v is none.
func stepsOf(v *ir.Value) int {
	if v.Op != ir.OpReshape || v.Args[0].Op != ir.OpSlice || v.Args[0].Args[0].Op != ir.OpDelay || !v.Type.IsSpike() {
		return 0
	}
	row := v.Args[0].Args[0]
	start := row.Args[0].Const()
	if start == nil || v.Type.Size() != 1 || !slices.Equal(row.Type.Shape.Dims(), []int{len(start.I)}) {
		return 0
	}
	n := 0
	for _, s := range start.I {
		n += int(s)
	}
	return n
}
