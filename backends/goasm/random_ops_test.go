package goasm_test

import (
	"slices"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir"
)

// randomOps draws nets of images in which every op takes the results of others:
// windows with odd strides, dilations, groups and padding, joins of all forms,
// copies along axes, neurons of every kind, a recurrence, all readouts.
var randomOps = rapid.Custom(func(t *rapid.T) *ir.Net {
	steps := rapid.SampledFrom([]int{1, 3, 5}).Draw(t, "steps")
	d := &mixture{drawing: drawing{t: t, b: ir.NewBuilder("ops", ir.Fixed, steps)}}
	d.mix(24)
	return d.b.Net()
})

// mixture is a drawing with the values so far, each of three axes.
type mixture struct {
	drawing
	values []*ir.Value
}

// mixers are the ops a mixture may add; each gives nil when nothing fits.
var mixers = []func(*mixture) *ir.Value{
	(*mixture).conv, (*mixture).conv, (*mixture).conv, (*mixture).linearRows,
	(*mixture).spiking, (*mixture).spiking, (*mixture).spiking, (*mixture).spiking,
	(*mixture).pooled, (*mixture).pooled, (*mixture).pair, (*mixture).pair, (*mixture).pair,
	(*mixture).logic, (*mixture).logic, (*mixture).selected, (*mixture).single, (*mixture).csd,
	(*mixture).transposed, (*mixture).transposed, (*mixture).reshaped, (*mixture).joined, (*mixture).joined,
	(*mixture).sliced, (*mixture).padded, (*mixture).stretched, (*mixture).reduced,
	(*mixture).product, (*mixture).product,
}

func (d *mixture) mix(n int) {
	for range rapid.IntRange(1, 2).Draw(d.t, "inputs") {
		d.values = append(d.values, d.picture())
	}
	past := d.memory()
	for range n {
		if v := rapid.SampledFrom(mixers).Draw(d.t, "op")(d); v != nil {
			d.values = append(d.values, v)
		}
	}
	d.remember(past)
	for _, v := range d.values {
		d.readout(v)
	}
}

// picture is an input, of once or each step.
func (d *mixture) picture() *ir.Value {
	d.n++
	s := d.shape()
	types := []ir.Type{ir.UintType(8, s), ir.UintType(3, s), ir.SintType(8, s), ir.SpikeType(s)}
	per := rapid.SampledFrom([]ir.Clock{ir.Once, ir.Step}).Draw(d.t, "per")
	v, err := d.b.Input("in"+string(rune('a'+d.n)), rapid.SampledFrom(types).Draw(d.t, "type"), ir.InputAttrs{Per: per})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *mixture) shape() ir.Shape {
	side := rapid.IntRange(1, 7)
	return ir.ShapeOf(rapid.SampledFrom([]int{1, 3, 8, 32, 64, 70}).Draw(d.t, "channels"), side.Draw(d.t, "height"), side.Draw(d.t, "width"))
}

// memory is a delay of spikes, which takes part in the net.
func (d *mixture) memory() *ir.Value {
	s := d.shape()
	init := d.constant(0, 1, s.Dims()...)
	d.n++
	v, err := d.b.AddTyped(ir.OpDelay, "past", nil, ir.SpikeType(s), init)
	if err != nil {
		d.t.Fatal(err)
	}
	d.values = append(d.values, v)
	return v
}

// remember closes the delay with the first spikes of its shape, or its own opposite.
func (d *mixture) remember(past *ir.Value) {
	for _, v := range d.values[1:] {
		if v != past && v.Type == past.Type && v.Clock == ir.Step {
			d.add(ir.OpLatch, nil, past, v)
			return
		}
	}
	d.add(ir.OpLatch, nil, past, d.add(ir.OpXor, nil, past, d.constant(0, 1, past.Type.Shape.Dims()...)))
}

// magnitude is the largest number a value may have.
func magnitude(v *ir.Value) int64 { return max(v.Range.Hi, -v.Range.Lo) }

