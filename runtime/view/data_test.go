package view

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/ir"
)

func TestSummaries(t *testing.T) {
	for name, c := range map[string]struct {
		of   *ir.Tensor
		want *Data
	}{
		"integers": {ir.Ints(ir.ShapeOf(6), []int64{-2, 0, 0, 1, 1, 3}), &Data{Least: -2, Most: 3, Mean: 0.5, Std: 1.5, Zeros: 2, Bins: []int{1, 0, 2, 2, 0, 1}, Width: 1}},
		"equal":    {ir.Ints(ir.ShapeOf(3), []int64{7, 7, 7}), &Data{Least: 7, Most: 7, Mean: 7}},
		"wide":     {ir.Ints(ir.ShapeOf(2), []int64{0, 95}), &Data{Least: 0, Most: 95, Mean: 47.5, Std: 47.5, Zeros: 1, Bins: bins(48, 0, 47), Width: 2}},
		"reals":    {ir.Reals(ir.ShapeOf(3), []float64{-1, 0, 1}), &Data{Least: -1, Most: 1, Std: 0.816496580927726, Zeros: 1, Bins: bins(48, 0, 24, 47), Width: 2. / 48}},
	} {
		if diff := cmp.Diff(c.want, summary(c.of)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// bins has one number in each of some.
func bins(n int, with ...int) []int {
	out := make([]int, n)
	for _, i := range with {
		out[i]++
	}
	return out
}
