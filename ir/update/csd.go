package update

// CSD is the canonical signed-digit form of n, the lowest digit first: the sum
// of the digits is n, no two stand side by side, and no form has fewer. 0 has none.
func CSD(n int64) []Digit { return AppendCSD(nil, n) }

// AppendCSD appends the digits of CSD.
func AppendCSD(out []Digit, n int64) []Digit {
	// The digits of −n are those of n negated; of −2^63 the magnitude is right as unsigned.
	magnitude, sign := uint64(n), 1
	if n < 0 {
		magnitude, sign = -magnitude, -1
	}
	for shift := 0; magnitude != 0; shift++ {
		switch magnitude & 3 {
		case 1:
			out = append(out, Digit{shift, sign})
		case 3: // …11 is one more, less 1; the carry stays in 64 bits, for the magnitude is at most 2^63
			out = append(out, Digit{shift, -sign})
			magnitude++
		}
		magnitude >>= 1
	}
	return out
}
