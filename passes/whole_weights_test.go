package passes_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/interp"
)

// Rows of weights that are integers times a number, as exact as float32 tells, keep
// their integers: none is stretched to the range of its bits and rounded again, with calibration or without.
func TestWholeWeightsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, o := newSketch(t, 2), &passes.Options{}
		limit := 127
		if bits := rapid.SampledFrom([]int{0, 8, 4, 3, 2}).Draw(t, "bits"); bits > 0 {
			o.Weights.All, limit = bits, 1<<(bits-1)-1
		}
		rows, row := s.pick("rows", 1, 3), s.pick("row", 2, 6)
		want := make([]int64, rows*row)
		w := ir.NewTensor(ir.RealType(ir.ShapeOf(rows, row)))
		for r := range rows {
			unit := rapid.Float64Range(0.001, 3).Draw(t, "unit")
			for i := range row {
				k := int64(s.pick("k", -limit, limit))
				if i < 2 { // they have no common factor
					k = int64(limit - i)
				}
				want[r*row+i], w.F[r*row+i] = k, float64(float32(float64(k)*unit))
			}
		}
		x := s.input(ir.SpikeType(ir.Shape{}), row)
		drive := s.add(ir.OpLinear, ir.LinearAttrs{}, x, s.data(w))
		a := ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetZero, When: ir.WhenFire}
		fires := s.add(ir.OpNeuron, a, drive, s.fill(rapid.Float64Range(0.1, 9).Draw(t, "threshold"), 1))
		s.output(s.add(ir.OpSum, nil, fires))
		if rapid.Bool().Draw(t, "calibrate") {
			samples := irtest.Inputs(s.b.Net(), 1, 5)
			o.Samples = func(net *ir.Net, want []*ir.Value, see func(sample, step int, v *ir.Value, t *ir.Tensor)) error {
				return interp.Observe(net, want, 1, len(samples), func(i int) (map[string]*ir.Tensor, error) { return samples[i], nil }, see)
			}
		}
		fixed := applyWith(t, o, s.b.Net(), "choose-scales", "quantise")
		got := fixed.All(ir.OpLinear)[0].Args[1].Const().I
		if !slices.Equal(got, want) {
			t.Fatalf("weights are %v, were %v\n%s", got, want, ir.Print(fixed, ""))
		}
	})
}
