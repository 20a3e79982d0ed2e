package kernel

import "math/bits"

// rowShift turns the number of an input into the offset of its row in a tile.
const rowShift = 6

// events lists the rows of the set bits, in rising order, in list's memory.
func events(list []uint32, spikes []uint64) []uint32 {
	n := 0
	first := uint32(0)
	for _, w := range spikes {
		for w != 0 {
			list[n] = first + uint32(bits.TrailingZeros64(w))<<rowShift
			n++
			w &= w - 1
		}
		first += 64 << rowShift
	}
	return list[:n]
}

// unpack writes the numbers that lie in bit planes of the given length.
func unpack(dst []int32, planes []uint64, length int) {
	clear(dst)
	for p := uint(0); len(planes) > 0; p++ {
		for i := range dst {
			dst[i] |= int32(planes[i>>6]>>(uint(i)&63)&1) << p
		}
		planes = planes[length:]
	}
}

// integer is the element of an input or of a vector.
type integer interface {
	uint8 | int8 | uint16 | int16 | int32
}

// widen copies integers of any width.
func widen[T integer](dst []int32, x []T) {
	for i, e := range x {
		dst[i] = int32(e)
	}
}

// words is a vector of integers made ready to be summed: those that are not 0, as
// distances from the lowest value, with the offsets of their rows.
type words struct {
	values  []uint32
	offsets []uint32
	ranks   []uint32 // scratch of digits
	length  int
}

func newWords(inputs int) words {
	return words{values: make([]uint32, inputs), offsets: make([]uint32, inputs), ranks: make([]uint32, inputs)}
}

// set takes the integers x, whose lowest possible value is low. The row of x[0]
// is at offset.
func set[T integer](w *words, x []T, low int32, offset uint32) {
	n := 0
	values, offsets := w.values[:len(x)], w.offsets[:len(x)]
	for _, e := range x {
		v := uint32(int32(e) - low)
		values[n], offsets[n] = v, offset
		n += int((v | -v) >> 31) // 0 stays and is overwritten
		offset += 1 << rowShift
	}
	w.length = n
}

// digits sorts rows by a digit of their word, for levels8x32: the digit is word
// >> shift, cut to as many bits as make a value for each count, and 0. The list
// gets the rows of the largest digit first and those of digit 0 not at all;
// counts get their numbers.
//
// It is a counting sort that notes each row's rank among those of its digit
// while it counts. To count again while writing would be several times slower:
// where to write would depend on a counter just stored, and the processor holds
// back loads behind a store whose address it does not know.
func (w *words) digits(list, counts []uint32, shift uint) []uint32 {
	var starts [256]uint32
	mask := uint32(len(counts)) & 255
	values, ranks, offsets := w.values[:w.length], w.ranks[:w.length], w.offsets[:w.length]
	for i, v := range values {
		d := v >> (shift & 31) & mask
		ranks[i] = starts[d]
		starts[d]++
	}
	end := uint32(0)
	for i := range counts {
		d := (mask - uint32(i)) & 255
		counts[i] = starts[d]
		starts[d], end = end, end+starts[d]
	}
	starts[0] = end // past all others
	for i, v := range values {
		list[starts[v>>(shift&31)&mask]+ranks[i]] = offsets[i]
	}
	return list[:end]
}
