package backends_test

import (
	"fmt"
	"slices"

	"nomul/ir"
)

// degenerate makes nets of one op each, with operands that trained networks rarely
// have: constants, the same value twice, one element, inputs that reach an output as
// they are, dead values, values that two outputs give.
type degenerate struct {
	b       *ir.Builder
	n       int
	values  map[*ir.Value]bool // those with a readout
	refused []error            // of the builder: operands that do not go together
}

// extents are the sizes of the values of a net.
type extents struct{ c, h, w int }

func (e extents) shape() ir.Shape { return ir.ShapeOf(e.c, e.h, e.w) }

func newDegenerate(name string, steps int) *degenerate {
	return &degenerate{b: ir.NewBuilder(name, ir.Fixed, steps), values: map[*ir.Value]bool{}}
}

func (d *degenerate) name(what string) string {
	d.n++
	return fmt.Sprintf("%s%d", what, d.n)
}

func must(v *ir.Value, err error) *ir.Value {
	if err != nil {
		panic(err)
	}
	return v
}

// data is noise between two numbers, or one number everywhere when they are equal.
func (d *degenerate) data(lo, hi int64, dims ...int) *ir.Value {
	s := ir.ShapeOf(dims...)
	data := make([]int64, s.Size())
	random := uint64(d.n + 1)
	for i := range data {
		random = random*6364136223846793005 + 1442695040888963407
		data[i] = lo + int64(random>>33)%(hi-lo+1)
	}
	return must(d.b.Const(d.name("k"), ir.Ints(s, data)))
}

func (d *degenerate) given(t ir.Type, per ir.Clock) *ir.Value {
	return must(d.b.Input(d.name("in"), t, ir.InputAttrs{Per: per}))
}

// operands are values of one shape, of every origin: words, and spikes.
func (d *degenerate) operands(e extents) (words, spikes []*ir.Value) {
	s := e.shape()
	fill := func(n int64) *ir.Value { return d.data(n, n, e.c, e.h, e.w) }
	words = []*ir.Value{d.given(ir.SintType(5, s), ir.Once), d.given(ir.UintType(4, s), ir.Step),
		d.data(-9, 9, e.c, e.h, e.w), fill(-7), fill(0)}
	spikes = []*ir.Value{d.given(ir.SpikeType(s), ir.Once), d.given(ir.SpikeType(s), ir.Step),
		d.data(0, 1, e.c, e.h, e.w), fill(1), fill(0)}
	return words, spikes
}

// add makes a value, if its operands go together, and reads it.
func (d *degenerate) add(op ir.Op, attrs ir.Attrs, args ...*ir.Value) {
	v, err := d.b.Add(op, d.name(op.String()), attrs, args...)
	if err != nil {
		d.refused = append(d.refused, err)
		return
	}
	d.read(v)
}

// read gives a value to an output, every third to two, by one readout after another.
func (d *degenerate) read(v *ir.Value) {
	if d.values[v] {
		return
	}
	d.values[v] = true
	out := v
	if v.Clock == ir.Step {
		ops := []ir.Op{ir.OpSum, ir.OpLast, ir.OpMaxTime}
		if v.Type.IsSpike() {
			ops = append(ops, ir.OpFirst)
		}
		out = must(d.b.Add(ops[d.n%len(ops)], d.name("readout"), nil, v))
	}
	for range 1 + (d.n%3)/2 {
		must(d.b.Add(ir.OpOutput, d.name("y"), nil, out))
	}
}

// degenerateExtents are one element, and a value with every axis.
var degenerateExtents = []extents{{1, 1, 1}, {2, 3, 2}}

// probe adds values of an op with the given words and spikes as operands.
type probe func(d *degenerate, words, spikes []*ir.Value)

