package quantised

import (
	"math/big"
	"slices"

	"nomul/ir"
)

// cut bounds a number: it is least where it would be below, and most where it would be above; nil bounds
// nothing.
type cut struct{ least, most *big.Rat }

func (c cut) uncut() bool { return c.least == nil && c.most == nil }

// bound is an op that cuts at a number.
type bound struct {
	op ir.Op
	at *big.Rat
}

// bounds are the ops that cut, in their order.
func (c cut) bounds() []bound {
	return slices.DeleteFunc([]bound{{ir.OpMax, c.least}, {ir.OpMin, c.most}}, func(b bound) bool { return b.at == nil })
}

// times are the bounds of the number times a factor, which has to be one for all elements, above 0, where
// there are bounds.
func (c cut) times(by numbers) (cut, bool) {
	if c.uncut() {
		return c, true
	}
	factor, ok := by.uniform()
	if !ok || factor.Sign() <= 0 {
		return c, false
	}
	return c.mapped(func(b *big.Rat) *big.Rat { return new(big.Rat).Mul(b, factor) }), true
}

// plus are the bounds of the number plus another, which has to be one for all elements where there are
// bounds.
func (c cut) plus(by numbers) (cut, bool) {
	if c.uncut() {
		return c, true
	}
	term, ok := by.uniform()
	if !ok {
		return c, false
	}
	return c.mapped(func(b *big.Rat) *big.Rat { return new(big.Rat).Add(b, term) }), true
}

func (c cut) mapped(f func(*big.Rat) *big.Rat) cut {
	for _, b := range []**big.Rat{&c.least, &c.most} {
		if *b != nil {
			*b = f(*b)
		}
	}
	return c
}

// clipped are the bounds behind a further one; where the two cross, the later one counts.
func (c cut) clipped(by *big.Rat, isLeast bool) cut {
	if isLeast {
		c.least = larger(c.least, by)
		if c.most != nil {
			c.most = larger(c.most, by)
		}
		return c
	}
	c.most = smaller(c.most, by)
	if c.least != nil {
		c.least = smaller(c.least, by)
	}
	return c
}

// larger is the greater of two numbers, the second where the first is nil.
func larger(a, b *big.Rat) *big.Rat {
	if a == nil || b.Cmp(a) > 0 {
		return b
	}
	return a
}

// smaller is the less of two numbers, the second where the first is nil.
func smaller(a, b *big.Rat) *big.Rat {
	if a == nil || b.Cmp(a) < 0 {
		return b
	}
	return a
}
