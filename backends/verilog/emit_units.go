package verilog

import (
	"fmt"
	"strings"

	"nomul/ir"
)

// Scans tells whether the unit reads tiles by itself.
func (u *unit) Scans() bool { return len(u.Xs) > 0 && !u.TakesTiles() }

// TakesTiles tells whether the unit works on tiles as they come.
func (u *unit) TakesTiles() bool { return u.Kind == kindNeuron || u.Kind == kindSum }

// Remembers tells whether the unit carries something from step to step.
func (u *unit) Remembers() bool { return u.Kind == kindSum || u.Neuron.KeepV || u.Neuron.KeepS }

// AsksFirst tells whether the unit asks for the first step.
func (u *unit) AsksFirst() bool { return u.TakesTiles() && u.Remembers() || u.UsesStep }

// ReadBits is the bits of the number of a tile that the unit reads.
func (u *unit) ReadBits() int {
	n := 1
	for _, x := range u.Xs {
		n = max(n, x.Addr())
	}
	return n
}

// Width is the bits of an operand of a lanewise op.
func (u *unit) Width(operand) int { return u.Work }

// Forgets tells whether a readout takes the last step's value only.
func (u *unit) Forgets() bool { return u.V.Op == ir.OpLast }

// Accumulated is the lane of a readout over time after this step.
func (u *unit) Accumulated() string {
	x := extend("x", u.X.Bits, u.X.Signed, u.Bits)
	switch {
	case u.Forgets():
		return x
	case u.V.Op == ir.OpMaxTime && u.Signed:
		return fmt.Sprintf("(first | ($signed(%s) > $signed(old))) ? %s : old", x, x)
	case u.V.Op == ir.OpMaxTime:
		return fmt.Sprintf("(first | (%s > old)) ? %s : old", x, x)
	}
	return fmt.Sprintf("(first ? %s : old) + %s", decimal(u.Bits, 0), x)
}

// walked tells whether the unit's tiles come from a memory that is walked.
func (u *unit) walked() bool {
	for _, w := range u.X.Walked {
		if w == u {
			return true
		}
	}
	return false
}

// FromPre, FromTile and From are the signals that the unit takes tiles from.
func (u *unit) FromPre() string { return u.pick("wre_", "pre_") }

// FromTile is the number of the tile.
func (u *unit) FromTile() string { return u.pick("waddr_", "tile_") }

// From is the tile.
func (u *unit) From() string { return u.pick("q_", "y_") }

func (u *unit) pick(walked, streamed string) string {
	if u.walked() {
		return walked + u.X.ID
	}
	return streamed + u.X.ID
}

// ReadRE and ReadAddr join all that read the unit's memory; they take turns.
func (u *unit) ReadRE() string {
	var terms []string
	for _, r := range u.Readers {
		terms = append(terms, "rdre_"+r.ID)
	}
	if len(u.Walked) > 0 {
		terms = append(terms, "wre_"+u.ID)
	}
	return strings.Join(terms, " | ")
}

// ReadAddr is the tile that the one whose turn it is reads.
func (u *unit) ReadAddr() string {
	var b strings.Builder
	for i, r := range u.Readers {
		addr := slice("rdaddr_"+r.ID, u.Addr(), r.ReadBits())
		if i == len(u.Readers)-1 && len(u.Walked) == 0 {
			return b.String() + addr
		}
		fmt.Fprintf(&b, "rdre_%s ? %s : ", r.ID, addr)
	}
	return b.String() + "waddr_" + u.ID
}

// Begun is what an accumulator begins with: the bias, less the bits that enter later.
func (u *unit) Begun() string {
	b, k := u.Bias(), u.Planes()
	if b.Absent() {
		return decimal(u.Bits, 0)
	}
	upper := "bias"
	if k > 1 {
		upper = fmt.Sprintf("bias[%d:%d]", b.Bits-1, k-1)
	}
	have := b.Bits - k + 1
	if have == u.Bits {
		return upper
	}
	return fmt.Sprintf("{{%d{bias[%d]}}, %s}", u.Bits-have, b.Bits-1, upper)
}

// Doubled is the accumulator doubled, with the bias's bit of the plane.
func (u *unit) Doubled() string {
	bit := "1'b0"
	if b := u.Bias(); !b.Absent() {
		k := indexBits(u.Planes())
		bit = "bias[" + extend("c_plane", k, false, indexBits(b.Bits)) + "]"
	}
	if u.Bits == 1 {
		return bit
	}
	return fmt.Sprintf("{sum[%d:0], %s}", u.Bits-2, bit)
}

