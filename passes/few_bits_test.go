package passes_test

import (
	"fmt"
	"testing"

	"nomul/ir"
	"nomul/passes"
)

// The unit of a result is a power of two. Where weights of few bits fit only in the next one, which tells most of
// them by 0, the largest is cut instead.
func TestLargestIsCutBeforeResult(t *testing.T) {
	pass, _ := passes.Named("choose-scales")
	for _, c := range []struct {
		bits          int
		largest, unit float64
	}{
		{4, 7, 1},
		{4, 7.5, 1},
		{4, 13, 2}, // cut to 7 it would lose more than all others
		{8, 7.53, 1. / 16},
	} {
		net, err := ir.Parse("cut", fmt.Sprintf(`net cut spiking steps=1 {
once
	%%x = input : spike[6]
	%%w = const {data=[%v,0.9,1.1,-0.9,0.8,-1.2]} : real[1,6]
	%%l = linear %%x, %%w : real[1]
	%%y = output %%l : real[1]
}`, c.largest), nil)
		if err != nil {
			t.Fatal(err)
		}
		options := &passes.Options{}
		options.Weights.All = c.bits
		scaled, err := passes.Apply(pass, net, options)
		if err != nil {
			t.Fatal(err)
		}
		if got := scaled.All(ir.OpLinear)[0].Scale.Data.F[0]; got != c.unit {
			t.Errorf("%d bits, the largest weight %v: unit %v, wanted %v", c.bits, c.largest, got, c.unit)
		}
	}
}
