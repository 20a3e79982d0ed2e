package update

// Of returns the part of v that the decay leaves. v is within ±Limit and the factor at
// most 1, so that v = q·2^Shift + r keeps every product within 64 bits.
func (d Decay) Of(v int64) int64 {
	n := d.Factor()
	rest := n*(v&(1<<d.Shift-1)) + d.Up
	if v < 0 {
		rest += d.UpNegative
	}
	kept := n*(v>>d.Shift) + rest>>d.Shift
	if d.Rest {
		return v - kept
	}
	return kept
}

// Range returns the range of the part of numbers of a range. It is monotone on either side of 0, and
// may step back there, where UpNegative ends.
func (d Decay) Range(r Range) Range {
	out := Range{d.Of(r.Lo), d.Of(r.Hi)}
	if r.Lo < 0 && r.Hi >= 0 {
		out.Lo, out.Hi = min(out.Lo, d.Of(0)), max(out.Hi, d.Of(-1))
	}
	return out
}

// Factor returns the numerator, the sum of its digits.
func (d Decay) Factor() int64 {
	n := int64(0)
	for _, digit := range d.Digits {
		n += int64(digit.Sign) << digit.Shift
	}
	return n
}

// rounded returns a product after its shift.
func (d Decay) rounded(product int64) int64 {
	up := d.Up
	if product < 0 {
		up += d.UpNegative
	}
	return (product + up) >> d.Shift
}
