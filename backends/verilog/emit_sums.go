package verilog

import (
	"fmt"
	"strings"
)

// Planes is the number of bit planes of the operand of a layer.
func (u *unit) Planes() int { return u.X.Bits }

// SignedWeights reports whether a weight is widened by its sign.
func (u *unit) SignedWeights() bool {
	if u.Weights != nil {
		return u.Weights.Signed
	}
	return u.weights.Data.Range().Lo < 0
}

// BiasEnters reports whether the bias enters bit by bit.
func (u *unit) BiasEnters() bool { return u.Planes() > 1 && !u.Bias.Absent() }

// Begun is the start value of the sums: the bias, less the bits that enter later.
func (u *unit) Begun() string {
	b, late := u.Bias, u.Planes()-1
	if b.Absent() {
		return decimal(u.Word(), 0)
	}
	return u.lanes(func(lane int) string {
		at := b.at(lane)
		top := at + b.Bits - 1
		upper := fmt.Sprintf("%s[%d:%d]", b.Signal(), top, at+late)
		if more := u.Bits - (b.Bits - late); more > 0 {
			return fmt.Sprintf("{{%d{%s[%d]}}, %s}", more, b.Signal(), top, upper)
		}
		return upper
	})
}

// LateBits is the bits of the biases' word.
func (u *unit) LateBits() int {
	b := u.Bias
	if b.Stored() {
		return b.Bits * u.Lanes
	}
	return b.Bits
}

// Doubled is the sums doubled, with the bias's bit of the plane.
func (u *unit) Doubled() string {
	return u.lanes(func(lane int) string {
		bit := "1'b0"
		if b := u.Bias; !b.Absent() {
			bit = fmt.Sprintf("late[%d]", b.at(lane))
		}
		if u.Bits == 1 {
			return bit
		}
		at := lane * u.Bits
		return fmt.Sprintf("acc[%d:%d], %s", at+u.Bits-2, at, bit)
	})
}

// Sums are those of from and the terms; a signed operand's highest plane is taken away.
func (u *unit) Sums() string {
	w := u.WeightBits
	return u.lanes(func(lane int) string {
		term := fmt.Sprintf("term[%d:%d]", lane*w+min(w, u.Bits)-1, lane*w) // modulo 2^Bits, as the sum is
		if more := u.Bits - w; more > 0 && u.SignedWeights() {
			term = fmt.Sprintf("{{%d{term[%d]}}, %s}", more, lane*w+w-1, term)
		} else if more > 0 {
			term = fmt.Sprintf("{%s, %s}", decimal(more, 0), term)
		}
		if u.X.Signed {
			term = fmt.Sprintf("(c_sign ? -%s : %s)", term, term)
		}
		return part("from", lane, u.Bits) + " + " + term
	})
}

// Picks are the lowest bits of all elements of low_bits.
func (u *unit) Picks() string {
	var b []string
	for lane := u.X.Lanes - 1; lane >= 0; lane-- {
		b = append(b, fmt.Sprintf("low_bits[%d]", lane*u.X.Bits))
	}
	return "{" + strings.Join(b, ", ") + "}"
}

// lanes joins the expressions of the lanes, the last lane first.
func (u *unit) lanes(lane func(int) string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := u.Lanes - 1; i >= 0; i-- {
		b.WriteString("\n                " + lane(i))
		if i > 0 {
			b.WriteString(",")
		}
	}
	return b.String() + "}"
}
