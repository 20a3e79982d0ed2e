package passes

import (
	"math"
	"slices"
	"testing"

	"nomul/ir/update"
	"nomul/passes/integers"
	"pgregory.net/rapid"
)

// Signed powers of two: no more digits than asked for, and within the bound that the comment gives;
// numbers of so few digits are exact.
func TestSignedPowersAreWithinTheirBound(t *testing.T) {
	bound := map[int]float64{1: 1.0 / 3, 2: 1.0 / 11}
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-300, -0.01), rapid.Float64Range(0.01, 300), rapid.Just(0.0)), 1, 8).Draw(t, "numbers")
		digits := rapid.IntRange(1, 2).Draw(t, "digits")
		factors, shift := integers.SignedPowers(numbers, digits, 24)
		for i, f := range numbers {
			got := math.Ldexp(float64(factors[i]), -shift)
			if math.Abs(got-f) > bound[digits]*math.Abs(f)*(1+1e-12) {
				t.Fatalf("%v with %d digits is %v", f, digits, got)
			}
			if n := len(update.CSD(factors[i])); n > digits {
				t.Fatalf("%v with %d digits is %d, which has %d", f, digits, factors[i], n)
			}
		}
	})
	if factors, shift := integers.SignedPowers([]float64{0.75, -3, 0}, 2, 24); factors[0] != 3 || factors[1] != -12 || factors[2] != 0 || shift != 2 {
		t.Errorf("exact numbers became %v over 2^%d", factors, shift)
	}
}

// Numbers that are whole in float32 have no fraction to round down, unless the
// operand is so large that the fraction counts.
func TestWithoutFraction(t *testing.T) {
	tenths := []float64{float64(float32(0.2)) / float64(float32(0.1)), float64(float32(0.3)) / float64(float32(0.1)), -float64(float32(0.7)) / float64(float32(0.1)), 3.4}
	if factors, shift := integers.SignedPowers(integers.WithoutFraction(tenths[:3], 100), integers.IntegerDigits, 24); shift != 0 || !slices.Equal(factors, []int64{2, 3, -7}) {
		t.Errorf("%v / 2^%d, wanted 2, 3, -7", factors, shift)
	}
	if got := integers.WithoutFraction(tenths, 100); got[3] != 3.4 {
		t.Errorf("3.4 became %v", got[3])
	}
	if got := integers.WithoutFraction(tenths, 1<<26); got[1] != tenths[1] {
		t.Errorf("%v of an integer of 26 bits became %v", tenths[1], got[1])
	}
}
