package update_test

import (
	"math"
	"math/big"
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"
	"nomul/ir/update"
)

// The digits of a number sum up to it, none stand side by side, and there are
// as few as the known formula for their count says: the ones of 3n xor n.
func TestCSD(t *testing.T) {
	check := func(t rapid.TB, n int64) {
		sum, last := new(big.Int), -2
		for _, d := range update.CSD(n) {
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(int64(d.Sign)), uint(d.Shift)))
			if d.Sign*d.Sign != 1 || d.Shift < last+2 {
				t.Fatalf("%d has the digits %v", n, update.CSD(n))
			}
			last = d.Shift
		}
		if sum.Cmp(big.NewInt(n)) != 0 {
			t.Fatalf("%d has the digits %v, which are %v", n, update.CSD(n), sum)
		}
		if small := n > -1<<60 && n < 1<<60; small {
			m := uint64(max(n, -n))
			if want := bits.OnesCount64(3*m ^ m); len(update.CSD(n)) != want {
				t.Fatalf("%d has %d digits, wanted %d", n, len(update.CSD(n)), want)
			}
		}
	}
	for _, n := range []int64{0, 1, -1, 3, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		check(t, n)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Int64().Draw(t, "n")) })
}
