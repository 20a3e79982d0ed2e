package update_test

import (
	"testing"

	"nomul/ir/update"
)

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
