package verilog

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// Widest integers that the emitted hardware handles.
const (
	maxWord = 32 // accumulators and membranes
	maxBits = 16 // weights and input elements

	maxProduct = 64 // sums of shifted copies
)

// Check lists what Emit cannot do with the net.
func (backend) Check(net *ir.Net) diag.List {
	c := &checker{steps: net.Steps}
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
	list  diag.List
	steps int
}

func (c *checker) bad(v *ir.Value, format string, args ...any) {
	c.list.Add(v.Origin, diag.UnsupportedTarget, "verilog: %s %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}

// rules has what must hold of each op that has hardware.
var rules = map[ir.Op]func(*checker, *ir.Value){
	ir.OpConst: (*checker).nothing, ir.OpInput: (*checker).input, ir.OpOutput: (*checker).output,
	ir.OpReshape: (*checker).nothing, ir.OpTranspose: (*checker).nothing, ir.OpConcat: (*checker).nothing,
	ir.OpSlice: (*checker).nothing, ir.OpPad: (*checker).padding, ir.OpBroadcast: (*checker).nothing,
	ir.OpLinear: (*checker).weighted, ir.OpConv: (*checker).weighted, ir.OpMatmul: (*checker).product, ir.OpNeuron: (*checker).neuron,
	ir.OpMaxPool: (*checker).lanewise, ir.OpSumPool: (*checker).lanewise,
	ir.OpReduceSum: (*checker).lanewise, ir.OpReduceMax: (*checker).lanewise, ir.OpReduceMin: (*checker).lanewise,
	ir.OpAdd: (*checker).lanewise, ir.OpSub: (*checker).lanewise, ir.OpNeg: (*checker).lanewise, ir.OpShl: (*checker).lanewise,
	ir.OpMin: (*checker).lanewise, ir.OpMax: (*checker).lanewise, ir.OpMap: (*checker).lanewise,
	ir.OpAnd: (*checker).lanewise, ir.OpOr: (*checker).lanewise, ir.OpXor: (*checker).lanewise, ir.OpAndNot: (*checker).lanewise,
	ir.OpWhere: (*checker).lanewise, ir.OpCSD: (*checker).csd,
	ir.OpDelay: (*checker).delay, ir.OpLatch: (*checker).width,
	ir.OpSum: (*checker).lanewise, ir.OpLast: (*checker).lanewise, ir.OpMaxTime: (*checker).lanewise, ir.OpFirst: (*checker).lanewise,
}

func (c *checker) value(v *ir.Value) {
	rule := rules[v.Op]
	if rule == nil {
		c.bad(v, "has no hardware for this operation")
		return
	}
	rule(c, v)
}

func (c *checker) nothing(*ir.Value) {}

// padding demands a constant to fill with.
func (c *checker) padding(v *ir.Value) {
	if fill := v.Arg(1); fill != nil && fill.Const() == nil {
		c.bad(v, "fills with %%%s, which is no constant", fill.Name)
	}
}

// lanewise demands operands and results of 32 bits.
func (c *checker) lanewise(v *ir.Value) {
	for _, a := range v.Args {
		c.width(a)
	}
	c.width(v)
}

func (c *checker) csd(v *ir.Value) {
	c.width(v)
	if v.Args[1].Const() == nil {
		c.bad(v, "the factor %%%s is no constant", v.Args[1].Name)
	}
	if w := csdBits(v); w > maxProduct {
		c.bad(v, "takes %d bits to compute, wanted at most %d", w, maxProduct)
	}
}

func (c *checker) delay(v *ir.Value) {
	c.width(v)
	if v.Args[0].Const() == nil {
		c.bad(v, "begins with %%%s, which is no constant", v.Args[0].Name)
	}
}

func (c *checker) input(v *ir.Value) {
	if bitsOf(v.Range) > maxBits {
		c.bad(v, "is %v, wanted at most %d bits", v.Type, maxBits)
	}
}

func (c *checker) weighted(v *ir.Value) {
	x, w, bias := v.Args[0], v.Arg(1), v.Arg(2)
	c.width(v)
	c.width(x)
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

func (c *checker) product(v *ir.Value) {
	for _, x := range v.Args {
		c.width(x)
	}
	c.width(v)
}

func (c *checker) neuron(v *ir.Value) {
	for _, a := range v.Args[1:] {
		if a != nil && a.Const() == nil {
			c.bad(v, "parameter %%%s is no constant", a.Name)
			return
		}
	}
	lanes, order := inOrder(v.Type.Size(), DefaultLanes)
	n := planNeuron(v, newVector(v, lanes, order), c.steps)
	if n.Work > maxWord {
		c.bad(v, "the membrane %v takes %d bits to update, wanted at most %d", v.State, n.Work, maxWord)
	}
	for _, k := range n.Leaks {
		if k.Wide > maxProduct {
			c.bad(v, "a leak of %v takes %d bits to compute, wanted at most %d", k.Decay, k.Wide, maxProduct)
		}
	}
}

func (c *checker) output(v *ir.Value) {
	if v.Clock == ir.Step {
		c.bad(v, "gives %%%s at every step, wanted once or at the end", v.Args[0].Name)
	}
	if signedBits(v.Range) > maxWord {
		c.bad(v, "range %v takes more than %d bits", v.Range, maxWord)
	}
}

func (c *checker) width(v *ir.Value) {
	if bitsOf(v.Range) > maxWord {
		c.bad(v, "range %v takes %d bits, wanted at most %d", v.Range, bitsOf(v.Range), maxWord)
	}
}
