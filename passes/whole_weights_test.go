package passes_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
)

// Rows of weights that are integers times a number, as exact as float32 tells, keep
// their integers: none is stretched to the range of 8 bits and rounded again.
func TestWholeWeightsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSketch(t, 2)
		rows, row := s.pick("rows", 1, 3), s.pick("row", 2, 6)
		want := make([]int64, rows*row)
		w := ir.NewTensor(ir.RealType(ir.ShapeOf(rows, row)))
		for r := range rows {
			unit := rapid.Float64Range(0.001, 3).Draw(t, "unit")
			for i := range row {
				k := int64(s.pick("k", -127, 127))
				if i < 2 { // neighbours that have no common factor
					k = int64([]int{100, 99}[i])
				}
				want[r*row+i], w.F[r*row+i] = k, float64(float32(float64(k)*unit))
			}
		}
		x := s.input(ir.SpikeType(ir.Shape{}), row)
		drive := s.add(ir.OpLinear, ir.LinearAttrs{}, x, s.data(w))
		a := ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetZero, When: ir.WhenFire}
		fires := s.add(ir.OpNeuron, a, drive, s.fill(rapid.Float64Range(0.1, 9).Draw(t, "threshold"), 1))
		s.output(s.add(ir.OpSum, nil, fires))
		fixed := apply(t, s.b.Net(), "choose-scales", "quantise")
		got := fixed.All(ir.OpLinear)[0].Args[1].Const().I
		if !slices.Equal(got, want) {
			t.Fatalf("weights are %v, were %v\n%s", got, want, ir.Print(fixed, ""))
		}
	})
}
