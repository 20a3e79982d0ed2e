package update_test

import (
	"testing"

	"nomul/ir/update"
)

// Of limits that differ from element to element, a higher one is passed only where the lower ones are, if it is
// written as more than these; whatever the comparisons and their order are.
func TestLimitsInOrder(t *testing.T) {
	ranges := []update.Range{{Lo: -900, Hi: 900}, {Lo: 40, Hi: 160}, {Lo: 0, Hi: 160}}
	type compares = func(b *update.Builder, x, y update.Value) update.Value
	atLeast, above := (*update.Builder).AtLeast, (*update.Builder).Above
	for name, c := range map[string]struct {
		low, high compares
		by        int // the operand by which the higher limit is more
		want      update.Range
	}{
		"at least, above":    {atLeast, above, 1, update.Range{}},
		"above, at least":    {above, atLeast, 1, update.Range{}},
		"perhaps the same":   {above, atLeast, 2, update.Range{Hi: 1}},
		"the same, both":     {atLeast, atLeast, -1, update.Range{}},
		"the same, above":    {atLeast, above, -1, update.Range{}},
		"the same, at least": {above, atLeast, -1, update.Range{Hi: 1}},
	} {
		for _, lowFirst := range []bool{false, true} {
			b := &update.Builder{}
			h, first := b.Operand(0), b.Param(1)
			second := first
			if c.by >= 0 {
				second = b.Add(first, b.Param(c.by))
			}
			var low, high update.Value
			if lowFirst {
				low, high = c.low(b, h, first), c.high(b, h, second)
			} else {
				high, low = c.high(b, h, second), c.low(b, h, first)
			}
			b.Result(b.AndNot(high, low))
			p := b.Program()
			if got := p.Ranges(3, func(slot int) update.Range { return ranges[slot] }).Values[p.Result()]; got != c.want {
				t.Errorf("%s, low first %v: got %v, wanted %v", name, lowFirst, got, c.want)
			}
		}
	}
}

// Ranges of a program with many comparisons that are in no order hold all of its numbers, though not every way is followed.
func TestManyPartings(t *testing.T) {
	b := &update.Builder{}
	v := b.Var(update.Var{Name: "membrane", Traced: true, Init: -1})
	h := b.Add(b.Load(v), b.Operand(0))
	n := b.Const(0)
	for i := range 30 {
		bit := b.AtLeast(b.Add(h, b.Operand(1)), b.Const(int64(10*i)))
		n = b.Add(n, b.Select(bit, b.Const(int64(1+i%2)), b.Const(-1)))
	}
	b.Store(v, n)
	b.Result(n)
	p := b.Program()
	ranges := []update.Range{{Lo: -100, Hi: 200}, {Lo: -70, Hi: 90}}
	r := p.Ranges(4, func(slot int) update.Range { return ranges[slot] })
	values, state := make([]int64, len(p.Code)), []int64{0}
	for seed := range int64(4000) {
		at := func(slot int) int64 {
			size := ranges[slot].Hi - ranges[slot].Lo + 1
			return ranges[slot].Lo + (seed*7919+int64(slot)*104729)%size
		}
		if seed%4 == 0 {
			state[0] = 0
		}
		p.Run(values, seed%4, state, at)
		for i, got := range values {
			if !r.Values[i].Contains(update.Range{Lo: got, Hi: got}) {
				t.Fatalf("value %d is %d, and proved to be in %v", i, got, r.Values[i])
			}
		}
		state[0] = values[p.Stored(0)]
	}
}
