package kernel

import (
	"encoding/binary"
	"math/bits"
	"math/rand"
	"slices"
	"testing"
)

// told reads the sums that a tally appends.
func told(t *tally) (out []int64) {
	for b := range slices.Chunk(t.append(nil), 8) {
		out = append(out, int64(binary.LittleEndian.Uint64(b)))
	}
	return out
}

// Sums across words are those of elements one by one, in any order of places, over more samples than a byte counts.
func TestTally(t *testing.T) {
	const size, words, samples, steps = 70, 2, 300, 2
	r := rand.New(rand.NewSource(1))
	places := make([]int32, size)
	for i, p := range r.Perm(128)[:size] {
		places[i] = int32(p)
	}
	places[3] = -1
	spikes, counts, plain := newTally(steps, size, places), newTally(steps, size, places), newTally(steps, size, nil)
	var want [3][]int64
	for i := range want {
		want[i] = make([]int64, steps*(2*size+1))
	}
	for range samples {
		for step := range steps {
			a, x := [2 * words]uint64{r.Uint64(), r.Uint64() & r.Uint64(), r.Uint64(), r.Uint64()}, make([]int16, size)
			spikes.spikes(a[:words])
			counts.planes(a[:], words)
			base := step * (2*size + 1)
			for i, p := range places {
				x[i] = int16(r.Intn(7) - 3)
				for k, n := range [2]int64{int64(bits.OnesCount64(uint64(x[i]) & 7)), min(1, max(int64(x[i]), -int64(x[i])))} {
					want[2][base+2*i+k] += n
				}
				want[2][base+2*size] += max(int64(x[i]), -int64(x[i]))
				if p >= 0 {
					low, high := int64(a[p>>6]>>(p&63)&1), int64(a[2+p>>6]>>(p&63)&1)
					want[0][base+2*i] += low
					want[0][base+2*i+1] += low
					want[1][base+2*i] += low + high
					want[1][base+2*i+1] += low | high
				}
			}
			want[1][base+2*size] += int64(bits.OnesCount64(a[0]) + bits.OnesCount64(a[1]) + 2*bits.OnesCount64(a[2]) + 2*bits.OnesCount64(a[3]))
			numbers(&plain, x, 7)
		}
	}
	for i, c := range []*tally{&spikes, &counts, &plain} {
		if got := told(c); !slices.Equal(got, want[i]) {
			t.Errorf("tally %d: got %v\nwant %v", i, got, want[i])
		}
	}
}

// Pairs of a product are those of the elements that share a key: here rows of a and columns of b.
func TestTallyPairs(t *testing.T) {
	c := newTally(1, 0, nil)
	a := marksOfBits([]uint64{1<<0 | 1<<3, 1 << 1}, 1) // of two planes: 0, 1 and 3
	b := marksOf([]int32{5, 0, -1, 2})
	// Key 0: places 0, 1 of a and 0, 1 of b; key 1: 2, 3 and 2, 3.
	c.pairs(a, b, []int32{0, 1, 2, 3}, []int32{0, 1, 2, 3}, 2)
	if got := told(&c); !slices.Equal(got, []int64{2*1 + 1*2}) {
		t.Errorf("got %v", got)
	}
	c.pairs(a, b, []int32{0, -1}, []int32{3, 3}, 1)
	if got := told(&c); !slices.Equal(got, []int64{4 + 1*2}) {
		t.Errorf("got %v", got)
	}
}
