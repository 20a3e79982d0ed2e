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

// maxRows bounds the offsets of rows, which must fit 31 bits.
const maxRows = math.MaxInt32

// rules says, for each op that can be emitted, what else must hold.
var rules = map[ir.Op]func(*checker, *ir.Value){
	ir.OpInput:     (*checker).input,
	ir.OpConst:     func(*checker, *ir.Value) {},
	ir.OpOutput:    (*checker).reads,
	ir.OpReshape:   (*checker).reads,
	ir.OpTranspose: (*checker).reads,
	ir.OpConcat:    (*checker).reads,
	ir.OpSlice:     (*checker).reads,
	ir.OpPad:       (*checker).pad,
	ir.OpBroadcast: (*checker).reads,
	ir.OpLinear:    (*checker).weighted,
	ir.OpConv:      (*checker).weighted,
	ir.OpMatmul:    (*checker).product,
	ir.OpMaxPool:   (*checker).reads,
	ir.OpSumPool:   (*checker).reads,
	ir.OpReduceSum: (*checker).reads,
	ir.OpReduceMax: (*checker).reads,
	ir.OpReduceMin: (*checker).reads,
	ir.OpAdd:       (*checker).reads,
	ir.OpSub:       (*checker).reads,
	ir.OpNeg:       (*checker).reads,
	ir.OpMin:       (*checker).reads,
	ir.OpMax:       (*checker).reads,
	ir.OpWhere:     (*checker).reads,
	ir.OpShl:       (*checker).reads,
	ir.OpCSD:       (*checker).reads,
	ir.OpMap:       (*checker).mapped,
	ir.OpAnd:       (*checker).reads,
	ir.OpOr:        (*checker).reads,
	ir.OpXor:       (*checker).reads,
	ir.OpAndNot:    (*checker).reads,
	ir.OpNeuron:    (*checker).neuron,
	ir.OpDelay:     (*checker).delay,
	ir.OpLatch:     (*checker).reads,
	ir.OpSum:       (*checker).reads,
	ir.OpLast:      (*checker).reads,
	ir.OpMaxTime:   (*checker).reads,
	ir.OpFirst:     (*checker).reads,
}

type checker struct {
	found diag.List
	steps int
}

// Check lists the values that cannot be emitted.
func (backend) Check(net *ir.Net) diag.List {
	c := &checker{steps: net.Steps}
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

func (c *checker) refuse(v *ir.Value, format string, args ...any) *diag.Diagnostic {
	return c.found.Add(v.Origin, diag.UnsupportedTarget, "target go cannot run %v %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}

func (c *checker) input(v *ir.Value) {
	if v.Type.Bits > 16 {
		c.refuse(v, "it is %v, inputs have at most 16 bits", v.Type)
	}
}

// reads demands 32 bits of the operands that are constants.
func (c *checker) reads(v *ir.Value) {
	for _, x := range v.Args {
		if x != nil && x.Op == ir.OpConst {
			c.constant(v, "operand", x)
		}
	}
}

func (c *checker) pad(v *ir.Value) {
	c.reads(v)
	c.constant(v, "value", v.Args[1])
}

// mapped demands a function of integers.
func (c *checker) mapped(v *ir.Value) {
	c.reads(v)
	if fn := v.Attrs.(ir.MapAttrs).Fn; fn != ir.FnRelu && fn != ir.FnAbs {
		c.refuse(v, "fn=%v is not supported, wanted relu or abs", fn)
	}
}

// weighted is the rule of linear and conv.
func (c *checker) weighted(v *ir.Value) {
	c.reads(v)
	x, w := v.Args[0], v.Args[1]
	if w.Const() == nil || !int16s.Contains(w.Const().Range()) {
		c.refuse(v, "its weights %%%s must be constants of at most 16 bits", w.Name)
	}
	// Rows are found by offsets within a line of the image, 64 bytes an input,
	// or sixteen times as many in a table; taps and padding go on top. A linear at one
	// position has none: a tile of its rows takes 64 bytes an input.
	weights := w.Type.Size()
	if v.Op == ir.OpLinear && x.Type.Shape.Rank() == 1 {
		weights = w.Type.Shape.Dim(1)
	}
	for _, part := range []struct {
		name string
		of   *ir.Value
		size int
		most int
	}{{"input", x, x.Type.Size(), maxRows >> (6 + tableBits + 1)}, {"result", v, v.Type.Size(), maxRows >> 8}, {"weights", w, weights, maxRows >> 8}} {
		if part.size >= part.most {
			c.refuse(v, "its %s, %v, has %d elements, wanted fewer than %d", part.name, part.of.Type, part.size, part.most).
				Help = "the targets c and verilog have no such limit"
		}
	}
	c.constant(v, "bias", v.Args[2])
}

// product demands sizes that tables can count.
func (c *checker) product(v *ir.Value) {
	c.reads(v)
	for _, x := range v.Args {
		if x.Type.Size() > maxProduct || v.Type.Size() > maxProduct {
			c.refuse(v, "its operand %%%s is %v and the result %v, wanted at most %d elements each", x.Name, x.Type, v.Type, maxProduct)
		}
	}
}

// maxProduct bounds what offsets in products count.
const maxProduct = 1 << 26

// constant demands that an optional operand is a constant of 32 bits.
func (c *checker) constant(v *ir.Value, what string, arg *ir.Value) {
	if arg != nil && (arg.Const() == nil || !int32s.Contains(arg.Const().Range())) {
		c.refuse(v, "its %s %%%s must be constants of at most 32 bits", what, arg.Name)
	}
}

// neuron demands that the state fits 32 bits, with the membrane before its reset.
func (c *checker) neuron(v *ir.Value) {
	c.reads(v)
	program, ranges := v.Update(c.steps)
	for i, variable := range program.Vars {
		if !variable.Bit && !int32s.Contains(ranges.Vars[i]) {
			c.refuse(v, "its %s, %v, needs more than 32 bits", variable.Name, ranges.Vars[i])
		}
	}
}

func (c *checker) delay(v *ir.Value) { c.constant(v, "init", v.Args[0]) }
