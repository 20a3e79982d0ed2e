package dsl

import (
	"math"
	"math/bits"

	"nomul/ir"
	"nomul/ir/diag"
)

// overTime reports whether a reduction is over the time steps.
func (c *call) overTime() bool { return c.args["over"].kind == isWord && c.args["over"].text == "time" }

// axes are those to reduce over: space is all behind the channels.
func (c *call) axes(rank int) []int {
	a := c.args["over"]
	if a.kind == isWord && a.text == "space" {
		var out []int
		for i := 1; i < rank; i++ {
			out = append(out, i)
		}
		return out
	}
	if a.kind == isList {
		return c.wholes("over", -1, 0)
	}
	return []int{c.axis("over", rank)}
}

func (c *call) reduce(op ir.Op, name string) value {
	x := c.sig("x")
	if c.overTime() {
		c.fail(c.site.node, diag.BadAttribute, "%s cannot be taken over time; wanted mean, sum, max, last or first", name)
		return bad
	}
	axes := c.axes(x.Type.Shape.Rank())
	return c.add(op, c.label(name), ir.ReduceAttrs{Axes: axes, Keep: c.args["keep"].truth}, x)
}

// runMean over time is the sum over the steps, times 1/T.
func runMean(c *call) value {
	if !c.overTime() {
		return c.reduce(ir.OpReduceMean, "mean")
	}
	name := c.label("mean")
	sum := c.add(ir.OpSum, name+".sum", nil, c.sig("x"))
	if sum.kind == isBad {
		return bad
	}
	steps := c.e.steps
	if bits.OnesCount(uint(steps)) == 1 {
		return c.add(ir.OpMul, name, nil, sum.sig, c.e.scalar(c.f, c.at(), name+".by", 1/float64(steps)))
	}
	return c.add(ir.OpDiv, name, nil, sum.sig, c.e.scalar(c.f, c.at(), name+".by", float64(steps)))
}

func runSum(c *call) value {
	if c.overTime() {
		return c.add(ir.OpSum, c.label("sum"), nil, c.sig("x"))
	}
	return c.reduce(ir.OpReduceSum, "sum")
}

func runMax(c *call) value { return c.extreme(ir.OpMax, ir.OpReduceMax, "max", math.Max) }
func runMin(c *call) value { return c.extreme(ir.OpMin, ir.OpReduceMin, "min", math.Min) }

// extreme is the larger or smaller: of two numbers, of two values, over time or over axes.
func (c *call) extreme(pair, reduce ir.Op, name string, numbers func(a, b float64) float64) value {
	x, over := c.args["x"], c.args["over"]
	switch {
	case x.kind == isNumber && over.kind == isNumber:
		return number(numbers(x.num, over.num))
	case x.kind == isSignal && over.kind == isSignal, x.kind == isNumber && over.kind == isSignal:
		return c.both(pair, name, x, over)
	case x.kind != isSignal:
		c.e.want(c.f, x.node, x.value, isSignal)
		return bad
	case c.overTime() && pair == ir.OpMax:
		return c.add(ir.OpMaxTime, c.label(name), nil, x.sig)
	}
	return c.reduce(reduce, name)
}

// both makes an op of two signals that must broadcast.
func (c *call) both(op ir.Op, name string, a, b arg) value {
	name = c.label(name)
	x, y := c.e.asSignal(c.f, a.node, name, a.value, b.value), c.e.asSignal(c.f, b.node, name, b.value, a.value)
	s := &infixSite{left: a.node, right: b.node, at: c.at()}
	if x == nil || y == nil || !c.e.fit(c.f, s, "take the "+op.String()+" of", x, y) {
		return bad
	}
	return c.add(op, name, nil, x, y)
}

func runLast(c *call) value  { return c.readout(ir.OpLast, "last") }
func runFirst(c *call) value { return c.readout(ir.OpFirst, "first") }

func (c *call) readout(op ir.Op, name string) value {
	if !c.overTime() {
		c.fail(c.args["over"].node, diag.BadAttribute, "%s is taken over time only", name)
		return bad
	}
	return c.add(op, c.label(name), nil, c.sig("x"))
}

func runArgmax(c *call) value { return c.arg(ir.OpArgmax, "argmax") }
func runArgmin(c *call) value { return c.arg(ir.OpArgmin, "argmin") }

func (c *call) arg(op ir.Op, name string) value {
	x := c.sig("x")
	return c.add(op, c.label(name), ir.ArgAttrs{Axis: c.axis("axis", x.Type.Shape.Rank()), Keep: c.args["keep"].truth}, x)
}

func runSoftmax(c *call) value {
	x := c.sig("x")
	return c.add(ir.OpSoftmax, c.label("softmax"), ir.AxisAttrs{Axis: c.axis("axis", x.Type.Shape.Rank())}, x)
}

func runXor(c *call) value { return c.both(ir.OpXor, "xor", c.args["a"], c.args["b"]) }

func runSelect(c *call) value {
	a, b := c.args["a"], c.args["b"]
	if a.kind != isSignal && b.kind != isSignal {
		c.e.want(c.f, a.node, a.value, isSignal)
		return bad
	}
	name := c.label("select")
	x, y := c.e.asSignal(c.f, a.node, name, a.value, b.value), c.e.asSignal(c.f, b.node, name, b.value, a.value)
	if x == nil || y == nil {
		return bad
	}
	return c.add(ir.OpWhere, name, nil, c.sig("cond"), x, y)
}

func runShiftLeft(c *call) value {
	return c.add(ir.OpShl, c.label("shift_left"), ir.ShlAttrs{K: c.whole("k", 0)}, c.sig("x"))
}

// functions of one number, by the layer's name.
var functions = map[string]struct {
	fn   ir.Fn
	eval func(float64) float64 // of numbers known at compile time; nil: none
}{
	"relu": {ir.FnRelu, func(x float64) float64 { return max(x, 0) }}, "leaky_relu": {ir.FnLeakyRelu, nil}, "elu": {ir.FnElu, nil},
	"sigmoid": {ir.FnSigmoid, nil}, "tanh": {ir.FnTanh, math.Tanh}, "softplus": {ir.FnSoftplus, nil}, "exp": {ir.FnExp, math.Exp},
	"log": {ir.FnLog, math.Log}, "sqrt": {ir.FnSqrt, math.Sqrt}, "abs": {ir.FnAbs, math.Abs}, "sign": {ir.FnSign, nil},
	"reciprocal": {ir.FnReciprocal, nil}, "erf": {ir.FnErf, math.Erf}, "round_down": {ir.FnFloor, math.Floor},
	"round_up": {ir.FnCeil, math.Ceil}, "round_half_even": {ir.FnRound, math.RoundToEven},
}

func runMap(c *call) value {
	f, x := functions[c.name], c.args["x"]
	switch {
	case x.kind == isNumber && f.eval != nil:
		return number(f.eval(x.num))
	case x.kind != isSignal:
		c.e.want(c.f, x.node, x.value, isSignal)
		return bad
	}
	return c.add(ir.OpMap, c.label(c.name), ir.MapAttrs{Fn: f.fn, Alpha: float32s(c.args["alpha"].num)}, x.sig)
}

func runRange(c *call) value {
	n := c.whole("n", 0)
	if n > maxListed {
		c.fail(c.site.node, diag.TooLarge, "a list of %d numbers, wanted at most %d", n, maxListed)
		return bad
	}
	list := make([]value, n)
	for i := range list {
		list[i] = count(i)
	}
	return c.e.list(c.f, c.at(), list)
}