// probes are the ops at the fixed level, each with the operands that it takes.
var probes = map[ir.Op]probe{
	ir.OpOutput: func(d *degenerate, words, spikes []*ir.Value) {
		for _, x := range append(words, spikes...) {
			if x.Clock != ir.Step {
				d.read(x)
			}
		}
	},
	ir.OpAdd: pairs(ir.OpAdd), ir.OpSub: pairs(ir.OpSub), ir.OpMin: pairs(ir.OpMin), ir.OpMax: pairs(ir.OpMax),
	ir.OpAnd: logic(ir.OpAnd), ir.OpOr: logic(ir.OpOr), ir.OpXor: logic(ir.OpXor), ir.OpAndNot: logic(ir.OpAndNot),
	ir.OpNeg: each(ir.OpNeg, nil), ir.OpShl: each(ir.OpShl, ir.ShlAttrs{K: 2}, ir.ShlAttrs{K: 0}),
	ir.OpMap: each(ir.OpMap, ir.MapAttrs{Fn: ir.FnRelu}, ir.MapAttrs{Fn: ir.FnAbs}),
	ir.OpCSD: func(d *degenerate, words, spikes []*ir.Value) {
		for _, x := range append(words, spikes...) {
			for _, factor := range []*ir.Value{d.data(3, 3), d.data(0, 0), d.data(-5, 9, x.Type.Shape.Dims()...)} {
				d.add(ir.OpCSD, ir.CSDAttrs{Shift: 1, Round: ir.RoundCeil}, x, factor)
			}
		}
	},
	ir.OpLevels: func(d *degenerate, words, spikes []*ir.Value) {
		for _, x := range append(words, spikes...) {
			for _, step := range []*ir.Value{d.data(1, 1), d.data(1, 9, x.Type.Shape.Dims()...)} {
				d.add(ir.OpLevels, ir.LevelsAttrs{Count: 1, Ties: ir.TiesUp}, x, d.data(0, 0), step)
				d.add(ir.OpLevels, ir.LevelsAttrs{Count: 5, Ties: ir.TiesEven}, x, d.data(-3, 3), step)
			}
		}
	},
	ir.OpTable: func(d *degenerate, words, spikes []*ir.Value) {
		for _, x := range append(words, spikes...) {
			if x.Range.Lo < 0 {
				continue
			}
			same, several := make([]int, x.Range.Hi+1), make([]int, x.Range.Hi+1)
			for i := range several {
				same[i], several[i] = 3, 7*i%11-5
			}
			d.add(ir.OpTable, ir.TableAttrs{Entries: same}, x)
			d.add(ir.OpTable, ir.TableAttrs{Entries: several}, x)
		}
	},
	ir.OpWhere: func(d *degenerate, words, spikes []*ir.Value) {
		for i, c := range spikes {
			d.add(ir.OpWhere, nil, c, words[i], words[i])
			d.add(ir.OpWhere, nil, c, words[(i+1)%len(words)], words[(i+2)%len(words)])
			d.add(ir.OpWhere, nil, c, c, c)
		}
	},
	ir.OpReshape:   shaped(ir.OpReshape, func(e extents) ir.Attrs { return ir.ShapeAttrs{Shape: []int{e.c * e.h * e.w}} }),
	ir.OpBroadcast: shaped(ir.OpBroadcast, func(e extents) ir.Attrs { return ir.ShapeAttrs{Shape: []int{2, e.c, e.h, e.w}} }),
	ir.OpTranspose: each(ir.OpTranspose, ir.PermAttrs{Perm: []int{2, 0, 1}}, ir.PermAttrs{Perm: []int{0, 1, 2}}),
	ir.OpConcat: func(d *degenerate, words, spikes []*ir.Value) {
		both(d, ir.OpConcat, ir.AxisAttrs{Axis: 1}, words)
		both(d, ir.OpConcat, ir.AxisAttrs{Axis: 0}, spikes)
		for _, x := range append(words, spikes...) {
			d.add(ir.OpConcat, ir.AxisAttrs{Axis: 2}, x)
		}
	},
	ir.OpSlice: shaped(ir.OpSlice, func(e extents) ir.Attrs { return ir.SliceAttrs{Axis: 2, Start: e.w - 1, Count: 1, Step: -1} }),
	ir.OpPad: func(d *degenerate, words, spikes []*ir.Value) {
		sides := []ir.PadAttrs{{Before: []int{0, 1, 0}, After: []int{1, 0, 0}}, {Before: []int{0, 0, 0}, After: []int{0, 0, 0}}}
		for _, a := range sides {
			for _, x := range append(words, spikes...) {
				d.add(ir.OpPad, a, x)
				d.add(ir.OpPad, a, x, d.data(1, 1))
			}
		}
	},
	ir.OpReduceSum: reduced(ir.OpReduceSum), ir.OpReduceMax: reduced(ir.OpReduceMax), ir.OpReduceMin: reduced(ir.OpReduceMin),
	ir.OpMaxPool: pooled(ir.OpMaxPool), ir.OpSumPool: pooled(ir.OpSumPool),
	ir.OpMatmul: func(d *degenerate, words, spikes []*ir.Value) {
		for _, a := range spikes {
			turned := must(d.b.Add(ir.OpTranspose, d.name("turned"), ir.PermAttrs{Perm: []int{0, 2, 1}}, a))
			for _, x := range append(words, spikes...) {
				d.add(ir.OpMatmul, nil, turned, x)
				d.add(ir.OpMatmul, nil, x, turned)
			}
		}
	},
	ir.OpLinear: func(d *degenerate, words, spikes []*ir.Value) {
		for _, x := range append(words, spikes...) {
			w := x.Type.Shape.Dim(2)
			for _, weights := range []*ir.Value{d.data(-20, 20, 3, w), d.data(0, 0, 1, w), d.data(1, 1, 1, w)} {
				d.add(ir.OpLinear, ir.LinearAttrs{Slots: slotsOf(x)}, x, weights)
				d.add(ir.OpLinear, ir.LinearAttrs{Slots: slotsOf(x)}, x, weights, d.data(-3, 3, weights.Type.Shape.Dim(0)))
			}
		}
	},
	ir.OpConv: func(d *degenerate, words, spikes []*ir.Value) {
		for _, x := range append(words, spikes...) {
			a := ir.ConvAttrs{Strides: []int{1, 1}, Pads: []int{0, 0, 0, 0}, Dilations: []int{1, 1}, Groups: 1, Slots: slotsOf(x)}
			c := x.Type.Shape.Dim(0)
			d.add(ir.OpConv, a, x, d.data(-20, 20, 3, c, 1, 1))
			d.add(ir.OpConv, a, x, d.data(0, 0, 1, c, 1, 1), d.data(-3, 3, 1))
			a.Pads, a.Groups = []int{1, 0, 1, 0}, c
			d.add(ir.OpConv, a, x, d.data(-20, 20, c, 1, 2, 1))
		}
	},
	ir.OpNeuron: neurons, ir.OpCell: cells,
	ir.OpDelay: memories, ir.OpLatch: memories,
	ir.OpSum: each(ir.OpSum, nil), ir.OpLast: each(ir.OpLast, nil), ir.OpMaxTime: each(ir.OpMaxTime, nil), ir.OpFirst: logic(ir.OpFirst),
}

