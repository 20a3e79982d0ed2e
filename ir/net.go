package ir

import (
	"cmp"
	"fmt"
	"slices"

	"nomul/ir/diag"
)

// Level says how far a net has been lowered. Passes never lower it.
type Level uint8

// The levels: as imported; one step with neurons and real weights; integers only.
const (
	Source Level = iota + 1
	Spiking
	Fixed
)

var levelNames = names{Source: "source", Spiking: "spiking", Fixed: "fixed"}

func (l Level) String() string { return levelNames.get(int(l)) }

// ParseLevel reads a level's name.
func ParseLevel(s string) (Level, error) {
	i, err := levelNames.find("level", s)
	return Level(i), err
}

// Clock says when a value is computed: before the loop over steps, in every
// step, or after the loop.
type Clock uint8

// The clocks, in the order of a net.
const (
	Once Clock = iota
	Step
	End
)

var clockNames = names{Once: "once", Step: "step", End: "end"}

func (c Clock) String() string { return clockNames.get(int(c)) }

// MarshalText prints the clock as an attribute.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the clock as an attribute.
func (c *Clock) UnmarshalText(b []byte) error {
	i, err := clockNames.find("clock", string(b))
	*c = Clock(i)
	return err
}

// Net is a network: values in dataflow order, each defined above its uses,
// those of clock once first, then step, then end.
type Net struct {
	Name   string
	Level  Level
	Steps  int // time steps, at least 1
	Values []*Value
	// Order has the names of the outputs as the model lists them, which a net that is
	// ordered by clock may not; one that is not listed follows those that are.
	Order []string
}

// Head is a net like n without values.
func (n *Net) Head() *Net { return &Net{Name: n.Name, Level: n.Level, Steps: n.Steps, Order: n.Order} }

// Value is one operation with one result.
type Value struct {
	Name    string
	Op      Op
	Args    []*Value // one per operand of the op's row; nil where an optional one is absent
	Attrs   Attrs    // the op's attribute struct, by value; nil when it has none
	Type    Type
	Clock   Clock
	Range   Range  // of an integer result
	State   Range  // of a neuron's integer membrane, before and after the reset
	Current Range  // of a neuron's integer current, if it has one, before and after its leak
	Scale   *Scale // of an integer result: real = scale · integer; nil is unknown
	// Measured is known of a layer of integers where calibration measured it; else nil.
	Measured *Measured
	// Origin is the place in the user's file that the value comes from.
	Origin diag.Origin
}

// Scale is the real number that one unit of an integer value stands for. It
// serves decoding and reports; no emitted arithmetic reads it.
type Scale struct {
	Name string // names per-element data in the text form
	// Data broadcasts to the value's shape; always real.
	Data *Tensor
}

// UniformScale is one scale for the whole value.
func UniformScale(f float64) *Scale {
	return &Scale{Data: Reals(Shape{}, []float64{f})}
}

// Arg is operand i, or nil when it is absent.
func (v *Value) Arg(i int) *Value {
	if i >= len(v.Args) {
		return nil
	}
	return v.Args[i]
}

// Const is the data of a constant, or nil when the value is none.
func (v *Value) Const() *Tensor {
	if v == nil || v.Op != OpConst {
		return nil
	}
	return v.Attrs.(ConstAttrs).Data
}

// AnyReal reports whether some of the operands that there are is real.
func AnyReal(args []*Value) bool {
	for _, a := range args {
		if a != nil && a.Type.IsReal() {
			return true
		}
	}
	return false
}

// Find is the value of that name, or nil.
func (n *Net) Find(name string) *Value {
	for _, v := range n.Values {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// All lists the values of one op in net order; outputs as the model does, for programs that
// are made of it must not depend on which outputs are constant.
func (n *Net) All(op Op) []*Value {
	var out []*Value
	for _, v := range n.Values {
		if v.Op == op {
			out = append(out, v)
		}
	}
	if op == OpOutput {
		slices.SortStableFunc(out, func(a, b *Value) int { return cmp.Compare(n.listed(a), n.listed(b)) })
	}
	return out
}

// outputs are the names of the outputs in net order.
func (n *Net) outputs() []string {
	var out []string
	for _, v := range n.Values {
		if v.Op == OpOutput {
			out = append(out, v.Name)
		}
	}
	return out
}

// listed is the place of an output among those of the model.
func (n *Net) listed(v *Value) int {
	if i := slices.Index(n.Order, v.Name); i >= 0 {
		return i
	}
	return len(n.Order)
}

// SampleType is the type in which a run is given an input: that of the value,
// with an axis of the steps in front when the input is new in each step.
func (n *Net) SampleType(input *Value) Type {
	if input.Clock != Step {
		return input.Type
	}
	return input.Type.WithShape(ShapeOf(append([]int{n.Steps}, input.Type.Shape.Dims()...)...))
}

// Readers maps every value to those that have it as an operand, once per operand slot.
func (n *Net) Readers() map[*Value][]*Value {
	out := map[*Value][]*Value{}
	for _, v := range n.Values {
		for _, a := range v.Args {
			if a != nil {
				out[a] = append(out[a], v)
			}
		}
	}
	return out
}

// Latched maps every delay to the value that its latch stores for the next step.
func (n *Net) Latched() map[*Value]*Value {
	out := map[*Value]*Value{}
	for _, v := range n.All(OpLatch) {
		out[v.Args[0]] = v.Args[1]
	}
	return out
}

// names maps small integers to words and back.
type names []string

func (n names) get(i int) string {
	if i < len(n) && n[i] != "" {
		return n[i]
	}
	return fmt.Sprintf("?%d", i)
}

func (n names) find(what, s string) (int, error) {
	for i, name := range n {
		if name == s && s != "" {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q is not a %s; wanted one of %s", s, what, n.list())
}

func (n names) list() string {
	out := ""
	for _, name := range n {
		if name == "" {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += name
	}
	return out
}
