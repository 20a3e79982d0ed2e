package goasm

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

var (
	int16s = ir.Range{Lo: math.MinInt16, Hi: math.MaxInt16}
	int32s = ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}
)

// maxInputs bounds the inputs of a linear: row offsets, 64 bytes apart, must fit 32 bits.
const maxInputs = 1 << 26

// rules says, for each op that can be emitted, what else must hold.
var rules = map[ir.Op]func(*checker, *ir.Value){
	ir.OpInput:   (*checker).input,
	ir.OpConst:   func(*checker, *ir.Value) {},
	ir.OpReshape: (*checker).reads,
	ir.OpLinear:  (*checker).linear,
	ir.OpNeuron:  (*checker).neuron,
	ir.OpSum:     (*checker).reads,
	ir.OpOutput:  (*checker).reads,
}

type checker struct{ found diag.List }

// Check lists the values that cannot be emitted.
func (backend) Check(net *ir.Net) diag.List {
	c := &checker{}
	if net.Level != ir.Fixed {
		c.found.Add(diag.Origin{}, diag.UnsupportedTarget, "target go takes a net at the fixed level, %s is at %v", net.Name, net.Level)
		return c.found
	}
	if len(net.All(ir.OpInput)) == 0 {
		c.found.Add(diag.Origin{}, diag.UnsupportedTarget, "target go needs an input, %s has none", net.Name)
	}
	for _, v := range net.Values {
		rule, ok := rules[v.Op]
		switch {
		case !ok:
			c.refuse(v, "the op is not supported")
		case v.Type.IsReal():
			c.refuse(v, "it is %v, wanted integers", v.Type)
		case v.Op != ir.OpConst && !int32s.Contains(v.Range):
			c.refuse(v, "its range %v takes more than 32 bits", v.Range)
		default:
			rule(c, v)
		}
	}
	return c.found
}

func (c *checker) refuse(v *ir.Value, format string, args ...any) {
	c.found.Add(v.Origin, diag.UnsupportedTarget, "target go cannot run %v %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}

func (c *checker) input(v *ir.Value) {
	if v.Attrs.(ir.InputAttrs).Per != ir.Once {
		c.refuse(v, "inputs for each step are not supported")
	}
	if v.Type.Bits > 16 {
		c.refuse(v, "it is %v, inputs have at most 16 bits", v.Type)
	}
}

// reads demands that operand 0 is computed.
func (c *checker) reads(v *ir.Value) {
	if root(v.Args[0]).Op == ir.OpConst {
		c.refuse(v, "its operand %%%s is constant", v.Args[0].Name)
	}
}

func (c *checker) linear(v *ir.Value) {
	c.reads(v)
	x, w, bias := v.Args[0], v.Args[1], v.Args[2]
	if x.Type.Shape.Rank() != 1 || x.Type.Size() >= maxInputs {
		c.refuse(v, "its operand %%%s is %v, wanted one axis", x.Name, x.Type)
	}
	if w.Const() == nil || !int16s.Contains(w.Const().Range()) {
		c.refuse(v, "its weights %%%s must be constants of at most 16 bits", w.Name)
	}
	c.constant(v, "bias", bias)
}

// constant demands that an optional operand is a constant of 32 bits.
func (c *checker) constant(v *ir.Value, what string, arg *ir.Value) {
	if arg != nil && (arg.Const() == nil || !int32s.Contains(arg.Const().Range())) {
		c.refuse(v, "its %s %%%s must be constants of at most 32 bits", what, arg.Name)
	}
}

func (c *checker) neuron(v *ir.Value) {
	c.reads(v)
	a := v.Attrs.(ir.NeuronAttrs)
	if a.Leak.Kind == ir.LeakFactor {
		c.refuse(v, "leak=factor needs a multiplication")
	}
	if !a.Plain() {
		c.refuse(v, "a current, masks, silent, when=both and leak=csd are not supported")
	}
	for i := ir.NeuronThreshold; i <= ir.NeuronInit; i++ {
		c.constant(v, v.Op.Operands()[i].Name, v.Arg(i))
	}
	if !roomy(v, int32s) {
		c.refuse(v, "its membrane, %v, needs more than 32 bits", v.State)
	}
}
