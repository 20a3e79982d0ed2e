package goasm

import (
	"fmt"
	"math"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
)

var int16s = ir.Range{Lo: math.MinInt16, Hi: math.MaxInt16}

// maxRows bounds the offsets of rows, which must fit 31 bits: rows are found by offsets within
// a line of the image, 64 bytes an input, or sixteen times as many in a table; taps and padding
// go on top. maxProduct bounds the elements of a product.
const (
	maxRows    = math.MaxInt32
	maxProduct = 1 << 26
)

// limits are those of the kernels.
var limits = lower.Limits{Target: "go", Input: 16, Fits: fits}

// Check lists the values that cannot be emitted.
func (Backend) Check(net *ir.Net) diag.List { return limits.Check(net) }

// fits names the part of a fold with weights that is too large, or "", and gives the help.
func fits(s *lower.Stage) (why, help string) {
	if s.Fold == nil || s.Fold.Weight == nil {
		return "", ""
	}
	f := &folded{s, s.Fold.Rows()}
	if why = f.tooLarge(); f.isProduct() {
		why = f.beyond(s.Fold.Weight.Array.Type.Size(), maxProduct, maxProduct, maxProduct)
	}
	if why != "" {
		help = "the targets c and verilog have no such limit"
	}
	return why, help
}

// tooLarge says which part of a fold has rows whose offsets do not fit. At one position there
// are none: a tile of its rows takes 64 bytes an input.
func (f *folded) tooLarge() string {
	weights := f.Fold.Weight.Array.Type.Size()
	if f.Positions == 1 {
		weights = f.Groups * f.Inputs
	}
	return f.beyond(weights, maxRows>>(6+tableBits+1), maxRows>>8, maxRows>>8)
}

// beyond says which part of a fold with so many weights has as many elements as are too many.
func (f *folded) beyond(size, inputs, results, weights int) string {
	for _, part := range []struct {
		name       string
		of         *lower.Array
		size, most int
	}{{"input", f.Fold.X.Array, f.Fold.X.Array.Type.Size(), inputs}, {"result", f.To, f.To.Type.Size(), results}, {"weights", f.Fold.Weight.Array, size, weights}} {
		if part.size >= part.most {
			return fmt.Sprintf("its %s, %v, has %d elements, wanted fewer than %d", part.name, part.of.Type, part.size, part.most)
		}
	}
	return ""
}