// pick draws a value that a test holds for.
func (d *mixture) pick(fit func(*ir.Value) bool) *ir.Value {
	var list []*ir.Value
	for _, v := range d.values {
		if fit(v) {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(d.t, "operand")]
}

func below(limit int64) func(*ir.Value) bool {
	return func(v *ir.Value) bool { return magnitude(v) < limit }
}

func spike(v *ir.Value) bool { return v.Type.IsSpike() }

func slotsOf(x *ir.Value) ir.Slots {
	if x.Type.IsSpike() {
		return ir.SlotsNone
	}
	return ir.SlotsPlanes
}

func (d *mixture) conv() *ir.Value {
	x := d.pick(below(1000))
	if x == nil {
		return nil
	}
	t, xs := d.t, x.Type.Shape
	a := ir.ConvAttrs{Groups: 1, Slots: slotsOf(x), Pads: make([]int, 4)}
	kernel := []int{}
	for i := range 2 {
		room := xs.Dim(i + 1)
		a.Strides = append(a.Strides, rapid.IntRange(1, 3).Draw(t, "stride"))
		a.Dilations = append(a.Dilations, rapid.IntRange(1, 2).Draw(t, "dilation"))
		kernel = append(kernel, rapid.IntRange(1, max(1, min(3, (room-1)/a.Dilations[i]+1))).Draw(t, "kernel"))
		reach := (kernel[i] - 1) * a.Dilations[i]
		a.Pads[i], a.Pads[i+2] = rapid.IntRange(0, reach).Draw(t, "begin"), rapid.IntRange(0, reach).Draw(t, "end")
	}
	outputs := rapid.SampledFrom([]int{1, 6, 16, 32, 48, 66}).Draw(t, "outputs")
	if c := xs.Dim(0); c%2 == 0 && outputs%2 == 0 && rapid.Bool().Draw(t, "grouped") {
		a.Groups = 2
		if outputs%c == 0 || c == outputs {
			a.Groups = c
		}
	}
	limit := rapid.SampledFrom([]int64{1, 20, 127, 2000}).Draw(t, "weights")
	w := d.constant(-limit-1, limit, outputs, xs.Dim(0)/a.Groups, kernel[0], kernel[1])
	v, err := d.b.Add(ir.OpConv, d.name("conv"), a, x, w)
	if err != nil || !rapid.Bool().Draw(t, "biased") {
		return v
	}
	bias := d.constant(-500, 500, outputs)
	if rapid.Bool().Draw(t, "map") {
		bias = d.constant(-500, 500, v.Type.Shape.Dims()...)
	}
	return d.add(ir.OpConv, a, x, w, bias)
}

func (d *mixture) name(op string) string { return d.b.Unique(op) }

func (d *mixture) linearRows() *ir.Value {
	x := d.pick(below(1000))
	if x == nil {
		return nil
	}
	w := d.constant(-60, 60, rapid.SampledFrom([]int{1, 5, 33}).Draw(d.t, "outputs"), x.Type.Shape.Dim(2))
	return d.add(ir.OpLinear, ir.LinearAttrs{Slots: slotsOf(x)}, x, w)
}

// spiking draws a neuron, in part one of the general kinds.
func (d *mixture) spiking() *ir.Value {
	x := d.pick(below(1 << 22))
	if x == nil {
		return nil
	}
	if rapid.Bool().Draw(d.t, "simple") {
		return d.neuron(x)
	}
	return d.generalNeuron(x)
}

func (d *mixture) generalNeuron(x *ir.Value) *ir.Value {
	t := d.t
	leaks := []ir.Leak{{Kind: ir.LeakNone}, {Kind: ir.LeakAll}, {Kind: ir.LeakShift, K: 1}, {Kind: ir.LeakDecay, K: 3}, {Kind: ir.LeakCSD, N: 230, K: 8}, {Kind: ir.LeakCSD, N: 77, K: 7}}
	a := ir.NeuronAttrs{
		Leak:    rapid.SampledFrom(leaks[1:]).Draw(t, "leak"),
		Round:   rapid.SampledFrom([]ir.Round{ir.RoundFloor, ir.RoundCeil, ir.RoundZero}).Draw(t, "round"),
		Compare: rapid.SampledFrom([]ir.Compare{ir.GE, ir.GT}).Draw(t, "compare"),
		Reset:   ir.ResetSubtract, When: rapid.SampledFrom([]ir.When{ir.WhenFire, ir.WhenNext, ir.WhenBoth}).Draw(t, "when"),
		Guard: rapid.SampledFrom([]int{0, 2}).Draw(t, "guard"),
	}
	if rapid.Bool().Draw(t, "current") {
		a.Current = rapid.SampledFrom(leaks).Draw(t, "wane")
		a.Order = rapid.SampledFrom([]ir.Order{ir.OrderBefore, ir.OrderAfter, ir.OrderLate}).Draw(t, "order")
	}
	top := min(max(x.Range.Hi>>3, 2), 1<<20) << a.Guard
	s := x.Type.Shape
	args := []*ir.Value{x, d.constant(0, top, s.Dim(0), 1, 1), d.constant(-3, 3, 1, s.Dim(1), s.Dim(2)), d.constant(0, top, s.Dim(0), 1, 1)}
	switch rapid.SampledFrom([]string{"spikes", "masks", "silent", "shown"}).Draw(t, "kind") {
	case "masks":
		a.Reset, a.When, a.Masks, args[3] = ir.ResetZero, ir.WhenNext, true, nil
		a.MasksCurrent = a.Current.Kind != 0 && rapid.Bool().Draw(t, "masks current")
	case "shown":
		a.Silent = true
	case "silent":
		a.Reset, a.When, a.Silent, args[1], args[3] = ir.ResetNone, ir.WhenFire, true, nil, nil
	}
	return d.add(ir.OpNeuron, a, args...)
}

func (d *mixture) pooled() *ir.Value {
	x := d.pick(below(1 << 20))
	if x == nil {
		return nil
	}
	a := ir.PoolAttrs{Pads: make([]int, 4)}
	for i := range 2 {
		a.Kernel = append(a.Kernel, rapid.IntRange(1, min(3, x.Type.Shape.Dim(i+1))).Draw(d.t, "kernel"))
		a.Strides = append(a.Strides, rapid.IntRange(1, 3).Draw(d.t, "stride"))
		a.Dilations = append(a.Dilations, 1)
		a.Pads[i] = rapid.IntRange(0, a.Kernel[i]-1).Draw(d.t, "begin")
	}
	return d.add(rapid.SampledFrom([]ir.Op{ir.OpMaxPool, ir.OpSumPool}).Draw(d.t, "pool"), a, x)
}

// partner is a value of the shape of x, a constant, or one that stretches to it.
func (d *mixture) partner(x *ir.Value, lo, hi int64, fit func(*ir.Value) bool) *ir.Value {
	s := x.Type.Shape
	same := func(v *ir.Value) bool { return fit(v) && v.Type.Shape.BroadcastsTo(s) }
	if v := d.pick(same); v != nil && rapid.IntRange(0, 3).Draw(d.t, "value") > 0 {
		return v
	}
	return d.constant(lo, hi, s.Dim(0), 1, s.Dim(2))
}

func (d *mixture) pair() *ir.Value {
	x := d.pick(below(1 << 22))
	if x == nil {
		return nil
	}
	args := []*ir.Value{x, d.partner(x, -100, 100, below(1<<22))}
	if rapid.Bool().Draw(d.t, "swapped") {
		slices.Reverse(args)
	}
	op := rapid.SampledFrom([]ir.Op{ir.OpAdd, ir.OpAdd, ir.OpAdd, ir.OpSub, ir.OpMin, ir.OpMax}).Draw(d.t, "pair")
	if op == ir.OpAdd && below(1<<16)(args[0]) && args[0].Const() == nil && rapid.Bool().Draw(d.t, "shifted") {
		args[0] = d.add(ir.OpShl, ir.ShlAttrs{K: rapid.IntRange(0, 6).Draw(d.t, "k")}, args[0])
	}
	return d.add(op, nil, args...)
}

func (d *mixture) logic() *ir.Value {
	x := d.pick(spike)
	if x == nil {
		return nil
	}
	args := []*ir.Value{x, d.partner(x, 0, 1, spike)}
	if rapid.Bool().Draw(d.t, "swapped") {
		slices.Reverse(args)
	}
	return d.add(rapid.SampledFrom([]ir.Op{ir.OpAnd, ir.OpOr, ir.OpXor, ir.OpAndNot, ir.OpAdd}).Draw(d.t, "logic"), nil, args...)
}

func (d *mixture) selected() *ir.Value {
	x := d.pick(spike)
	if x == nil {
		return nil
	}
	return d.add(ir.OpWhere, nil, x, d.partner(x, -9, 9, below(1<<22)), d.partner(x, -9, 9, below(1<<22)))
}

func (d *mixture) single() *ir.Value {
	x := d.pick(below(1 << 16))
	if x == nil {
		return nil
	}
	switch rapid.IntRange(0, 3).Draw(d.t, "single") {
	case 0:
		return d.add(ir.OpNeg, nil, x)
	case 1:
		return d.add(ir.OpShl, ir.ShlAttrs{K: rapid.IntRange(0, 6).Draw(d.t, "k")}, x)
	case 2:
		return d.add(ir.OpMap, ir.MapAttrs{Fn: ir.FnRelu}, x)
	}
	return d.add(ir.OpMap, ir.MapAttrs{Fn: ir.FnAbs}, x)
}

func (d *mixture) csd() *ir.Value {
	x := d.pick(below(1 << 16))
	if x == nil {
		return nil
	}
	a := ir.CSDAttrs{Shift: rapid.IntRange(0, 9).Draw(d.t, "shift"), Round: rapid.SampledFrom([]ir.Round{ir.RoundFloor, ir.RoundCeil, ir.RoundZero}).Draw(d.t, "round")}
	return d.add(ir.OpCSD, a, x, d.constant(-200, 300, 1, x.Type.Shape.Dim(1), x.Type.Shape.Dim(2)))
}

func (d *mixture) any() *ir.Value { return d.pick(below(1 << 30)) }

func (d *mixture) transposed() *ir.Value {
	return d.add(ir.OpTranspose, ir.PermAttrs{Perm: rapid.Permutation([]int{0, 1, 2}).Draw(d.t, "perm")}, d.any())
}

func (d *mixture) reshaped() *ir.Value {
	x := d.any()
	dims := x.Type.Shape.Dims()
	slices.Reverse(dims)
	return d.add(ir.OpReshape, ir.ShapeAttrs{Shape: dims}, x)
}

func (d *mixture) joined() *ir.Value {
	x := d.any()
	axis := rapid.IntRange(0, 2).Draw(d.t, "axis")
	fits := func(v *ir.Value) bool {
		for i := range 3 {
			if i != axis && v.Type.Shape.Dim(i) != x.Type.Shape.Dim(i) {
				return false
			}
		}
		return v.Type.Shape.Dim(axis) < 200 && x.Type.IsSpike() == v.Type.IsSpike()
	}
	args := []*ir.Value{x}
	for range rapid.IntRange(1, 2).Draw(d.t, "others") {
		if v := d.pick(fits); v != nil {
			args = append(args, v)
		}
	}
	if rapid.Bool().Draw(d.t, "constant") {
		args = append(args, d.constant(0, 1, x.Type.Shape.Dims()...))
	}
	return d.add(ir.OpConcat, ir.AxisAttrs{Axis: axis}, args...)
}

func (d *mixture) sliced() *ir.Value {
	x := d.any()
	axis := rapid.IntRange(0, 2).Draw(d.t, "axis")
	n := x.Type.Shape.Dim(axis)
	a := ir.SliceAttrs{Axis: axis, Start: rapid.IntRange(0, n-1).Draw(d.t, "start"), Step: rapid.SampledFrom([]int{1, 2, -1}).Draw(d.t, "step")}
	room := n - 1 - a.Start
	if a.Step < 0 {
		room = a.Start
	}
	a.Count = rapid.IntRange(1, room/max(a.Step, -a.Step)+1).Draw(d.t, "count")
	return d.add(ir.OpSlice, a, x)
}

func (d *mixture) padded() *ir.Value {
	x := d.any()
	a, side := ir.PadAttrs{}, rapid.IntRange(0, 2)
	for range 3 {
		a.Before, a.After = append(a.Before, side.Draw(d.t, "before")), append(a.After, side.Draw(d.t, "after"))
	}
	if rapid.Bool().Draw(d.t, "zero") {
		return d.add(ir.OpPad, a, x)
	}
	value, err := d.b.Const(d.name("value"), ir.Ints(ir.ShapeOf(), []int64{1}))
	if err != nil {
		d.t.Fatal(err)
	}
	return d.add(ir.OpPad, a, x, value)
}

func (d *mixture) stretched() *ir.Value {
	x := d.pick(func(v *ir.Value) bool { return v.Type.Shape.Dim(2) == 1 || v.Type.Shape.Dim(0) == 1 })
	if x == nil {
		return nil
	}
	dims := x.Type.Shape.Dims()
	for i := range dims {
		if dims[i] == 1 {
			dims[i] = rapid.IntRange(1, 4).Draw(d.t, "extent")
		}
	}
	return d.add(ir.OpBroadcast, ir.ShapeAttrs{Shape: dims}, x)
}

func (d *mixture) reduced() *ir.Value {
	x := d.pick(below(1 << 16))
	if x == nil {
		return nil
	}
	axes := rapid.SampledFrom([][]int{{0}, {1}, {1, 2}, {0, 2}}).Draw(d.t, "axes")
	op := rapid.SampledFrom([]ir.Op{ir.OpReduceSum, ir.OpReduceMax, ir.OpReduceMin}).Draw(d.t, "reduction")
	return d.add(op, ir.ReduceAttrs{Axes: axes, Keep: true}, x)
}
