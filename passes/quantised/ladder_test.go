package quantised

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"nomul/ir"
)

// Ladders have every step of random scales exactly, at the integers around each threshold, in all
// channels at once: halves to even, floors and ceilings, also where steps are parted or never reached.
func TestLaddersHaveEveryStep(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	parted, own, plain := 0, 0, 0
	for range 300 {
		n := ir.Range{Lo: -r.Int64N(1 << (1 + r.IntN(24))), Hi: r.Int64N(1 << (1 + r.IntN(24)))}
		fn := []ir.Fn{ir.FnRound, ir.FnRound, ir.FnFloor, ir.FnCeil}[r.IntN(4)]
		f := &form{rounded: &rounded{fn: fn, offset: one(whole(r.Int64N(9) - 4))}}
		c := &counting{f: f, lo: big.NewInt(r.Int64N(256) - 128), count: 1 + r.IntN(255)}
		var all []steps
		for range 1 + r.IntN(8) {
			gain := rational(float64(float32(float64(c.count) / float64(n.Hi-n.Lo+1) * (0.1 + 2*r.Float64()))))
			if r.IntN(4) == 0 {
				gain = big.NewRat(1+r.Int64N(8), 1<<r.IntN(12)) // ties
			}
			shift := rational(float64(float32(r.NormFloat64() * 20)))
			all = append(all, c.line(f.rounded.offset.of[0], gain, shift, n))
		}
		list := ladders(all, 0, c.count)
		if list == nil {
			t.Fatalf("no ladders for %d steps of %v", c.count, n)
		}
		switch {
		case len(list) > 1:
			parted++
		case list[0].own:
			own++
		default:
			plain++
		}
		for i, s := range all {
			for k := range c.count {
				for _, x := range []int64{s.low[k], s.high[k]} {
					if x >= n.Lo && x <= n.Hi {
						holdLevel(t, list, i, s, x)
					}
				}
			}
		}
	}
	if parted == 0 || own == 0 || plain == 0 {
		t.Errorf("%d are parted, %d have bits of their own, %d are plain: wanted some of each", parted, own, plain)
	}
}

// holdLevel compares the level of an integer, as levels count it, with the steps that it reaches.
func holdLevel(t *testing.T, list []ladder, i int, s steps, x int64) {
	t.Helper()
	want, got := int64(0), int64(0)
	for k := range s.low {
		if s.low[k] == -unbound || s.high[k] != unbound && x >= s.high[k] {
			want++
		}
	}
	for _, l := range list {
		cut := min(max(x, l.least), l.most) << l.guard
		a := ir.LevelsAttrs{Count: l.upto - l.from, Ties: ir.TiesUp}
		got += a.LevelBy(cut, l.rungs[i].first, l.rungs[i].bits)
		if cut >= 1<<30 || cut < -1<<30 || abs(l.rungs[i].first) > 1<<31-1 {
			t.Fatalf("numbers of a ladder are too wide: %d, %d", cut, l.rungs[i].first)
		}
	}
	if got != want {
		t.Fatalf("%d reaches %d steps, wanted %d", x, got, want)
	}
}
