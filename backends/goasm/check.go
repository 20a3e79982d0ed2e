package goasm

import (
	"math"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
)

var (
	int16s = ir.Range{Lo: math.MinInt16, Hi: math.MaxInt16}
	int32s = ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}
)

// maxRows bounds the offsets of rows, which must fit 31 bits; maxProduct bounds the elements
// of a product.
const (
	maxRows    = math.MaxInt32
	maxProduct = 1 << 26
)

// limits are those of the kernels.
var limits = lower.Limits{Target: "go", Input: 16, Also: map[ir.Op]func(*lower.Checker, *ir.Value){
	ir.OpLinear: rowsFit, ir.OpConv: rowsFit,
	ir.OpMatmul: func(c *lower.Checker, v *ir.Value) {
		for _, x := range v.Args {
			if x.Type.Size() > maxProduct || v.Type.Size() > maxProduct {
				c.Refuse(v, "its operand %%%s is %v and the result %v, wanted at most %d elements each", x.Name, x.Type, v.Type, maxProduct)
			}
		}
	},
}}

// Check lists the values that cannot be emitted.
func (backend) Check(net *ir.Net) diag.List { return limits.Check(net) }

// rowsFit demands sizes whose offsets fit: rows are found by offsets within a line of the
// image, 64 bytes an input, or sixteen times as many in a table; taps and padding go on
// top. A linear at one position has none: a tile of its rows takes 64 bytes an input.
func rowsFit(c *lower.Checker, v *ir.Value) {
	x, w := v.Args[0], v.Args[1]
	weights := w.Type.Size()
	if v.Op == ir.OpLinear && x.Type.Shape.Rank() == 1 {
		weights = w.Type.Shape.Dim(1)
	}
	for _, part := range []struct {
		name string
		of   *ir.Value
		size int
		most int
	}{{"input", x, x.Type.Size(), maxRows >> (6 + tableBits + 1)}, {"result", v, v.Type.Size(), maxRows >> 8}, {"weights", w, weights, maxRows >> 8}} {
		if part.size >= part.most {
			c.Refuse(v, "its %s, %v, has %d elements, wanted fewer than %d", part.name, part.of.Type, part.size, part.most).
				Help = "the targets c and verilog have no such limit"
		}
	}
}
