package kernel

// Operations on vectors of 32 bits, element by element. dst may be an operand.

// csd multiplies by constants: the code has runs of elements with one factor,
// each as its length, the number of digits, and the digits; a digit is twice its
// shift, and one more when it is subtracted. The sum is shifted right, once,
// after up, and upNegative where it is negative, were added.
func csd(dst, x, code []int32, shift uint, up, upNegative int64) {
	for len(code) > 0 {
		length, digits := code[0], code[2:2+code[1]]
		code = code[2+code[1]:]
		for i, e := range x[:length] {
			sum := int64(0)
			for _, d := range digits {
				sign := -int64(d & 1)
				sum += int64(e)<<(uint(d)>>1&63) ^ sign - sign
			}
			sum += up + upNegative&(sum>>63)
			dst[i] = int32(sum >> (shift & 63))
		}
		dst, x = dst[length:], x[length:]
	}
}

// lookup sets dst to table[x[0]], table[x[1]], … Places between and behind the elements may hold
// any number, which is none of the table's.
func lookup(dst, x, table []int32) {
	for i, at := range x {
		if uint(at) < uint(len(table)) {
			dst[i] = table[at]
		}
	}
}

// gather sets dst to x[from[0]], x[from[1]], …, and to 0 where from is negative.
func gather[T integer](dst []int32, x []T, from []int32) {
	for i, at := range from {
		if at < 0 {
			dst[i] = 0
			continue
		}
		dst[i] = int32(x[at])
	}
}

// scatter sets dst[to[i]] = x[i], where to is not negative.
func scatter[T integer](dst []int32, x []T, to []int32) {
	for i, e := range x {
		if at := to[i]; at >= 0 {
			dst[at] = int32(e)
		}
	}
}

// pool sets each pixel of dst to the largest, the smallest or the sum, by f, of the pixels of
// its window: those of taps up to its end, where the first element is.
func pool(f func(dst, x []int32, taps []int32), dst, x []int32, taps, ends []int32, channels int) {
	first := int32(0)
	for _, end := range ends {
		if first < end {
			f(dst[:channels], x, taps[first:end])
		} else {
			clear(dst[:channels]) // it sees nothing but padding
		}
		dst, first = dst[channels:], end
	}
}

func max32(dst, x []int32, taps []int32) {
	copy(dst, x[taps[0]:])
	for _, tap := range taps[1:] {
		for i, e := range x[tap:][:len(dst)] {
			dst[i] = max(dst[i], e)
		}
	}
}

func min32(dst, x []int32, taps []int32) {
	copy(dst, x[taps[0]:])
	for _, tap := range taps[1:] {
		for i, e := range x[tap:][:len(dst)] {
			dst[i] = min(dst[i], e)
		}
	}
}

func sum32(dst, x []int32, taps []int32) {
	copy(dst, x[taps[0]:])
	for _, tap := range taps[1:] {
		for i, e := range x[tap:][:len(dst)] {
			dst[i] += e
		}
	}
}
