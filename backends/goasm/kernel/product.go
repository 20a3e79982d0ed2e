package kernel

import "math/bits"

// Products of two values, of which one is spikes. Tables say, for each place of
// a value, its key: the index of the summand, or the row of the result.

// arrange lists the entries of the spikes key by key, in rising order of place;
// those of key k are list[starts[k]:starts[k+1]].
func (e *engine) arrange(spikes []uint64, keys, entries []int32, number int) (list, starts []int32) {
	list, starts = e.chosen, e.begins[:number+2]
	clear(starts)
	for first, w := range spikes {
		for ; w != 0; w &= w - 1 {
			starts[keys[first<<6+bits.TrailingZeros64(w)]+2]++
		}
	}
	for k := 2; k < len(starts); k++ {
		starts[k] += starts[k-1]
	}
	for first, w := range spikes {
		for ; w != 0; w &= w - 1 {
			i := first<<6 + bits.TrailingZeros64(w)
			at := &starts[keys[i]+1]
			list[*at] = entries[i]
			*at++
		}
	}
	return list, starts
}

// chooseRows sets each row of dst, of so many elements, to the sum of the rows of x
// that the spikes of its key choose: entries are where these begin.
func (e *engine) chooseRows(dst, x []int32, spikes []uint64, keys, entries []int32, number, length int) {
	list, starts := e.arrange(spikes, keys, entries, number)
	for k := range number {
		row := dst[:length]
		if taps := list[starts[k]:starts[k+1]]; len(taps) > 0 {
			e.sum32(row, x, taps)
		} else {
			clear(row)
		}
		dst = dst[length:]
	}
}
