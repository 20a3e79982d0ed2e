package cgen

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// int32s is what the emitted code can hold in one element.
var int32s = ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}

// rules has the check of every op that can be emitted; an op without one cannot.
var rules = map[ir.Op]func(*checker, *ir.Value){
	ir.OpInput:   (*checker).input,
	ir.OpConst:   (*checker).constant,
	ir.OpReshape: (*checker).nothing,
	ir.OpLinear:  (*checker).linear,
	ir.OpNeuron:  (*checker).neuron,
	ir.OpSum:     (*checker).nothing,
	ir.OpOutput:  (*checker).output,
}

type checker struct{ list diag.List }

func check(net *ir.Net) diag.List {
	c := &checker{}
	if net.Level != ir.Fixed {
		c.list.Add(diag.Origin{}, diag.UnsupportedTarget, "the C back end takes a net at the fixed level, this one is %v", net.Level)
		return c.list
	}
	if len(net.All(ir.OpInput)) == 0 || len(net.All(ir.OpOutput)) == 0 {
		c.list.Add(diag.Origin{}, diag.UnsupportedTarget, "the C back end takes a net with an input and an output")
	}
	for _, v := range net.Values {
		rule, ok := rules[v.Op]
		if !ok {
			c.refuse(v, "the C back end has no %v", v.Op)
			continue
		}
		if !int32s.Contains(v.Range) || !int32s.Contains(v.State) {
			c.refuse(v, "its range %v does not fit 32 bits", v.Range.Union(v.State))
		}
		rule(c, v)
	}
	return c.list
}

func (c *checker) refuse(v *ir.Value, format string, args ...any) {
	d := c.list.Add(v.Origin, diag.UnsupportedTarget, format, args...)
	d.Message = "%" + v.Name + ": " + d.Message
}

func (c *checker) nothing(*ir.Value) {}

func (c *checker) input(v *ir.Value) {
	if v.Clock != ir.Once {
		c.refuse(v, "the C back end takes inputs given once, not per=%v", v.Clock)
	}
	if v.Type.Bits > 16 {
		c.refuse(v, "an input of the C back end has at most 16 bits, this one is %v", v.Type)
	}
}

func (c *checker) constant(v *ir.Value) {
	if d := v.Const(); d == nil || len(d.I) != v.Type.Size() {
		c.refuse(v, "its data is missing")
	}
}

func (c *checker) linear(v *ir.Value) {
	x, w, bias := v.Arg(0), v.Arg(1), v.Arg(2)
	if x.Type.Shape.Rank() != 1 {
		c.refuse(v, "the C back end runs linear on one axis, %%%s is %v", x.Name, x.Type)
	}
	if w.Const() == nil || bias != nil && bias.Const() == nil {
		c.refuse(v, "weights and bias must be constants")
		return
	}
	if !ir.SintType(16, ir.Shape{}).Full().Contains(w.Range) {
		c.refuse(v, "weights have at most 16 bits, the range of %%%s is %v", w.Name, w.Range)
	}
}

func (c *checker) neuron(v *ir.Value) {
	if !v.Type.IsSpike() || v.Arg(ir.NeuronLeak) != nil || v.Arg(ir.NeuronGain) != nil {
		c.refuse(v, "the C back end has neurons that spike, without a leak or gain operand")
	}
	if !v.Attrs.(ir.NeuronAttrs).Plain() {
		c.refuse(v, "the C back end has no current, masks, silent, when=both or leak=csd")
	}
	leak := v.Attrs.(ir.NeuronAttrs).Leak
	if shifts := leak.Kind == ir.LeakShift || leak.Kind == ir.LeakDecay; shifts && (leak.K < 1 || leak.K > 31) {
		c.refuse(v, "its leak shifts by %d, wanted 1 to 31", leak.K)
	}
}

func (c *checker) output(v *ir.Value) {
	x := v.Arg(0)
	for x.Op == ir.OpReshape {
		x = x.Arg(0)
	}
	if x.Op == ir.OpConst {
		c.refuse(v, "%%%s is a constant", x.Name)
	}
}
