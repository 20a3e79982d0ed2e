package kernel

import (
	"encoding/binary"
	"math/bits"
)

// tally has sums over samples of an array that weights read, or that neurons give: how many bits
// of each element are set, and how often it is not 0. Packages that count have it, and no others.
type tally struct {
	places []int32   // of the elements in the array's memory, −1 of one that is not kept; nil: in order
	size   int       // elements
	now    int       // the time step that comes next
	steps  []tallied // for each time step, or one
}

// tallied are the sums of a time step: of spikes and bit planes across words, of numbers by place.
type tallied struct {
	ones, some across
	bits, not0 []int64
	total      int64 // of all elements without their signs, or of pairs
}

// across holds a number for each of the bits of words: the words of its plane k have bit k of each.
type across [][]uint64

func newTally(steps, size int, places []int32) tally {
	return tally{places: places, size: size, steps: make([]tallied, steps)}
}

// step gives the sums of the time step, and goes on to the next.
func (t *tally) step() *tallied {
	s := &t.steps[t.now]
	if t.now++; t.now == len(t.steps) {
		t.now = 0
	}
	return s
}

// add adds 1 for each bit that is set.
func (a *across) add(words []uint64) {
	for i, w := range words {
		for k := 0; w != 0; k++ {
			if k == len(*a) {
				*a = append(*a, make([]uint64, len(words)))
			}
			plane := (*a)[k]
			plane[i], w = plane[i]^w, plane[i]&w
		}
	}
}

// at is the number of a place.
func (a across) at(place int32) (n int64) {
	for k, plane := range a {
		n |= int64(plane[place>>6]>>(uint(place)&63)&1) << uint(k)
	}
	return n
}

// spikes counts packed spikes.
func (t *tally) spikes(words []uint64) {
	s := t.step()
	s.ones.add(words)
	s.some = s.ones
}

// planes counts numbers in bit planes of so many words.
func (t *tally) planes(words []uint64, length int) {
	s, any := t.step(), make([]uint64, length)
	for shift := uint(0); len(words) > 0; shift++ {
		plane := words[:length]
		s.ones.add(plane)
		for i, w := range plane {
			any[i] |= w
			s.total += int64(bits.OnesCount64(w)) << shift
		}
		words = words[length:]
	}
	s.some.add(any)
}

// numbers counts numbers, of which the bits under the mask are looked at.
func numbers[T integer](t *tally, x []T, mask uint64) {
	s := t.step()
	if s.bits == nil {
		s.bits, s.not0 = make([]int64, len(x)), make([]int64, len(x))
	}
	for i, e := range x {
		if e == 0 {
			continue
		}
		s.not0[i]++
		s.bits[i] += int64(bits.OnesCount64(uint64(e) & mask))
		if e < 0 {
			s.total -= int64(e)
		} else {
			s.total += int64(e)
		}
	}
}

// pairs adds, for each key, how many elements of one side of a product are not 0, as often as
// there are such elements of the other. Each key has as many places of a side as any other.
func (t *tally) pairs(a, b []bool, aAt, bAt []int32, keys int) {
	s := t.step()
	perA, perB := parts(len(aAt), keys), parts(len(bAt), keys)
	for range keys {
		n := chosenOf(b, bAt[:perB])
		for range chosenOf(a, aAt[:perA]) {
			s.total += int64(n)
		}
		aAt, bAt = aAt[perA:], bAt[perB:]
	}
}

// parts is the size of so many equal parts.
func parts(all, n int) (size int) {
	for ; all > 0; all -= n {
		size++
	}
	return size
}

func chosenOf(x []bool, at []int32) (n int) {
	for _, place := range at {
		if place >= 0 && x[place] {
			n++
		}
	}
	return n
}

// marksOfBits tells which places of packed spikes, or of planes of so many words, are not 0.
func marksOfBits(words []uint64, length int) []bool {
	out := make([]bool, length<<6)
	for ; len(words) > 0; words = words[length:] {
		for i := range out {
			out[i] = out[i] || words[i>>6]>>(uint(i)&63)&1 != 0
		}
	}
	return out
}

// marksOf tells which numbers are not 0.
func marksOf[T integer](x []T) []bool {
	out := make([]bool, len(x))
	for i, e := range x {
		out[i] = e != 0
	}
	return out
}

// append appends, for each time step, the bits and the count of each element, and the total; each
// has eight bytes, little-endian.
func (t *tally) append(out []byte) []byte {
	for i := range t.steps {
		s := &t.steps[i]
		for e := range t.size {
			place := int32(e)
			if t.places != nil {
				place = t.places[e]
			}
			set, not0 := s.of(place)
			out = binary.LittleEndian.AppendUint64(out, uint64(set))
			out = binary.LittleEndian.AppendUint64(out, uint64(not0))
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(s.total))
	}
	return out
}

// of are the sums of a place.
func (s *tallied) of(place int32) (set, not0 int64) {
	switch {
	case place < 0:
		return 0, 0
	case s.bits != nil:
		return s.bits[place], s.not0[place]
	}
	return s.ones.at(place), s.some.at(place)
}
