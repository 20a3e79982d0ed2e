package verilog

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// Widest integers that the emitted hardware handles.
const (
	maxWord = 32 // accumulators and membranes
	maxBits = 16 // weights and input elements
)

// Check lists what Emit cannot do with the net.
func (backend) Check(net *ir.Net) diag.List {
	c := &checker{readers: net.Readers()}
	if net.Level != ir.Fixed {
		c.list.Add(diag.Origin{}, diag.BadLevel, "verilog takes a net at the fixed level, got %v", net.Level)
		return c.list
	}
	if len(net.All(ir.OpInput)) == 0 || len(net.All(ir.OpOutput)) == 0 {
		c.list.Add(diag.Origin{}, diag.UnsupportedTarget, "verilog needs at least one input and one output")
	}
	for _, v := range net.Values {
		c.value(v)
	}
	return c.list
}

type checker struct {
	readers map[*ir.Value][]*ir.Value
	list    diag.List
}

func (c *checker) bad(v *ir.Value, format string, args ...any) {
	c.list.Add(v.Origin, diag.UnsupportedTarget, "verilog: %s %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}

func (c *checker) value(v *ir.Value) {
	switch v.Op {
	case ir.OpConst, ir.OpReshape:
	case ir.OpInput:
		c.input(v)
	case ir.OpLinear:
		c.linear(v)
	case ir.OpNeuron:
		c.neuron(v)
	case ir.OpSum:
		c.computed(v, v.Args[0])
		c.width(v)
	case ir.OpOutput:
		c.output(v)
	default:
		c.bad(v, "has no hardware for this operation")
	}
}

func (c *checker) input(v *ir.Value) {
	if v.Clock != ir.Once {
		c.bad(v, "is given anew each step, wanted once")
	}
	if v.Range.Lo < 0 || bitsOf(v.Range) > maxBits {
		c.bad(v, "is %v, wanted unsigned of at most %d bits", v.Type, maxBits)
	}
	if len(c.readers[v]) == 0 {
		c.bad(v, "is read by nothing")
	}
}

func (c *checker) linear(v *ir.Value) {
	x, w, bias := v.Args[0], v.Arg(1), v.Arg(2)
	c.computed(v, x)
	c.width(v)
	if x.Type.Shape.Rank() != 1 {
		c.bad(v, "%%%s has shape %v, wanted one axis", x.Name, x.Type.Shape)
	}
	switch {
	case w.Const() == nil:
		c.bad(v, "the weights %%%s are no constant", w.Name)
	case bitsOf(w.Const().Range()) > maxBits:
		c.bad(v, "weights %%%s are %v, wanted at most %d bits", w.Name, w.Const().Range(), maxBits)
	}
	if bias != nil && bias.Const() == nil {
		c.bad(v, "the bias %%%s is no constant", bias.Name)
	}
}

func (c *checker) neuron(v *ir.Value) {
	c.computed(v, v.Args[ir.NeuronX])
	for _, a := range v.Args[ir.NeuronThreshold:] {
		if a != nil && a.Const() == nil {
			c.bad(v, "parameter %%%s is no constant", a.Name)
			return
		}
	}
	if !v.Attrs.(ir.NeuronAttrs).Plain() {
		c.bad(v, "there is no hardware for a current, masks, silent, when=both or leak=csd")
		return
	}
	switch v.Attrs.(ir.NeuronAttrs).Leak.Kind {
	case ir.LeakNone, ir.LeakAll, ir.LeakShift, ir.LeakDecay:
	default:
		c.bad(v, "leak %v has no integer form here", v.Attrs.(ir.NeuronAttrs).Leak.Kind)
		return
	}
	if w := planNeuron(v).Work; w > maxWord {
		c.bad(v, "the membrane %v takes %d bits to update, wanted at most %d", v.State, w, maxWord)
	}
}

func (c *checker) output(v *ir.Value) {
	c.computed(v, v.Args[0])
	if v.Clock == ir.Step {
		c.bad(v, "gives %%%s at every step, wanted once or at the end", v.Args[0].Name)
	}
	if signedBits(v.Range) > maxWord {
		c.bad(v, "range %v takes more than %d bits", v.Range, maxWord)
	}
}

// computed demands an operand that hardware makes.
func (c *checker) computed(v, x *ir.Value) {
	if source(x).Op == ir.OpConst {
		c.bad(v, "reads the constant %%%s as its input", x.Name)
	}
}

func (c *checker) width(v *ir.Value) {
	if bitsOf(v.Range) > maxWord {
		c.bad(v, "range %v takes %d bits, wanted at most %d", v.Range, bitsOf(v.Range), maxWord)
	}
}

// source is what a value is but for its shape.
func source(v *ir.Value) *ir.Value {
	for v.Op == ir.OpReshape {
		v = v.Args[0]
	}
	return v
}
