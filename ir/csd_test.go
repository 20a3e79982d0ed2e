package ir_test

import (
	"math"
	"math/big"
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
)

// The digits of a number sum up to it, none stand side by side, and there are
// as few as the known formula for their count says: the ones of 3n xor n.
func TestCSD(t *testing.T) {
	check := func(t rapid.TB, n int64) {
		sum, last := new(big.Int), -2
		for _, d := range ir.CSD(n) {
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(int64(d.Sign)), uint(d.Shift)))
			if d.Sign*d.Sign != 1 || d.Shift < last+2 {
				t.Fatalf("%d has the digits %v", n, ir.CSD(n))
			}
			last = d.Shift
		}
		if sum.Cmp(big.NewInt(n)) != 0 {
			t.Fatalf("%d has the digits %v, which are %v", n, ir.CSD(n), sum)
		}
		if small := n > -1<<60 && n < 1<<60; small {
			m := uint64(max(n, -n))
			if want := bits.OnesCount64(3*m ^ m); len(ir.CSD(n)) != want {
				t.Fatalf("%d has %d digits, wanted %d", n, len(ir.CSD(n)), want)
			}
		}
	}
	for _, n := range []int64{0, 1, -1, 3, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		check(t, n)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Int64().Draw(t, "n")) })
}

// A canonical-digit leak is one exact product and one rounding, up to the
// largest membranes.
func TestLeakIntOfCSD(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := ir.Leak{Kind: ir.LeakCSD, K: rapid.IntRange(1, ir.MaxLeakBits).Draw(t, "k")}
		l.N = rapid.Int64Range(1, 1<<l.K).Draw(t, "n")
		v := rapid.Int64Range(-1<<61, 1<<61).Draw(t, "v")
		exact, power := new(big.Int).Mul(big.NewInt(v), big.NewInt(l.N)), new(big.Int).Lsh(big.NewInt(1), uint(l.K))
		floor := new(big.Int).Div(exact, power)
		ceil := new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(exact), power))
		zero := new(big.Int).Quo(exact, power)
		for round, want := range map[ir.Round]*big.Int{ir.RoundFloor: floor, ir.RoundCeil: ceil, ir.RoundZero: zero} {
			if got := ir.LeakInt(l, round, v); want.Cmp(big.NewInt(got)) != 0 {
				t.Fatalf("%v of %d, %v: got %d, wanted %v", l, v, round, got, want)
			}
		}
	})
}
