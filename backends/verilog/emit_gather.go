package verilog

import (
	"crypto/sha256"
	"encoding/binary"
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
	for _, o := range u.Gather.From {
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
	number, element := o.unit()
	for i, x := range u.Xs {
		if x.number == number {
			at := x.place(element)
			return int64(i + 1), int64(at % x.Lanes), int64(at / x.Lanes)
		}
	}
	return 0, 0, o.constant()
}

// place is where an element lies.
func (u *unit) place(element int) int {
	if u.places == nil {
		u.places = make([]int, u.N)
		for at, e := range u.Order {
			if e >= 0 {
				u.places[e] = at
			}
		}
	}
	return u.places[element]
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

// key tells gathers apart, by a digest: the lists are long.
func (g gather) key(lanes int) [sha256.Size]byte {
	text := binary.LittleEndian.AppendUint64(nil, uint64(lanes))
	for _, from := range g.From {
		text = binary.LittleEndian.AppendUint64(text, uint64(from))
	}
	return sha256.Sum256(text)
}
