package verilog

import (
	"fmt"

	"nomul/ir"
)

// PickBits is the bits that tell which operand an element of a gather comes from; 0 is a constant.
func (u *unit) PickBits() int { return indexBits(len(u.Xs) + 1) }

// LaneBits is the bits of a lane's number in any operand.
func (u *unit) LaneBits() int {
	n := 1
	for _, x := range u.Xs {
		n = max(n, indexBits(x.Lanes))
	}
	return n
}

// ValueBits is the bits of a word's number or of a constant.
func (u *unit) ValueBits() int {
	n := u.ReadBits()
	for _, o := range u.Sources {
		if number, _ := o.unit(); number < 0 {
			c := o.constant()
			n = max(n, ir.Range{Lo: c, Hi: c}.SignedBits())
		}
	}
	return n
}

// GatherEntry is the bits of an entry.
func (u *unit) GatherEntry() int { return u.PickBits() + u.LaneBits() + u.ValueBits() }

// source is an entry: the operand from 1 on, the lane and the word; or 0 and a constant.
func (u *unit) source(o origin) (from, lane, value int64) {
	for i, x := range u.Xs {
		if at := x.place(o); at >= 0 {
			return int64(i + 1), int64(at % x.Lanes), int64(at / x.Lanes)
		}
	}
	return 0, 0, o.constant()
}

// Picked is the element in a lane of operand i.
func (u *unit) Picked(i int, x *unit) string {
	name := fmt.Sprintf("x%d_q", i)
	if x.Lanes == 1 {
		return name
	}
	bits := indexBits(x.Word())
	at := fitted("lane", u.LaneBits(), false, bits)
	return fmt.Sprintf("%s[%s +: %d]", name, times(at, x.Bits), x.Bits)
}
