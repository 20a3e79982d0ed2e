package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// Attrs is an op's attribute struct: plain data, printed and parsed field by
// field in struct order. A field of its zero value is left out unless tagged
// `ir:"always"`.
type Attrs interface{ attrs() }

// InputAttrs describes an input.
type InputAttrs struct {
	// Per is once for an input given before the loop, step for a new one each step.
	Per Clock
	// Pixel normalisation x = (p·Scale − Mean)/Std that the network was trained
	// with; one entry, or one per channel (axis 0). Set when the input is pixels.
	Scale []float64
	Mean  []float64
	Std   []float64
}

// ConstAttrs holds a constant's data.
type ConstAttrs struct {
	Data *Tensor
	Seed *Seed // where the data came from, when it is reproducible noise
}

// Seed makes reproducible uniform noise in lo..hi.
type Seed struct {
	Seed   int64
	Lo, Hi float64
}

// UnknownAttrs names an operator that is not understood, and why.
type UnknownAttrs struct {
	Op, Domain string
	Opset      int
	Reason     string
}

// CompareAttrs says which comparison.
type CompareAttrs struct {
	Is Compare `ir:"always"`
}

// ShapeAttrs is the target shape of a reshape.
type ShapeAttrs struct {
	Shape []int `ir:"always"`
}

// PermAttrs is an order of axes.
type PermAttrs struct {
	Perm []int `ir:"always"`
}

// AxisAttrs is one axis, counted from 0.
type AxisAttrs struct {
	Axis int `ir:"always"`
}

// SliceAttrs selects Count elements from Start, Step apart, along an axis.
type SliceAttrs struct {
	Axis  int `ir:"always"`
	Start int `ir:"always"`
	Count int `ir:"always"`
	Step  int `ir:"always"`
}

// ReduceAttrs lists the axes to reduce, and whether they stay with extent 1.
type ReduceAttrs struct {
	Axes []int `ir:"always"`
	Keep bool
}

// LinearAttrs says how an engine runs a sum over words.
type LinearAttrs struct {
	Slots Slots
}

// BatchNormAttrs are ONNX's epsilon and the channel axis.
type BatchNormAttrs struct {
	Axis int     `ir:"always"`
	Eps  float64 `ir:"always"`
}

// NeuronAttrs is a point in the space of integrate-and-fire neurons:
//
//	H_t = leak(V_{t−1}) + gain·x_t + bias       (fixed: x << guard, no gain)
//	S_t = [H_t ≥ threshold] or [H_t > threshold]
//	V_t = reset(H_t, S_t)
//
// With when=next the reset acts at the next step, after the leak: the stored
// membrane is H, and H_t = leak(H_{t−1}) − S_{t−1}·amount + x_t for subtract,
// leak((1−S_{t−1})·H_{t−1}) + x_t for zero.
type NeuronAttrs struct {
	Leak    Leak    `ir:"always"`
	Round   Round   `ir:"always"`
	Compare Compare `ir:"always"`
	Reset   Reset   `ir:"always"`
	When    When    `ir:"always"`
	// Guard bits: the membrane, threshold, bias and reset are in units of
	// 2^-Guard of the input. Only at the fixed level.
	Guard int
}

func (InputAttrs) attrs()     {}
func (ConstAttrs) attrs()     {}
func (UnknownAttrs) attrs()   {}
func (CompareAttrs) attrs()   {}
func (ShapeAttrs) attrs()     {}
func (PermAttrs) attrs()      {}
func (AxisAttrs) attrs()      {}
func (SliceAttrs) attrs()     {}
func (ReduceAttrs) attrs()    {}
func (LinearAttrs) attrs()    {}
func (BatchNormAttrs) attrs() {}
func (NeuronAttrs) attrs()    {}

// Compare is a kind of comparison.
type Compare uint8

// The comparisons. A neuron takes GE or GT.
const (
	GE Compare = iota + 1
	GT
	LE
	LT
	EQ
)

var compareNames = names{GE: "ge", GT: "gt", LE: "le", LT: "lt", EQ: "eq"}

func (c Compare) String() string { return compareNames.get(int(c)) }

// MarshalText prints the comparison.
func (c Compare) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a comparison.
func (c *Compare) UnmarshalText(b []byte) error {
	i, err := compareNames.find("comparison", string(b))
	*c = Compare(i)
	return err
}

// Reset is what firing does to the membrane.
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

// The moments: in the step that fires, or in the next one after the leak.
const (
	WhenFire When = iota + 1
	WhenNext
)

var whenNames = names{WhenFire: "fire", WhenNext: "next"}

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

// Slots is the code in which an engine runs a sum over words.
type Slots uint8

// The codes: none (the operand is spikes) or bit planes.
const (
	SlotsNone Slots = iota
	SlotsPlanes
)

var slotNames = names{SlotsNone: "none", SlotsPlanes: "planes"}

func (s Slots) String() string { return slotNames.get(int(s)) }

// MarshalText prints the code.
func (s Slots) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a code.
func (s *Slots) UnmarshalText(b []byte) error {
	i, err := slotNames.find("code", string(b))
	*s = Slots(i)
	return err
}

// LeakKind is a form of leak.
type LeakKind uint8

// The leaks: V stays; nothing stays; V·β (the leak operand, real); V >> k; V − (V >> k).
const (
	LeakNone LeakKind = iota + 1
	LeakAll
	LeakFactor
	LeakShift
	LeakDecay
)

var leakNames = names{LeakNone: "none", LeakAll: "all", LeakFactor: "factor", LeakShift: "shift", LeakDecay: "decay"}

func (k LeakKind) String() string { return leakNames.get(int(k)) }

// Leak is what remains of the membrane from one step to the next, before the input is added.
type Leak struct {
	Kind LeakKind
	K    int // of shift and decay
}

// MarshalText prints the leak: none, all, factor, shift:K or decay:K.
func (l Leak) MarshalText() ([]byte, error) {
	s := l.Kind.String()
	if l.Kind == LeakShift || l.Kind == LeakDecay {
		s += ":" + strconv.Itoa(l.K)
	}
	return []byte(s), nil
}

// UnmarshalText reads a leak.
func (l *Leak) UnmarshalText(b []byte) error {
	word, k, counted := strings.Cut(string(b), ":")
	i, err := leakNames.find("leak", word)
	if err != nil {
		return err
	}
	*l = Leak{Kind: LeakKind(i)}
	if counted != (l.Kind == LeakShift || l.Kind == LeakDecay) {
		return fmt.Errorf("leak %q: shift and decay take a bit count, shift:1; the others none", b)
	}
	if counted {
		l.K, err = strconv.Atoi(k)
		if err != nil || l.K < 1 || l.K > 31 {
			return fmt.Errorf("leak %q: the bit count must be 1 to 31", b)
		}
	}
	return nil
}
