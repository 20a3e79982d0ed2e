package verilog

import (
	"fmt"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
)

// neuron is what is particular to the hardware of a neuron.
type neuron struct {
	ir.NeuronAttrs
	Work int // bits of the update's arithmetic

	// What is kept from step to step: the membrane; whether a reset waits, which is
	// that the neuron fired, or with when=both that the membrane is above the
	// threshold; and the current.
	KeepV, KeepS, KeepC bool

	VBits, CBits    int
	Signed, CSigned bool
	Leaks, Wane     leak // of membrane and current
	Threshold, Bias param
	Amount, Init    param
	Begins          param // with when=both, where init is above the threshold
}

func planNeuron(v *ir.Value, y vector) neuron {
	a := v.Attrs.(ir.NeuronAttrs)
	n := neuron{NeuronAttrs: a, VBits: bitsOf(v.State), Signed: v.State.Lo < 0, CBits: bitsOf(v.Drive), CSigned: v.Drive.Lo < 0}
	n.KeepV = a.Leak.Kind != ir.LeakAll
	n.KeepC = a.Current.Kind != 0 && (a.Current.Kind != ir.LeakAll || a.Order == ir.OrderLate)
	late := a.Masks || a.Reset == ir.ResetSubtract || a.Reset != ir.ResetNone && n.KeepV
	n.KeepS = a.When == ir.WhenBoth || a.When == ir.WhenNext && late
	s := v.Type.Shape
	threshold := newParam("threshold", v.Args[ir.NeuronThreshold], s, 0, y)
	n.Bias = sized(newParam("bias", v.Args[ir.NeuronBias], s, 0, y))
	n.Amount = sized(newParam("reset", v.Args[ir.NeuronReset], s, 0, y))
	n.Init = sized(newParam("init", v.Args[ir.NeuronInit], s, 0, y))
	n.Begins = begins(threshold, n.Init, a)
	n.Threshold = clip(threshold, v.State, a.Compare)
	if a.When == ir.WhenFire {
		n.Amount.Bits = min(n.Amount.Bits, n.VBits) // the reset's result is all that is kept
	}
	n.Work = n.workBits(v)
	n.Leaks = newLeak("leak", a.Leak, a.Round, v.State, n.Work)
	n.Wane = newLeak("wane", a.Current, a.Round, v.Drive, n.Work)
	return n
}

// workBits holds every term and every result of the update. What is added up on
// the way may wrap: the sum fits.
func (n neuron) workBits(v *ir.Value) int {
	w := max(signedBits(v.State), signedBits(v.Drive), signedBits(v.Args[ir.NeuronX].Range)+n.Guard)
	for _, p := range []param{n.Threshold, n.Bias, n.Amount, n.Init} {
		w = max(w, p.Bits)
	}
	return w
}

// begins tells, with when=both, where a reset waits at the first step.
func begins(threshold, init param, a ir.NeuronAttrs) param {
	p := param{Name: "begun", Bits: 1}
	if a.When != ir.WhenBoth {
		return p
	}
	some := false
	for i, th := range threshold.Data {
		v := int64(0)
		if !init.Absent() {
			v = init.Data[i]
		}
		above := v > th || v == th && a.Compare == ir.GE
		some = some || above
		p.Data = append(p.Data, flag(above))
	}
	if !some {
		p.Data = nil
	}
	return p
}

// leak is the hardware of a leak: one function, of shifts and sums.
type leak struct {
	Name  string
	Leak  ir.Leak
	Round ir.Round
	Work  int // bits of its argument and of its result
	Shift int // no more than a shifted number has bits
	Wide  int // bits of what is shifted
}

// newLeak plans the leak of a number that has a range.
func newLeak(name string, l ir.Leak, round ir.Round, r ir.Range, work int) leak {
	k := leak{Name: name, Leak: l, Round: round, Work: work, Shift: l.K, Wide: work}
	if l.Kind == ir.LeakCSD {
		k.Wide = max(work, signedBits(r)+l.K+2) // the factor is at most 2^K
		return k
	}
	k.Shift = min(l.K, signedBits(r))
	if round != ir.RoundFloor {
		up := int64(1)<<k.Shift - 1
		k.Wide = max(work, k.Shift+1, signedBits(ir.Range{Lo: r.Lo, Hi: r.Hi + up}))
	}
	return k
}

// Function tells whether the leak takes one.
func (k leak) Function() bool {
	return k.Leak.Kind == ir.LeakShift || k.Leak.Kind == ir.LeakDecay || k.Leak.Kind == ir.LeakCSD
}

// of is what the leak leaves of a number.
func (k leak) of(x string) string {
	switch {
	case k.Function():
		return k.Name + "(" + x + ")"
	case k.Leak.Kind == ir.LeakAll:
		return fmt.Sprintf("%d'sd0", k.Work)
	}
	return x
}

// Begun is the number in the bits that are shifted.
func (k leak) Begun() string { return extend("x", k.Work, true, k.Wide) }

// Product is wide times the factor of a csd leak: its digits' shifted copies.
func (k leak) Product() string {
	var b strings.Builder
	digits := update.CSD(k.Leak.N)
	for i := len(digits) - 1; i >= 0; i-- {
		switch {
		case digits[i].Sign < 0:
			b.WriteString(" - ")
		case i < len(digits)-1:
			b.WriteString(" + ")
		}
		fmt.Fprintf(&b, "(wide <<< %d)", digits[i].Shift)
	}
	return b.String()
}

// CSD tells whether the leak multiplies by a factor's digits.
func (k leak) CSD() bool { return k.Leak.Kind == ir.LeakCSD }

// Up is what is added so that the shift rounds up; empty when it rounds down.
func (k leak) Up() string {
	up := fmt.Sprintf("%d'sd%d", k.Wide, int64(1)<<k.Shift-1)
	switch k.Round {
	case ir.RoundCeil:
		return up
	case ir.RoundZero:
		return fmt.Sprintf("(x[%d] ? %s : %d'sd0)", k.Work-1, up, k.Wide)
	}
	return ""
}

// Left is what the leak leaves.
func (k leak) Left() string {
	shifted := slice("wide", k.Work, k.Wide)
	if k.Leak.Kind == ir.LeakDecay {
		return "x - " + shifted
	}
	return shifted
}
