package update

import (
	"fmt"
	"math/bits"
)

// Range is the interval an integer value is proved to stay in. The zero Range
// (0..0) also stands for "none" on real values.
type Range struct{ Lo, Hi int64 }

// Limit caps range arithmetic: far above every legal width, far below overflow.
const Limit = int64(1) << 61

// Contains reports whether s lies within r.
func (r Range) Contains(s Range) bool { return r.Lo <= s.Lo && s.Hi <= r.Hi }

// Union returns the smallest range around both.
func (r Range) Union(s Range) Range { return Range{min(r.Lo, s.Lo), max(r.Hi, s.Hi)} }

// Add returns the range of a sum.
func (r Range) Add(s Range) Range { return Range{Sum(r.Lo, s.Lo), Sum(r.Hi, s.Hi)} }

// Neg returns the range of the negated value.
func (r Range) Neg() Range { return Range{-Capped(r.Hi), -Capped(r.Lo)} }

// Scaled returns the range of the value times a constant.
func (r Range) Scaled(by int64) Range {
	lo, hi := Product(r.Lo, by), Product(r.Hi, by)
	return Range{min(lo, hi), max(lo, hi)}
}

// Magnitude returns the largest magnitude in r.
func (r Range) Magnitude() int64 { return max(Capped(r.Hi), -Capped(r.Lo), 0) }

// SignedBits returns the fewest two's complement bits that hold r.
func (r Range) SignedBits() int {
	return 1 + max(bits.Len64(uint64(max(r.Hi, 0))), bits.Len64(uint64(max(^r.Lo, 0))))
}

func (r Range) String() string { return fmt.Sprintf("%d..%d", r.Lo, r.Hi) }

// Capped returns a, cut to ±Limit.
func Capped(a int64) int64 { return min(max(a, -Limit), Limit) }

// Sum returns a + b, cut to ±Limit.
func Sum(a, b int64) int64 { return Capped(Capped(a) + Capped(b)) }

// Product returns a · b, cut to ±Limit.
func Product(a, b int64) int64 {
	a, b = Capped(a), Capped(b)
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(uint64(max(a, -a)), uint64(max(b, -b)))
	m := Limit
	if hi == 0 && lo < uint64(Limit) {
		m = int64(lo)
	}
	if negative {
		return -m
	}
	return m
}
