package dsl

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/update"
)

// A neuron with levels or values hands on a whole number: how many of several thresholds its membrane has reached,
// also below 0 where it has values of two signs. It is a cell, whose program is written here.

// maxLevels bounds the thresholds of one side of a neuron.
const maxLevels = 24

// ofLevels are the fields that a neuron with levels may have.
var ofLevels = map[string]bool{"x": true, "tau": true, "beta": true, "leak": true, "decay_input": true, "gain": true, "threshold": true,
	"fires": true, "reset": true, "amount": true, "init": true, "bias": true, "levels": true, "values": true, "name": true}

// leveled reports whether a neuron says levels or values.
func (n *neuronCall) leveled() bool {
	return n.args["levels"].kind != isNothing || n.args["values"].kind != isNothing
}

// levelsCall is a neuron with levels on its way into the net.
type levelsCall struct {
	*neuronCall
	b        update.Builder
	args     []*ir.Value
	nearest  bool
	low      float64 // the size of a level below 0; 0 for none
	high     float64
	levels   int
	h        update.Value
	up, down []update.Value // the bits of each level, the highest first
}

func (n *neuronCall) makeLevels() value {
	c := &levelsCall{neuronCall: n, levels: 1, high: 1}
	for field, a := range n.call.args {
		if a.kind != isNothing && a.given && !ofLevels[field] {
			n.fail(n.node(a), diag.BadAttribute, "a neuron with levels or values has no %s", field)
		}
	}
	if n.call.args["threshold"].kind == isNothing {
		n.call.args["threshold"] = arg{value: number(1), node: n.site.node}
	}
	c.positiveThreshold()
	c.sizes()
	c.kind()
	if n.reset(); n.call.args["amount"].kind == isNothing {
		n.call.args["amount"] = n.call.args["threshold"]
	}
	n.leak()
	if n.bad {
		return bad
	}
	unit := c.program()
	if n.bad {
		return bad
	}
	word := n.add(ir.OpCell, n.name, ir.CellAttrs{Do: ir.Routine{Program: c.b.Program()}}, c.args...)
	if unit == 1 || word.kind != isSignal {
		return word
	}
	size := n.e.scalar(n.f, n.at(), n.name+".size", unit)
	return n.add(ir.OpMul, n.name+".sized", nil, word.sig, size)
}

// sizes reads levels, how many there are on a side, and values, the sizes of a level below 0 and above.
func (c *levelsCall) sizes() {
	if a := c.call.args["levels"]; a.kind != isNothing {
		whole, ok := a.whole()
		if c.levels = whole; !ok || whole < 1 || whole > maxLevels {
			c.fail(c.node(a), diag.BadAttribute, "levels is %v, wanted a whole number from 1 to %d", a.value, maxLevels)
		}
	}
	a := c.call.args["values"]
	if a.kind == isNothing {
		return
	}
	const wanted = "values is %v, wanted two numbers: of a level below 0, not above 0, and of one above it, above 0"
	if a.kind != isList || len(a.list) != 2 || a.list[0].kind != isNumber || a.list[1].kind != isNumber {
		c.fail(c.node(a), diag.BadAttribute, wanted, a.value)
		return
	}
	c.low, c.high = float32s(a.list[0].num), float32s(a.list[1].num)
	if c.low > 0 || !(c.high > 0) {
		c.fail(c.node(a), diag.BadAttribute, wanted, a.value)
	}
}

// kind reads when a level is reached: at its threshold, above it, or at the nearest count.
func (c *levelsCall) kind() {
	a := c.call.args["fires"]
	if c.nearest = a.kind == isWord && a.text == "nearest"; c.nearest {
		c.attrs.Compare = ir.GE
		return
	}
	c.fires()
}

// program writes the update of a neuron: H = leak·V + gain·x + bias, the levels that it reaches, and the reset; and
// returns the unit of the word that is its result.
func (c *levelsCall) program() float64 {
	slots := &c.neuronCall.slots
	variable := update.Var{Name: ir.CellVar(0), Init: -1}
	if init := c.call.args["init"]; init.kind != isNothing && (init.kind != isNumber || init.num != 0) {
		variable.Init = c.slot(c.tensor(ir.NeuronInit, "init", nil))
	}
	c.b.Var(variable)
	c.h = c.b.Load(0)
	switch {
	case c.attrs.Leak.Kind == ir.LeakAll:
		c.h = c.b.Times(c.h, c.b.Const(0))
	case c.attrs.Leak.Kind == ir.LeakFactor:
		c.h = c.b.Times(c.h, c.operand(slots[ir.NeuronLeak]))
	case c.attrs.Leak.Kind != ir.LeakNone:
		c.fail(c.site.node, diag.BadAttribute, "a neuron with levels or values leaks by a factor, not by %v", c.attrs.Leak)
	}
	drive := c.operand(c.sig("x"))
	if g := slots[ir.NeuronGain]; g != nil {
		drive = c.b.Times(drive, c.operand(g))
	}
	c.h = c.b.Add(c.h, drive)
	if bias := c.tensor(ir.NeuronBias, "bias", nil); bias != nil {
		c.h = c.b.Add(c.h, c.operand(bias))
	}
	c.reach()
	unit := c.unit()
	c.b.Store(0, c.after())
	c.b.Result(c.chosen(func(n float64) update.Value {
		size := c.high
		if n < 0 {
			size = -c.low
		}
		return c.b.Const(int64(math.Round(n * size / unit)))
	}))
	return unit
}

