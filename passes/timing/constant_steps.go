package timing

import (
	"nomul/ir"
)

// TakesWeights are the ops of which the second operand may be weights.
var TakesWeights = map[ir.Op]bool{ir.OpLinear: true, ir.OpConv: true, ir.OpMatmul: true}
