package goasm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The parts put together are the numbers, and of a map with a border few are its own.
func TestRepeats(t *testing.T) {
	var border []int64
	for y := range 40 {
		for x := range 50 {
			for channel := range 3 {
				border = append(border, int64(100*min(y, 1)+10*min(x, 1)+min(39-y, 1)+2*min(49-x, 1)+1000*channel))
			}
		}
	}
	random, r := make([]int64, 500), rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = r.Int64N(5)
	}
	for _, c := range []struct {
		name       string
		data       []int64
		own, parts int
	}{
		{"border", border, 4 * 50, 3 * 12},
		{"the same", slices.Repeat([]int64{7}, 1000), 1, 6},
		{"random", random, 500, 3},
		{"twice", slices.Concat(random, random), 500, 6},
		{"short", []int64{1, 1, 1}, 3, 3},
		{"none", nil, 0, 3},
	} {
		own, parts := repeats(c.data)
		if len(own) > c.own || len(parts) > c.parts {
			t.Errorf("%s: %d numbers of their own, and %d of parts", c.name, len(own), len(parts))
		}
		var all []int64
		for ; len(parts) > 0; parts = parts[3:] {
			all, own = append(all, own[:parts[0]]...), own[parts[0]:]
			for range parts[2] {
				all = append(all, all[len(all)-int(parts[1])])
			}
		}
		if !slices.Equal(all, c.data) || len(own) > 0 {
			t.Errorf("%s: %v of %v", c.name, all, c.data)
		}
	}
}
