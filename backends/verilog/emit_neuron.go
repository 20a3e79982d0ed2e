package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir"
)

// Charging are the parameters that the charge of a neuron takes, Firing those of its spike and reset.
func (u *unit) Charging() []param {
	n := u.Neuron
	out := []param{n.Bias}
	if n.KeepV {
		out = append(out, n.Init)
	}
	if n.KeepS && n.When == ir.WhenNext {
		out = append(out, n.Amount)
	}
	return given(out)
}

// Firing are the parameters of the spike and of the reset that acts at once.
func (u *unit) Firing() []param {
	out := []param{u.Neuron.Threshold}
	if u.Neuron.When != ir.WhenNext {
		out = append(out, u.Neuron.Amount)
	}
	return given(out)
}

func given(ps []param) []param {
	return slices.DeleteFunc(ps, param.Absent)
}

// Waits tells whether the charge asks for a reset that waits.
func (n neuron) Waits() bool { return n.KeepS && n.When == ir.WhenNext }

// Again tells whether the spike does, which is with when=both.
func (n neuron) Again() bool { return n.When == ir.WhenBoth }

// Leaking are the leaks that are functions.
func (n neuron) Leaking() []leak {
	var out []leak
	if n.KeepV && n.Leaks.Function() {
		out = append(out, n.Leaks)
	}
	if n.KeepC && n.Wane.Function() {
		out = append(out, n.Wane)
	}
	return out
}

// HBits is the bits of a lane between charge and spike: the membrane, and the current above it.
func (n neuron) HBits() int {
	if n.KeepC {
		return n.Work + n.CBits
	}
	return n.Work
}

// Charges are the charges of all lanes.
func (u *unit) Charges() string {
	n := u.Neuron
	return u.lanes(func(lane int) string {
		args := []string{part("x_q", lane, u.X.Bits)}
		if n.KeepV {
			args = append(args, part("v_q", lane, n.VBits))
		}
		if n.KeepC {
			args = append(args, part("c_q", lane, n.CBits))
		}
		if n.Waits() {
			args = append(args, fmt.Sprintf("s_q[%d]", lane))
		}
		for _, p := range u.Charging() {
			args = append(args, p.Lane(lane))
		}
		return "charge(" + strings.Join(args, ", ") + ")"
	})
}

// BegunWord is where, in a tile, a reset waits at the first step.
func (u *unit) BegunWord() string {
	switch b := u.Neuron.Begins; {
	case b.Absent():
		return decimal(u.Lanes, 0)
	case b.Stored():
		return b.Signal()
	default:
		return fmt.Sprintf("{%d{%s}}", u.Lanes, b.Signal())
	}
}

// Tile is the result of all lanes: spikes, or membranes of a silent neuron; 0
// behind the last element.
func (u *unit) Tile() string {
	result := "fired"
	if u.Neuron.Silent {
		result = "membrane"
	}
	if u.Tail() == u.Lanes {
		return result
	}
	return fmt.Sprintf("%s & (wr_tile == %s ? %s : {%d{1'b1}})", result,
		decimal(u.Addr(), u.Last()), hexadecimal(u.Word(), ones(u.Tail()*u.Bits)), u.Word())
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
	if !n.Waits() || n.Masks {
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
func (n neuron) Kept() string { return n.Leaks.of("v") }

// Arrived is the current at the end of the last step.
func (n neuron) Arrived() string {
	if !n.KeepC {
		return fmt.Sprintf("%d'sd0", n.Work)
	}
	return fmt.Sprintf("first ? %d'sd0 : %s", n.Work, extend("now", n.CBits, n.CSigned, n.Work))
}

// Fed is the current with the input of this step.
func (n neuron) Fed() string {
	if n.Order == ir.OrderAfter {
		return "arrived + drive"
	}
	return n.Wane.of("arrived") + " + drive"
}

// Flowing is the current that charges the membrane.
func (n neuron) Flowing() string {
	if n.Order == ir.OrderLate {
		return "arrived"
	}
	return "fed"
}

// Next is the current that stays for the next step.
func (n neuron) Next() string {
	if n.Order == ir.OrderAfter {
		return n.Wane.of("fed")
	}
	return "fed"
}

// Charge is the membrane before the reset.
func (u *unit) Charge() string {
	n := u.Neuron
	sum := "drive"
	if n.Current.Kind != 0 {
		sum = n.Flowing()
	}
	if n.KeepV {
		sum = "kept + " + sum
	}
	if !n.Bias.Absent() {
		sum += " + " + extend("bias", n.Bias.Bits, true, n.Work)
	}
	if n.Waits() && n.Reset == ir.ResetSubtract {
		sum += fmt.Sprintf(" - ((was & ~first) ? %s : %d'd0)", extend("reset", n.Amount.Bits, true, n.Work), n.Work)
	}
	if n.Masks {
		return fmt.Sprintf("(was & ~first) ? %d'sd0 : %s", n.Work, sum)
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

// Stored is the membrane after the step. With when=both h is the membrane
// before any reset: whatever was taken at the beginning of the step, what is
// taken in all is the amount once, if it fired.
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
