package goasm

import (
	"fmt"
	"math/bits"
	"slices"

	"nomul/backends"
)

// leastRepeat is how many numbers that follow one another must have been there before, to be copied from there.
const leastRepeat = 16

// repeatsWorth is how many bytes of weights.bin repeats must save to be worth memory of a process.
const repeatsWorth = 1024

// repeats takes numbers apart into those of their own and those that were there before, as inside the border
// of a map of biases. parts are, in turn: how many are their own, how many before them the others begin,
// and how many these are.
func repeats(data []int64) (own []int64, parts order) {
	begin, seen := 0, newWindows(data)
	for at := 0; at+leastRepeat <= len(data); {
		before := seen.put(at)
		if before < 0 {
			at++
			continue
		}
		n := leastRepeat
		for at+n < len(data) && data[at+n] == data[before+n] {
			n++
		}
		own, parts = append(own, data[begin:at]...), append(parts, int32(at-begin), int32(at-before), int32(n))
		at += n
		begin = at
	}
	return append(own, data[begin:]...), append(parts, int32(len(data)-begin), 0, 0)
}

// windows finds runs of leastRepeat numbers: a hash table of where each was last, whose
// hash is a polynomial, so that one number further costs one step.
type windows struct {
	data  []int64
	last  []int32 // 1 + place, of a power of two of slots
	at    int     // whose hash is known
	hash  uint64
	shift int // of a hash, down to a slot
}

// hashBase is the base of the polynomial, and hashTop its power that leaves a window.
const hashBase = 1099511628211

var hashTop = func() uint64 {
	top := uint64(1)
	for range leastRepeat - 1 {
		top *= hashBase
	}
	return top
}()

func newWindows(data []int64) *windows {
	slots := bits.Len(uint(2 * len(data)))
	return &windows{data: data, last: make([]int32, 1<<slots), at: -2, shift: 64 - slots}
}

// put notes the window at a place, and returns where it was last; -1 if nowhere.
func (w *windows) put(at int) (before int) {
	w.move(at)
	window := w.data[at : at+leastRepeat]
	for slot := int(w.hash * 0x9e3779b97f4a7c15 >> w.shift); ; slot = (slot + 1) & (len(w.last) - 1) {
		before = int(w.last[slot]) - 1
		if before < 0 || slices.Equal(w.data[before:before+leastRepeat], window) {
			w.last[slot] = int32(at + 1)
			return before
		}
	}
}

// move hashes the window at a place.
func (w *windows) move(at int) {
	if at == w.at+1 {
		w.hash = (w.hash-uint64(w.data[w.at])*hashTop)*hashBase + uint64(w.data[w.at+leastRepeat])
	} else {
		w.hash = 0
		for _, n := range w.data[at : at+leastRepeat] {
			w.hash = w.hash*hashBase + uint64(n)
		}
	}
	w.at = at
}

// layRepeats lays out numbers of so many bytes without their repeats, and returns the expression of all of
// them; "" where that saves too little.
func (p *plan) layRepeats(data []int64, size int) string {
	own, parts := repeats(data)
	if (len(data)-len(own))*size-4*len(parts) < repeatsWorth {
		return ""
	}
	for i, n := range parts {
		parts[i] = n * int32(size)
	}
	made := fmt.Sprintf("repeated(%s, %s)", p.lay(backends.AppendIntegers(nil, own, size)).bytes(), p.words(parts))
	at := slices.Index(p.tables, made)
	if at < 0 {
		at, p.tables = len(p.tables), append(p.tables, made)
	}
	return fmt.Sprintf("loaded[%d]", at)
}
