package goasm_test

import (
	"pgregory.net/rapid"

	"nomul/ir"
)

// product multiplies spikes by a value that fits, by themselves transposed, or by
// constants, from either side, with as many matrices or one.
func (d *mixture) product() *ir.Value {
	x, left := d.pick(spike), rapid.Bool().Draw(d.t, "left")
	if x == nil {
		return nil
	}
	y := d.factor(x, left)
	if left {
		return d.add(ir.OpMatmul, nil, y, x)
	}
	return d.add(ir.OpMatmul, nil, x, y)
}

// factor draws a value that spikes can be multiplied by from a side.
func (d *mixture) factor(x *ir.Value, left bool) *ir.Value {
	inner, other := 2, 1
	if left {
		inner, other = 1, 2
	}
	s := x.Type.Shape
	fits := func(v *ir.Value) bool {
		t := v.Type.Shape
		return below(1<<14)(v) && t.Dim(other) == s.Dim(inner) && (t.Dim(0) == s.Dim(0) || t.Dim(0) == 1 || s.Dim(0) == 1)
	}
	if v := d.pick(fits); v != nil && rapid.Bool().Draw(d.t, "value") {
		return v
	}
	if rapid.Bool().Draw(d.t, "itself") {
		return d.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{0, 2, 1}}, x)
	}
	dims := []int{rapid.SampledFrom([]int{1, s.Dim(0)}).Draw(d.t, "matrices"), 0, 0}
	dims[other], dims[inner] = s.Dim(inner), rapid.IntRange(1, 9).Draw(d.t, "extent")
	limit := rapid.SampledFrom([]int64{1, 60}).Draw(d.t, "numbers")
	return d.constant(1-limit, limit, dims...)
}