// slot is the operand that a value is.
func (c *levelsCall) slot(v *ir.Value) int {
	for at, a := range c.args {
		if a == v {
			return at
		}
	}
	c.args = append(c.args, v)
	return len(c.args) - 1
}

func (c *levelsCall) operand(v *ir.Value) update.Value { return c.b.Operand(c.slot(v)) }

// number is a field with a function applied, in the program where it is whole.
func (c *levelsCall) number(slot int, field string, f func(float64) float64) update.Value {
	if a := c.call.args[field]; a.kind == isNumber {
		if n := f(float32s(a.num)); n == math.Trunc(n) && math.Abs(n) < 1<<20 {
			return c.b.Const(int64(n))
		}
	}
	v := c.tensor(slot, field, f)
	if v == nil {
		return c.b.Const(0)
	}
	return c.operand(v)
}

// reach writes the comparisons of both sides: count n is that of a membrane from n thresholds on, or, nearest, from
// n − ½ of them on, where halves go to the even count.
func (c *levelsCall) reach() {
	for n := c.levels; n >= 1; n-- {
		at, strict := float64(n), c.attrs.Compare == ir.GT
		if c.nearest {
			at, strict = at-0.5, n%2 == 1
		}
		limit := c.number(ir.NeuronThreshold, "threshold", func(th float64) float64 { return th * at })
		c.up = append(c.up, c.compare(c.h, limit, strict))
		if c.low < 0 {
			below := c.number(ir.NeuronThreshold, "threshold", func(th float64) float64 { return -th * at })
			c.down = append(c.down, c.compare(below, c.h, strict))
		}
	}
}

// positiveThreshold refuses thresholds that are not above 0.
func (c *levelsCall) positiveThreshold() {
	a := c.call.args["threshold"]
	if a.kind == isNumber && !(a.num > 0) || a.kind == isSignal && a.sig.Const() != nil && !positive(a.sig.Const()) {
		c.fail(c.node(a), diag.BadAttribute, "threshold must be positive, got %v", a.value)
	}
}

func (c *levelsCall) compare(x, y update.Value, strict bool) update.Value {
	if strict {
		return c.b.Above(x, y)
	}
	return c.b.AtLeast(x, y)
}

// chosen is a number by the count.
func (c *levelsCall) chosen(of func(n float64) update.Value) update.Value {
	out := of(0)
	for i := len(c.down) - 1; i >= 0; i-- {
		out = c.b.Select(c.down[i], of(-float64(c.levels-i)), out)
	}
	for i := len(c.up) - 1; i >= 0; i-- {
		out = c.b.Select(c.up[i], of(float64(c.levels-i)), out)
	}
	return out
}

// after is the membrane behind the reset.
func (c *levelsCall) after() update.Value {
	switch c.attrs.Reset {
	case ir.ResetSubtract:
		return c.b.Sub(c.h, c.chosen(func(n float64) update.Value {
			if n == 0 {
				return c.b.Const(0)
			}
			return c.number(ir.NeuronReset, "amount", func(f float64) float64 { return n * f })
		}))
	case ir.ResetNone:
		return c.h
	}
	to := c.b.Const(0)
	if v := c.neuronCall.slots[ir.NeuronReset]; v != nil {
		to = c.operand(v)
	}
	return c.chosen(func(n float64) update.Value {
		if n == 0 {
			return c.h
		}
		return to
	})
}

// unit is the greatest number of which the sizes of both sides are whole multiples.
func (c *levelsCall) unit() float64 {
	for parts := 1.0; parts <= maxLevels; parts++ {
		unit := c.high / parts
		if parts == 1 && c.high == math.Trunc(c.high) && c.low == math.Trunc(c.low) {
			unit = 1
		}
		if n := math.Round(c.low / unit); float32s(n*unit) == c.low {
			return unit
		}
	}
	c.fail(c.node(c.call.args["values"]), diag.BadAttribute, "values are %v and %v, wanted whole multiples of one number", c.low, c.high)
	return 1
}