// UsesReset tells whether the neuron's lanes take the reset parameter.
func (u *unit) UsesReset() bool {
	n := u.Neuron
	return !n.Amount.Absent() && (n.When == ir.WhenFire || n.KeepS)
}

// ResetTile is the tile of which the reset parameter is read.
func (u *unit) ResetTile() string {
	if u.Neuron.When == ir.WhenFire {
		return "h_tile"
	}
	return "x_tile"
}

// Drive is the input in units of the membrane.
func (u *unit) Drive() string {
	n, x := u.Neuron, u.X.vector
	if n.Guard == 0 {
		return extend("x", x.Bits, x.Signed, n.Work)
	}
	have := x.Bits + n.Guard
	low := decimal(n.Guard, 0)
	switch {
	case have == n.Work:
		return fmt.Sprintf("{x, %s}", low)
	case x.Signed:
		return fmt.Sprintf("{{%d{x[%d]}}, x, %s}", n.Work-have, x.Bits-1, low)
	}
	return fmt.Sprintf("{%s, x, %s}", decimal(n.Work-have, 0), low)
}

// Start is the membrane that the leak works on.
func (u *unit) Start() string {
	n := u.Neuron
	initial := fmt.Sprintf("%d'sd0", n.Work)
	if !n.Init.Absent() {
		initial = extend("init", n.Init.Bits, true, n.Work)
	}
	v := fmt.Sprintf("first ? %s : %s", initial, extend("old", n.VBits, n.Signed, n.Work))
	if n.When == ir.WhenFire || !n.KeepS {
		return v
	}
	switch n.Reset {
	case ir.ResetZero:
		return fmt.Sprintf("(was & ~first) ? %d'sd0 : %s", n.Work, v)
	case ir.ResetValue:
		return fmt.Sprintf("(was & ~first) ? %s : %s", extend("reset", n.Amount.Bits, true, n.Work), v)
	}
	return v
}

// Kept is what the leak leaves of the membrane v.
func (u *unit) Kept() string {
	n := u.Neuron
	up := fmt.Sprintf("%d'sd%d", n.Work, n.roundUp())
	shifted := fmt.Sprintf("v >>> %d", n.Shift)
	switch n.Round {
	case ir.RoundCeil:
		shifted = fmt.Sprintf("(v + %s) >>> %d", up, n.Shift)
	case ir.RoundZero:
		shifted = fmt.Sprintf("(v + (v[%d] ? %s : %d'sd0)) >>> %d", n.Work-1, up, n.Work, n.Shift)
	}
	switch n.Leak.Kind {
	case ir.LeakShift:
		return shifted
	case ir.LeakDecay:
		return "v - (" + shifted + ")"
	}
	return "v"
}

// Charge is the membrane before the reset.
func (u *unit) Charge() string {
	n := u.Neuron
	sum := "drive"
	if n.KeepV {
		sum = "kept + drive"
	}
	if !n.Bias.Absent() {
		sum += " + " + extend("bias", n.Bias.Bits, true, n.Work)
	}
	if n.KeepS && n.Reset == ir.ResetSubtract {
		sum += fmt.Sprintf(" - ((was & ~first) ? %s : %d'd0)", extend("reset", n.Amount.Bits, true, n.Work), n.Work)
	}
	return sum
}

// Compare is the comparison of the membrane with the threshold.
func (u *unit) Compare() string {
	if u.Neuron.Compare == ir.GT {
		return ">"
	}
	return ">="
}

// Stored is the membrane after the step.
func (u *unit) Stored() string {
	n := u.Neuron
	h := slice("h", n.VBits, n.Work)
	if n.When == ir.WhenNext {
		return h
	}
	switch n.Reset {
	case ir.ResetZero:
		return fmt.Sprintf("fired ? %d'd0 : %s", n.VBits, h)
	case ir.ResetValue:
		return fmt.Sprintf("fired ? %s : %s", fit("reset", n.Amount.Bits, n.VBits), h)
	case ir.ResetSubtract:
		return fmt.Sprintf("fired ? %s - %s : %s", h, fit("reset", n.Amount.Bits, n.VBits), h)
	}
	return h
}

// fit brings a signed signal to a number of bits.
func fit(name string, from, to int) string { return fitted(name, from, true, to) }
