package ir

import (
	"fmt"
	"math"
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
	// with; one entry, or one per channel (ChannelAxis). Set when the input is pixels.
	Scale []float64
	Mean  []float64
	Std   []float64
	// Of is the shape of the file's input, when a frame of it is taken in each step
	// otherwise than as its rows: step t takes the entries along Axis from First +
	// t·Every on, as many as the frame has.
	Of                 []int
	Axis, First, Every int
}

// Places are where in the file's input each element of the frames of all steps
// stands; nil when they are its elements, in order.
func (a InputAttrs) Places(steps int, frame Shape) []int {
	if a.Of == nil {
		return nil
	}
	inner := 1
	for _, d := range a.Of[a.Axis+1:] {
		inner *= d
	}
	count, extent := frame.Dim(a.Axis), a.Of[a.Axis]
	out := make([]int, 0, steps*frame.Size())
	for t := range steps {
		for i := range frame.Size() {
			entry := i/inner%count + a.First + t*a.Every
			out = append(out, (i/inner/count*extent+entry)*inner+i%inner)
		}
	}
	return out
}

// Channels is how many channels are normalised apart; 1 when all are alike.
func (a InputAttrs) Channels() int { return max(len(a.Scale), len(a.Mean), len(a.Std), 1) }

// ChannelAxis is the axis of an image that has as many channels as are normalised
// apart: the first, else the last, as of networks made with Keras; -1 for neither.
func ChannelAxis(image []int, channels int) int {
	for _, axis := range []int{0, len(image) - 1} {
		if len(image) > 0 && image[axis] == channels {
			return axis
		}
	}
	return -1
}

// Meaning is the number that a pixel p stands for, as a formula; empty where
// integers are numbers as they are.
func (a InputAttrs) Meaning() string {
	if a.Scale == nil && a.Mean == nil && a.Std == nil {
		return ""
	}
	p := "p*" + perChannel(a.Scale, 1)
	if len(a.Scale) == 1 && a.Scale[0] < 1 && 1/a.Scale[0] == math.Round(1/a.Scale[0]) {
		p = "p/" + perChannel([]float64{1 / a.Scale[0]}, 1)
	}
	return fmt.Sprintf("(%s - %s)/%s", p, perChannel(a.Mean, 0), perChannel(a.Std, 1))
}

// perChannel is one number for all channels, or those of the channels; none without any.
func perChannel(list []float64, none float64) string {
	var all []string
	for _, x := range list {
		all = append(all, strconv.FormatFloat(x, 'g', -1, 64))
	}
	switch len(list) {
	case 0:
		return perChannel([]float64{none}, none)
	case 1:
		return all[0]
	}
	return "[" + strings.Join(all, ", ") + "]"
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

// Compare is a kind of comparison.
type Compare uint8

// The comparisons. A neuron takes GE or GT.
const (
	GE Compare = iota + 1
	GT
	LE
	LT
	EQ
	NE
)

var compareNames = names{GE: "ge", GT: "gt", LE: "le", LT: "lt", EQ: "eq", NE: "ne"}

func (c Compare) String() string { return compareNames.get(int(c)) }

// MarshalText prints the comparison.
func (c Compare) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a comparison.
func (c *Compare) UnmarshalText(b []byte) error {
	i, err := compareNames.find("comparison", string(b))
	*c = Compare(i)
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
