package kernel

import "math/bits"

// pack makes spikes of the numbers that are not 0.
func pack[T integer](spikes []uint64, x []T) {
	clear(spikes)
	for i, e := range x {
		if e != 0 {
			spikes[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// packAt is pack of x[from[0]], x[from[1]], …; there is no spike where from is negative.
func packAt[T integer](spikes []uint64, x []T, from []int32) {
	clear(spikes)
	for i, at := range from {
		if at >= 0 && x[at] != 0 {
			spikes[i>>6] |= 1 << (uint(i) & 63)
		}
	}
}

// unpackAt writes the numbers that lie in bit planes of the given length, each
// to the place that to says, if it is not negative.
func unpackAt(dst []int32, planes []uint64, length int, to []int32) {
	clear(dst)
	for p := uint(0); len(planes) > 0; p++ {
		for first, w := range planes[:length] {
			for ; w != 0; w &= w - 1 {
				if at := to[first<<6+bits.TrailingZeros64(w)]; at >= 0 {
					dst[at] |= 1 << p
				}
			}
		}
		planes = planes[length:]
	}
}

// scatterBits sets, for each spike, the bit that to says; none where it is negative.
func scatterBits(dst, spikes []uint64, to []int32) {
	for first, w := range spikes {
		for ; w != 0; w &= w - 1 {
			if at := to[first<<6+bits.TrailingZeros64(w)]; at >= 0 {
				dst[at>>6] |= 1 << (uint(at) & 63)
			}
		}
	}
}

// gatherBits adds the spikes at from[0], from[1], …; there is none where from is negative.
func gatherBits(dst, spikes []uint64, from []int32) {
	for i, at := range from {
		if at >= 0 {
			dst[i>>6] |= spikes[at>>6] >> (uint(at) & 63) & 1 << (uint(i) & 63)
		}
	}
}

// countAt adds numbers that lie in bit planes to the sums that to says.
func countAt(sums []int32, planes []uint64, length int, to []int32) {
	for p := uint(0); len(planes) > 0; p++ {
		for first, w := range planes[:length] {
			for ; w != 0; w &= w - 1 {
				if at := to[first<<6+bits.TrailingZeros64(w)]; at >= 0 {
					sums[at] += 1 << p
				}
			}
		}
		planes = planes[length:]
	}
}

// count adds the spikes of pixels, of so many words each, to counters that lie in bit planes:
// bit i of word w of plane p is bit p of the count of element 64·w+i. All planes together are
// as long as they need be for the sums.
func count(planes, spikes []uint64, words int) {
	for ; len(spikes) > 0; spikes = spikes[words:] {
		pixel := spikes[:words]
		for i, carry := range pixel {
			for at := i; carry != 0; at += words {
				planes[at], carry = planes[at]^carry, planes[at]&carry
			}
		}
	}
}

// poolSpikes sets each pixel of dst to the or of the pixels of its window: those
// of taps up to its end, where the first bit is. A pixel has so many bits.
func poolSpikes(dst, spikes []uint64, taps, ends []int32, channels int) {
	first, at := 0, 0
	for _, end := range ends {
		for done := 0; done < channels; done += 64 {
			n, w := min(64, channels-done), uint64(0)
			for _, tap := range taps[first:end] {
				w |= bitsAt(spikes, int(tap)+done, n)
			}
			setBits(dst, at+done, w)
		}
		first = int(end)
		at += channels
	}
}

// bitsAt reads n bits, at most 64.
func bitsAt(spikes []uint64, at, n int) uint64 {
	w := spikes[at>>6] >> (uint(at) & 63)
	if over := uint(at)&63 + uint(n); over > 64 {
		w |= spikes[at>>6+1] << ((128 - uint(at)&63 - 64) & 63)
	}
	return w & (^uint64(0) >> (uint(64-n) & 63))
}

// setBits sets those bits of w that are set.
func setBits(dst []uint64, at int, w uint64) {
	dst[at>>6] |= w << (uint(at) & 63)
	if over := w >> 1 >> ((63 - uint(at)) & 63); over != 0 {
		dst[at>>6+1] |= over
	}
}

// bit is a spike, made without a branch.
func bit(fires bool) uint64 {
	var b uint64
	if fires {
		b = 1
	}
	return b
}
