package timing

import (
	"math"

	"nomul/ir"
	"nomul/passes/canonical"
)

// CountedFire is the comparison whose spikes a count of withRestCounts counts; nil of others.
func CountedFire(v *ir.Value) *ir.Value {
	if v.Op != ir.OpWhere || !v.Type.IsReal() {
		return nil
	}
	if steps, ok := canonical.UniformOf(v.Args[1]); !ok || steps-math.Floor(steps) != 0.5 || v.Args[2].Op != ir.OpSub && !canonical.Every(v.Args[2], -1) {
		return nil
	}
	if s := v.Args[0]; s.Op == ir.OpAndNot {
		return s.Args[0]
	}
	return v.Args[0]
}
