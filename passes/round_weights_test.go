package passes

import (
	"math"
	"testing"

	"nomul/passes/rounding"
	"pgregory.net/rapid"
)

// Rounding together: each number goes to one of its two neighbours, the sum is
// kept to half a unit, and nothing grows beyond the largest magnitude.
func TestRoundTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exact := rapid.SliceOfN(rapid.Float64Range(-127, 127), 1, 30).Draw(t, "exact")
		largest := rapid.IntRange(0, len(exact)-1).Draw(t, "largest")
		exact[largest] = 127
		dst := make([]int64, len(exact))
		rounding.RoundTogether(dst, exact)
		lost, movable := 0.0, 0
		for i, f := range exact {
			if e := math.Abs(f - float64(dst[i])); e > 1 {
				t.Fatalf("%v became %d", f, dst[i])
			}
			if dst[i] > 127 || dst[i] < -127 {
				t.Fatalf("%v became %d, beyond the largest", f, dst[i])
			}
			if math.Abs(f) < 126 {
				movable++
			}
			lost += f - float64(dst[i])
		}
		if math.Abs(lost) > 0.5+1e-9 && movable == len(exact)-1 {
			t.Fatalf("the errors of %v add up to %v", exact, lost)
		}
	})
}