func slotsOf(x *ir.Value) ir.Slots {
	if x.Type.IsSpike() {
		return ir.SlotsNone
	}
	return ir.SlotsPlanes
}

// each gives every operand to the op, with each of the attributes; nil is none.
func each(op ir.Op, attrs ...ir.Attrs) probe {
	return func(d *degenerate, words, spikes []*ir.Value) {
		for _, a := range attrs {
			for _, x := range append(words, spikes...) {
				d.add(op, a, x)
			}
		}
	}
}

func shaped(op ir.Op, attrs func(extents) ir.Attrs) probe {
	return func(d *degenerate, words, spikes []*ir.Value) {
		s := words[0].Type.Shape
		each(op, attrs(extents{s.Dim(0), s.Dim(1), s.Dim(2)}))(d, words, spikes)
	}
}

// both gives all pairs of operands to the op, also each with itself.
func both(d *degenerate, op ir.Op, attrs ir.Attrs, operands []*ir.Value) {
	for _, x := range operands {
		for _, y := range operands {
			d.add(op, attrs, x, y)
		}
	}
}

func pairs(op ir.Op) probe {
	return func(d *degenerate, words, spikes []*ir.Value) {
		both(d, op, nil, words)
		both(d, op, nil, spikes)
		d.add(op, nil, words[1], d.data(4, 4))
		d.add(op, nil, spikes[0], words[0])
	}
}

func logic(op ir.Op) probe {
	return func(d *degenerate, _, spikes []*ir.Value) {
		if len(op.Operands()) == 1 {
			each(op, nil)(d, nil, spikes)
			return
		}
		both(d, op, nil, spikes)
		d.add(op, nil, spikes[1], d.data(1, 1))
	}
}

func reduced(op ir.Op) probe {
	return each(op, ir.ReduceAttrs{Axes: []int{0, 1, 2}}, ir.ReduceAttrs{Axes: []int{1}, Keep: true}, ir.ReduceAttrs{Axes: []int{}})
}

func pooled(op ir.Op) probe {
	return each(op,
		ir.PoolAttrs{Kernel: []int{1, 1}, Strides: []int{1, 1}, Pads: []int{0, 0, 0, 0}, Dilations: []int{1, 1}},
		ir.PoolAttrs{Kernel: []int{1, 2}, Strides: []int{2, 1}, Pads: []int{0, 1, 0, 1}, Dilations: []int{1, 1}})
}

