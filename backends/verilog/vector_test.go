package verilog

import (
	"math"
	"testing"

	"nomul/ir"
)

// A register is as wide as its range needs, and no wider.
func TestBitsOfRanges(t *testing.T) {
	for _, c := range []struct {
		r    ir.Range
		want int
	}{
		{ir.Range{}, 1}, {ir.Range{Hi: 1}, 1}, {ir.Range{Hi: 2}, 2}, {ir.Range{Hi: 255}, 8}, {ir.Range{Hi: 256}, 9},
		{ir.Range{Lo: 3, Hi: 4}, 3}, {ir.Range{Lo: -1}, 1}, {ir.Range{Lo: -1, Hi: 1}, 2}, {ir.Range{Lo: -128, Hi: 127}, 8},
		{ir.Range{Lo: -129}, 9}, {ir.Range{Lo: -1, Hi: 128}, 9}, {ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}, 32},
	} {
		if got := bitsOf(c.r); got != c.want {
			t.Errorf("%v needs %d bits, got %d", c.r, c.want, got)
		}
	}
}
