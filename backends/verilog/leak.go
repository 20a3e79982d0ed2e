package verilog

import (
	"fmt"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// leak is the hardware of a leak: one function, of shifts and sums.
type leak struct {
	Name string
	of   update.Value
	update.Decay
	Work int // bits of its argument and of its result
	Wide int // bits of the sum that is shifted
}

// newLeak plans the leak of a number that has a range. A shift is by no more than the
// number has bits.
func newLeak(name string, of update.Value, d update.Decay, r ir.Range, work int) leak {
	k := leak{Name: name, of: of, Decay: d, Work: work, Wide: work}
	if k.CSD() {
		k.Wide = max(work, r.SignedBits()+d.Shift+2) // the factor is at most 2^Shift
		return k
	}
	most := int64(1)<<d.Shift - 1
	if whole := func(n int64) bool { return n == 0 || n == most }; d.Up == 0 && whole(d.UpNegative) || whole(d.Up) && d.UpNegative == 0 {
		k.Shift = min(d.Shift, r.SignedBits())
		most = 1<<k.Shift - 1
		k.Up, k.UpNegative = min(d.Up, most), min(d.UpNegative, most)
	}
	if d.Up|d.UpNegative != 0 {
		k.Wide = max(work, k.Shift+1, ir.Range{Lo: r.Lo, Hi: r.Hi + k.Up + k.UpNegative}.SignedBits())
	}
	return k
}

// CSD reports whether the leak multiplies by a factor's digits.
func (k leak) CSD() bool { return k.Factor() != 1 }

// Begun is the number in the bits that are shifted.
func (k leak) Begun() string { return extend("x", k.Work, true, k.Wide) }

// Product is wide times the factor: its digits' shifted copies.
func (k leak) Product() string {
	var b strings.Builder
	for i := len(k.Digits) - 1; i >= 0; i-- {
		switch {
		case k.Digits[i].Sign < 0:
			b.WriteString(" - ")
		case i < len(k.Digits)-1:
			b.WriteString(" + ")
		}
		fmt.Fprintf(&b, "(wide <<< %d)", k.Digits[i].Shift)
	}
	return b.String()
}

// Addend is added so that the shift rounds up; empty when it rounds down.
func (k leak) Addend() string {
	switch {
	case k.UpNegative != 0:
		return fmt.Sprintf("(x[%d] ? %d'sd%d : %d'sd%d)", k.Work-1, k.Wide, k.Up+k.UpNegative, k.Wide, k.Up)
	case k.Up != 0:
		return fmt.Sprintf("%d'sd%d", k.Wide, k.Up)
	}
	return ""
}

// Left is the part that the leak leaves.
func (k leak) Left() string {
	shifted := slice("wide", k.Work, k.Wide)
	if k.Rest {
		return "x - " + shifted
	}
	return shifted
}
