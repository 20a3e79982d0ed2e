package goasm

import (
	"fmt"
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
	last, begin := map[uint64]int{}, 0
	for at := 0; at+leastRepeat <= len(data); {
		key := hash(data[at : at+leastRepeat])
		before, seen := last[key]
		last[key] = at
		n := 0
		for seen && at+n < len(data) && data[at+n] == data[before+n] {
			n++
		}
		if n < leastRepeat {
			at++
			continue
		}
		own, parts = append(own, data[begin:at]...), append(parts, int32(at-begin), int32(at-before), int32(n))
		at += n
		begin = at
	}
	return append(own, data[begin:]...), append(parts, int32(len(data)-begin), 0, 0)
}

// hash is the one of Fowler, Noll and Vo, of words instead of bytes.
func hash(numbers []int64) uint64 {
	h := uint64(14695981039346656037)
	for _, n := range numbers {
		h = (h ^ uint64(n)) * 1099511628211
	}
	return h
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
