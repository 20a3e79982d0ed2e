package ir

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// NeuronAttrs is a point in the space of integrate-and-fire neurons:
//
//	H_t = leak(V_{t−1}) + I_t + bias
//	S_t = [H_t ≥ threshold] or [H_t > threshold]
//	V_t = reset(H_t, S_t)
//
// The drive I_t is gain·x_t (fixed: x_t << guard, no gain). With a current,
// which starts at 0 and has a leak of its own, it is
//
//	order=before:  i_t = leak(i_{t−1}) + gain·x_t,  I_t = i_t
//	order=after:   d = i_{t−1} + x_t,  I_t = gain·d,  i_t = leak(d)
//	order=late:    I_t = i_{t−1},  i_t = leak(i_{t−1}) + gain·x_t
//
// and at the fixed level x_t << guard in place of gain·x_t and of x_t.
//
// With when=next the reset acts at the next step, after the leak: the stored
// membrane is H, and H_t = leak(H_{t−1}) − S_{t−1}·amount + I_t + bias for
// subtract, leak((1−S_{t−1})·H_{t−1}) + I_t + bias for zero; with masks, for
// zero only, H_t = (1−S_{t−1})·(leak(H_{t−1}) + I_t + bias). No reset waits at
// the first step.
//
// when=both, for subtract only, is snnTorch's reset_delay=False: the reset acts
// on firing, unless the stored membrane was above the threshold already, in
// which case it has acted at the beginning of the step:
//
//	R_t = [V_{t−1} ≥ threshold] (or >), also at the first step
//	H_t = leak(V_{t−1}) + I_t + bias − R_t·amount
//	V_t = H_t − (S_t − R_t)·amount
//
// With adapt, a leak, the threshold grows by a_t, a_0 = 0, where it is compared, and with
// adapt-reset, of subtract, where a reset takes it:
//
//	S_t = [H_t ≥ threshold + a_t] (or >),  a_{t+1} = adapt(a_t) + jump·S_t
//
// This is the adaptive threshold of Bellec et al. (2018 and 2020), A_t = v_th + β·a_t, with
// jump = β, or β·(1 − ρ) where the trace is normalised; Norse's, which decays before it is
// compared and jumps behind that, is the same with ρ times the jump. The shift of adapt is
// rounded the other way round than those of the other leaks.
//
// A neuron with a refractory period of R steps counts them, n_0 = 0, and rests where
// n_{t−1} > 0, which its current does not:
//
//	refractory=hold:R   where it rests, V_t = V_{t−1} and S_t = 0
//	refractory=drive:R  where it rests, H_t = leak(V_{t−1})
//	refractory=spike:R  where it rests, S_t = 0
//	refractory=leak:R   where it rests, both
//	n_t = R where S_t, else max(n_{t−1} − 1, 0)
//
// The result of a silent neuron is V. One without a reset has no threshold: V = H.
type NeuronAttrs struct {
	Leak    Leak    `ir:"always"`
	Round   Round   `ir:"always"` // of both leaks
	Compare Compare `ir:"always"`
	Reset   Reset   `ir:"always"`
	When    When    `ir:"always"`
	// Guard bits: the membrane, current, threshold, bias and reset are in units
	// of 2^-Guard of the input. Only at the fixed level.
	Guard int
	// Current is the leak of the current; its kind is 0 when there is none.
	Current Leak
	Order   Order
	// Masks makes a delayed reset to zero kill the new input too; MasksCurrent,
	// the current as well, with this step's input.
	Masks        bool
	MasksCurrent bool
	Silent       bool
	Refractory   Refractory
	// Adapt is the leak of the threshold's growth; its kind is 0 when the threshold is constant.
	Adapt      Leak
	AdaptReset bool
}

func (NeuronAttrs) attrs() {}

// Fires reports whether the neuron has a threshold: all but silent ones without a reset.
func (a NeuronAttrs) Fires() bool { return !a.Silent || a.Reset != ResetNone }

// IsNeuron reports whether a value is a neuron: by the equation of NeuronAttrs, or a cell.
func (v *Value) IsNeuron() bool { return v.Op == OpNeuron || v.Op == OpCell }

// Neurons lists the neurons of a net, in its order.
func (n *Net) Neurons() []*Value {
	return slices.DeleteFunc(slices.Clone(n.Values), func(v *Value) bool { return !v.IsNeuron() })
}

// StateVars are the state variables of a neuron in the order of TracedVars, and then of its program;
// no other op has any.
func (v *Value) StateVars() []string {
	switch a := v.Attrs.(type) {
	case CellAttrs:
		return InTraceOrder(a.update())
	case NeuronAttrs:
		has := map[string]bool{MembraneVar: true, CurrentVar: a.Current.Kind != 0, GrowthVar: a.Adapt.Kind != 0, RestVar: a.Refractory.Kind != 0}
		return slices.DeleteFunc(slices.Clone(TracedVars), func(name string) bool { return !has[name] })
	}
	return nil
}

