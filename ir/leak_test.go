package ir_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
)

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
