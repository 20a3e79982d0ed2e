package cgen

import (
	"math"

	"nomul/backends/lower"
	"nomul/ir"
)

// int32s is the range of an element of 32 bits.
var int32s = ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}

// limits are those of the emitted code; places and rows are counted in 16 bits.
var limits = lower.Limits{Target: "c", Input: 32, Also: map[ir.Op]func(*lower.Checker, *ir.Value){
	ir.OpConv: func(c *lower.Checker, v *ir.Value) {
		if n := product(paddedOf(ir.WindowsOf(v))); n > maxEvents {
			c.Refuse(v, "its input has %d places with the padding, wanted at most %d", n, maxEvents)
		}
	},
	ir.OpMatmul: func(c *lower.Checker, v *ir.Value) {
		if n := v.Type.Shape.Dim(v.Type.Shape.Rank() - 1); n > maxEvents {
			c.Refuse(v, "its rows have %d elements, wanted at most %d", n, maxEvents)
		}
	},
}}