// Leaking is one of a neuron's leaks: the part of it that leaks, the form of the leak, whose
// kind is 0 when the neuron has no such part, and the operand that a factor is.
type Leaking struct {
	Of   string
	Form *Leak
	Slot int
}

// Leaks lists the leaks of a neuron.
func (a *NeuronAttrs) Leaks() []Leaking {
	return []Leaking{{"membrane", &a.Leak, NeuronLeak}, {"current", &a.Current, NeuronCurrent}, {"threshold", &a.Adapt, NeuronAdapt}}
}

// AdaptRound is the rounding of adapt: H ≥ θ + a/2^k is H ≥ θ + ⌈a/2^k⌉, where
// v/2^k ≥ θ is ⌊v/2^k⌋ ≥ θ.
func (a NeuronAttrs) AdaptRound() Round {
	return map[Round]Round{RoundFloor: RoundCeil, RoundCeil: RoundFloor, RoundZero: RoundZero}[a.Round]
}

// Reset is the effect of a spike on the membrane.
type Reset uint8

// The resets: nothing; to 0; to the reset operand; minus the reset operand.
const (
	ResetNone Reset = iota + 1
	ResetZero
	ResetValue
	ResetSubtract
)

var resetNames = names{ResetNone: "none", ResetZero: "zero", ResetValue: "value", ResetSubtract: "subtract"}

func (r Reset) String() string { return resetNames.get(int(r)) }

// MarshalText prints the reset.
func (r Reset) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a reset.
func (r *Reset) UnmarshalText(b []byte) error {
	i, err := resetNames.find("reset", string(b))
	*r = Reset(i)
	return err
}

// When is the moment of the reset.
type When uint8

// The moments: in the step that fires, in the next one after the leak, or both.
const (
	WhenFire When = iota + 1
	WhenNext
	WhenBoth
)

var whenNames = names{WhenFire: "fire", WhenNext: "next", WhenBoth: "both"}

func (w When) String() string { return whenNames.get(int(w)) }

// MarshalText prints the moment.
func (w When) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads a moment.
func (w *When) UnmarshalText(b []byte) error {
	i, err := whenNames.find("moment of reset", string(b))
	*w = When(i)
	return err
}

// Round is the rounding of a leak's right shift.
type Round uint8

// The roundings: toward −∞, +∞ and 0.
const (
	RoundFloor Round = iota + 1
	RoundCeil
	RoundZero
)

var roundNames = names{RoundFloor: "floor", RoundCeil: "ceil", RoundZero: "zero"}

func (r Round) String() string { return roundNames.get(int(r)) }

// MarshalText prints the rounding.
func (r Round) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rounding.
func (r *Round) UnmarshalText(b []byte) error {
	i, err := roundNames.find("rounding", string(b))
	*r = Round(i)
	return err
}

// Order says whether a neuron's current leaks before or after its input is added,
// and whether the membrane receives the current of this step or of the one before.
type Order uint8

// The orders: a synapse that leaks first, as snnTorch's Synaptic; one that leaks
// last, as Norse's LIF; one whose input arrives a step late, as in snnTorch's
// Alpha, whose membrane τ·(e + i) with e' = α·e + x and i' = β·i − x is, in the
// next step, β of itself plus τ·(α − β)·e.
const (
	OrderBefore Order = iota
	OrderAfter
	OrderLate
)

var orderNames = names{OrderBefore: "before", OrderAfter: "after", OrderLate: "late"}

func (o Order) String() string { return orderNames.get(int(o)) }

// MarshalText prints the order.
func (o Order) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an order.
func (o *Order) UnmarshalText(b []byte) error {
	i, err := orderNames.find("order", string(b))
	*o = Order(i)
	return err
}

// LeakKind is a form of leak.
type LeakKind uint8

// The leaks: V stays; nothing stays; V·β (an operand, real); V >> k;
// V − (V >> k); (V·n) >> k, which engines run on the digits of n. Above the fixed level
// the last may have an operand, the real factor that it stands for, which is taken there.
const (
	LeakNone LeakKind = iota + 1
	LeakAll
	LeakFactor
	LeakShift
	LeakDecay
	LeakCSD
)

var leakNames = names{LeakNone: "none", LeakAll: "all", LeakFactor: "factor", LeakShift: "shift", LeakDecay: "decay", LeakCSD: "csd"}

func (k LeakKind) String() string { return leakNames.get(int(k)) }

// Leak is the decay of the membrane from one step to the next, before the input is added.
type Leak struct {
	Kind LeakKind
	K    int   // of shift, decay and csd
	N    int64 // of csd: the factor is N/2^K, N from 1 to 2^K
}

