package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
)

// Scans tells whether the unit reads tiles by itself.
func (u *unit) Scans() bool { return len(u.Xs) > 0 && !u.TakesTiles() }

// TakesTiles tells whether the unit works on tiles as they come.
func (u *unit) TakesTiles() bool { return u.Kind == kindNeuron || u.Kind == kindSum }

// Remembers tells whether the unit carries something from step to step.
func (u *unit) Remembers() bool {
	return u.Kind == kindSum && !u.Forgets() || u.Neuron.KeepV || u.Neuron.KeepS
}

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

// Results are those of all lanes of a pool or sum.
func (u *unit) Results() string {
	old := map[string]string{kindPool: "wr_data", kindSum: "r_q"}[u.Kind]
	return u.lanes(func(lane int) string {
		if u.Forgets() {
			return "joined(" + part("x_q", lane, u.X.Bits) + ")"
		}
		return fmt.Sprintf("joined(%s, %s)", part("x_q", lane, u.X.Bits), part(old, lane, u.Bits))
	})
}

// Stores tells whether the unit knows when a tile of its own is complete.
func (u *unit) Stores() bool { return u.Mem() || u.Ends }

// Storing are the signals that something is stored, read or over.
func (u *unit) Storing() string {
	s := ""
	if u.Stores() || u.Kind == kindNeuron {
		s += " | wr"
	}
	if u.Mem() {
		s += " | r_re"
	}
	if u.Ends {
		s += " | done"
	}
	return s
}

// Written is what the unit stores.
func (u *unit) Written() string {
	switch u.Kind {
	case kindLinear, kindConv:
		return "acc"
	case kindSum:
		return u.Results()
	case kindMap:
		return u.elements()
	}
	return "wr_data"
}

// elements are the results of all lanes of a lanewise op.
func (u *unit) elements() string {
	return u.lanes(func(lane int) string {
		var args []string
		for _, o := range u.Operands {
			if o.Unit == nil {
				args = append(args, o.Param.Lane(lane))
			} else {
				args = append(args, part(fmt.Sprintf("x%d_q", o.From), lane, o.Unit.Bits))
			}
		}
		return "element(" + strings.Join(args, ", ") + ")"
	})
}

// Constants are the operands of a lanewise op that are constants.
func (u *unit) Constants() []param {
	var out []param
	for _, o := range u.Operands {
		if o.Unit == nil {
			out = append(out, o.Param)
		}
	}
	return out
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

// Charging are the parameters that the charge of a neuron takes, Firing those of its spike and reset.
func (u *unit) Charging() []param {
	n := u.Neuron
	var out []param
	if n.KeepV {
		out = append(out, n.Init)
	}
	out = append(out, n.Bias)
	if n.KeepS {
		out = append(out, n.Amount)
	}
	return given(out)
}

// Firing are the parameters of the spike and of the reset that acts at once.
func (u *unit) Firing() []param {
	out := []param{u.Neuron.Threshold}
	if u.Neuron.When == ir.WhenFire {
		out = append(out, u.Neuron.Amount)
	}
	return given(out)
}

func given(ps []param) []param {
	return slices.DeleteFunc(ps, param.Absent)
}

// Charges are the charges of all lanes.
func (u *unit) Charges() string {
	n := u.Neuron
	return u.lanes(func(lane int) string {
		args := []string{part("x_q", lane, u.X.Bits)}
		if n.KeepV {
			args = append(args, part("v_q", lane, n.VBits))
		}
		if n.KeepS {
			args = append(args, fmt.Sprintf("s_q[%d]", lane))
		}
		for _, p := range u.Charging() {
			args = append(args, p.Lane(lane))
		}
		return "charge(" + strings.Join(args, ", ") + ")"
	})
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