// neurons read every operand; their thresholds are one number, or as many.
func neurons(d *degenerate, words, spikes []*ir.Value) {
	kinds := []ir.NeuronAttrs{
		{Leak: ir.Leak{Kind: ir.LeakShift, K: 1}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetZero, When: ir.WhenFire},
		{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundCeil, Compare: ir.GE, Reset: ir.ResetSubtract, When: ir.WhenNext},
		{Leak: ir.Leak{Kind: ir.LeakAll}, Round: ir.RoundZero, Compare: ir.GT, Reset: ir.ResetNone, When: ir.WhenFire, Guard: 2},
		{Leak: ir.Leak{Kind: ir.LeakCSD, N: 77, K: 7}, Round: ir.RoundZero, Compare: ir.GE, Reset: ir.ResetNone, When: ir.WhenFire, Silent: true},
		{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetSubtract, When: ir.WhenBoth, Current: ir.Leak{Kind: ir.LeakShift, K: 1}, Order: ir.OrderLate},
	}
	for i, x := range append(words, spikes...) {
		for j, a := range kinds {
			threshold := d.data(2, 2)
			if (i+j)%2 == 0 {
				threshold = d.data(-1, 8, x.Type.Shape.Dims()...)
			}
			args := []*ir.Value{x, threshold, nil, nil, nil}
			if a.Silent {
				args[ir.NeuronThreshold] = nil
			}
			if a.Reset == ir.ResetSubtract {
				args[ir.NeuronReset] = threshold
			}
			d.add(ir.OpNeuron, a, args...)
		}
	}
}

// memories are delays that take every operand, themselves, and one another.
func memories(d *degenerate, words, spikes []*ir.Value) {
	all := append(slices.Clone(words), spikes...)
	var last *ir.Value
	for i, x := range all {
		t := ir.SintType(8, x.Type.Shape)
		init := d.data(-3, 3, x.Type.Shape.Dims()...)
		if x.Type.IsSpike() {
			t, init = ir.SpikeType(x.Type.Shape), d.data(0, 1, x.Type.Shape.Dims()...)
		}
		past := must(d.b.AddTyped(ir.OpDelay, d.name("past"), nil, t, init))
		next := x
		if i%5 == 4 {
			next = past // keeps its value
		}
		if last != nil && last.Type == t && i%5 == 3 {
			next = last
		}
		must(d.b.Add(ir.OpLatch, d.name("kept"), nil, past, next))
		if i%4 > 0 { // one in four is dead
			d.read(past)
		}
		last = past
	}
}

// degenerateNet is the net of an op.
func degenerateNet(op ir.Op, e extents, steps int) (*ir.Net, []error) {
	d := newDegenerate(fmt.Sprintf("%v_%d_%d", op, e.c*e.h*e.w, steps), steps)
	words, spikes := d.operands(e)
	probes[op](d, words, spikes)
	if len(d.values) == 0 {
		d.read(words[0])
	}
	return d.b.Net(), d.refused
}

// cells are programs on two words, or two spikes, as bits and as numbers, that keep one of them or
// nothing that is read.
func cells(d *degenerate, words, spikes []*ir.Value) {
	run := func(text string, of ...*ir.Value) {
		attrs, err := ir.ReadAttrs(ir.OpCell, "do=[state membrane start=1; a = operand 0; b = operand 1; "+text+"]")
		if err != nil {
			panic(err)
		}
		d.add(ir.OpCell, attrs, of...)
	}
	for i := range words {
		for _, of := range [][]*ir.Value{{words[i], words[(i+1)%len(words)]}, {spikes[i], spikes[(i+2)%len(spikes)]}, {words[i], words[i]}} {
			run("state state2 init=2; o = load membrane; p = load state2; s = add o a; m = min s b; store membrane = m; store state2 = b; f = at-least p m; result f", of[0], of[1], words[2])
			run("store membrane = a; o = load membrane; f = above b o; t = select f a o; result t", of...)
			run("m = max a b; store membrane = m; f = at-least a b; result f", of...)
		}
		run("n = sub a b; store membrane = n; c = and a b; x = xor c a; result x", spikes[i], spikes[(i+1)%len(spikes)])
		run("o = load membrane; t = select b o a; store membrane = t; f = select a b a; result f", spikes[i], spikes[i])
	}
}