// MarshalText prints the leak: none, all, factor, shift:K, decay:K or csd:N/2^K, the power written out.
func (l Leak) MarshalText() ([]byte, error) {
	s := l.Kind.String()
	switch {
	case l.Kind == LeakCSD:
		s += fmt.Sprintf(":%d/%d", l.N, int64(1)<<l.K)
	case l.counted():
		s += ":" + strconv.Itoa(l.K)
	}
	return []byte(s), nil
}

func (l Leak) String() string {
	text, err := l.MarshalText()
	if err != nil {
		return "?"
	}
	return string(text)
}

func (l Leak) counted() bool { return l.Kind == LeakShift || l.Kind == LeakDecay }

// MaxLeakBits is the largest K of a leak.
const MaxLeakBits = 31

// UnmarshalText reads a leak.
func (l *Leak) UnmarshalText(b []byte) error {
	word, number, numbered := strings.Cut(string(b), ":")
	i, err := leakNames.find("leak", word)
	if err != nil {
		return err
	}
	*l = Leak{Kind: LeakKind(i)}
	switch {
	case l.Kind == LeakCSD:
		err = l.readFraction(number)
	case l.counted():
		l.K, err = strconv.Atoi(number)
	case numbered:
		err = fmt.Errorf("%s takes no number", word)
	}
	if err == nil && !l.valid() {
		err = fmt.Errorf("out of bounds")
	}
	if err != nil {
		return fmt.Errorf("leak %q: wanted none, all, factor, shift:K or decay:K with K from 1 to %d, or csd:N/2^K, the power written out, with N from 1 to 2^K", b, MaxLeakBits)
	}
	return nil
}

// readFraction reads N/D with D a power of two.
func (l *Leak) readFraction(text string) error {
	over, under, _ := strings.Cut(text, "/")
	n, err := strconv.ParseInt(over, 10, 64)
	if err != nil {
		return err
	}
	d, err := strconv.ParseUint(under, 10, 32)
	if err != nil {
		return err
	}
	if bits.OnesCount64(d) != 1 {
		return fmt.Errorf("%d is no power of two", d)
	}
	l.N, l.K = n, bits.TrailingZeros64(d)
	return nil
}

// valid reports whether the numbers fit the kind.
func (l Leak) valid() bool {
	switch {
	case l.Kind == LeakCSD:
		return l.K >= 1 && l.K <= MaxLeakBits && l.N >= 1 && l.N <= int64(1)<<l.K
	case l.counted():
		return l.K >= 1 && l.K <= MaxLeakBits && l.N == 0
	}
	return true
}

// Refractory is a neuron's refractory period: the number of steps after a spike, and the
// part that rests in them. Its kind is 0 when there is none.
type Refractory struct {
	Kind  Rest
	Steps int
}

// Rest is the part of a neuron that rests.
type Rest uint8

// The rests: the neuron holds its membrane and is silent, as Norse's LIFRefracCell and
// Lava's LIFRefractory; its input is dropped, as in BindsNET's LIFNodes; its spikes
// are, as in the LSNN of Bellec et al. (2018); or both, so that it only leaks.
const (
	RestHold Rest = iota + 1
	RestDrive
	RestSpike
	RestLeak
)

var restNames = names{RestHold: "hold", RestDrive: "drive", RestSpike: "spike", RestLeak: "leak"}

// DropsDrive reports whether nothing comes in where a neuron rests, and its membrane leaks.
func (r Rest) DropsDrive() bool { return r == RestDrive || r == RestLeak }

// DropsSpike reports whether nothing fires where a neuron rests.
func (r Rest) DropsSpike() bool { return r == RestHold || r == RestSpike || r == RestLeak }

func (r Rest) String() string { return restNames.get(int(r)) }

// UnmarshalText reads a rest.
func (r *Rest) UnmarshalText(b []byte) error {
	i, err := restNames.find("rest", string(b))
	*r = Rest(i)
	return err
}

// MaxRest is the longest refractory period.
const MaxRest = 1<<15 - 1

func (r Refractory) String() string { return r.Kind.String() + ":" + strconv.Itoa(r.Steps) }

// MarshalText prints the period: KIND:STEPS.
func (r Refractory) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a period.
func (r *Refractory) UnmarshalText(b []byte) error {
	word, number, _ := strings.Cut(string(b), ":")
	var kind Rest
	err := kind.UnmarshalText([]byte(word))
	steps, bad := strconv.Atoi(number)
	if err != nil || bad != nil || steps < 1 || steps > MaxRest {
		return fmt.Errorf("refractory %q: wanted hold:STEPS, drive:STEPS, spike:STEPS or leak:STEPS, from 1 to %d", b, MaxRest)
	}
	*r = Refractory{kind, steps}
	return nil
}
