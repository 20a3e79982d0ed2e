package interp_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/runtime/interp"
)

// Sums of sums, each read any number of times and as often as not twice by one
// reader, are right although their results take turns in memory; and few places do
// for a chain of them.
func TestResultsTakeTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 20).Draw(t, "sums")
		b := ir.NewBuilder("sums", ir.Source, 1)
		x, err := b.Input("x", ir.RealType(ir.ShapeOf(1, 2)), ir.InputAttrs{})
		if err != nil {
			t.Fatal(err)
		}
		values, want := []*ir.Value{x}, [][]float64{{1, 2}}
		for i := range count {
			p := rapid.IntRange(max(0, i-3), i).Draw(t, "left")
			q := rapid.IntRange(max(0, i-3), i).Draw(t, "right")
			v, err := b.Add(ir.OpAdd, fmt.Sprint("s", i), nil, values[p], values[q])
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
			want = append(want, []float64{want[p][0] + want[q][0], want[p][1] + want[q][1]})
		}
		if _, err := b.Add(ir.OpOutput, "y", nil, values[count]); err != nil {
			t.Fatal(err)
		}
		m, err := interp.New(b.Net())
		if err != nil {
			t.Fatal(err)
		}
		places := map[*float64]bool{}
		for range 2 {
			out, err := m.Run(map[string]*ir.Tensor{"x": ir.Reals(x.Type.Shape, []float64{1, 2})}, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
				at := slices.Index(values, v)
				if at > 0 && !slices.Equal(result.F, want[at]) {
					t.Errorf("%s is %v, wanted %v", v.Name, result.F, want[at])
				}
				places[&result.F[0]] = true
			})
			if err != nil || !slices.Equal(out["y"].F, want[count]) {
				t.Fatalf("y is %v, %v; wanted %v", out["y"], err, want[count])
			}
		}
		if len(places) > 8 {
			t.Errorf("%d sums take %d places", count, len(places))
		}
	})
}
