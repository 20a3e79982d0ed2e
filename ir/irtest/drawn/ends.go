package drawn

import "nomul/ir"

// input is read once or in each step.
func (d *drawing) input() {
	s := ir.ShapeOf(d.shape()...)
	t := pick(d.Rand, ir.UintType(8, s), ir.UintType(3, s), ir.SintType(8, s), ir.SpikeType(s), ir.UintType(12, s), ir.SintType(16, s))
	v, err := d.b.Input(d.name("x"), t, ir.InputAttrs{Per: pick(d.Rand, ir.Once, ir.Step)})
	if err != nil {
		panic(err)
	}
	d.keep(v)
}

// delay remembers spikes, or integers, of the step before.
func (d *drawing) delay() {
	s := ir.ShapeOf(d.shape()...)
	if x := d.operand(spike); x != nil && d.IntN(3) > 0 {
		s = x.Type.Shape
	}
	t, lo, hi := ir.SpikeType(s), int64(0), pick[int64](d.Rand, 0, 1)
	switch d.IntN(6) {
	case 0:
		t, lo, hi = ir.SintType(pick(d.Rand, 8, 12, 16), s), -4, 7
	case 1:
		t, hi = ir.UintType(pick(d.Rand, 4, 8, 16), s), 7
	}
	v, err := d.b.AddTyped(ir.OpDelay, d.name("delay"), nil, t, d.constant(lo, hi, s.Dims()...))
	if err != nil {
		panic(err)
	}
	d.delays = append(d.delays, v)
	d.keep(v)
}

// latch closes a delay with a value of its shape, or with itself.
func (d *drawing) latch(delay *ir.Value) {
	fits := func(v *ir.Value) bool {
		same := v.Type.Shape == delay.Type.Shape && spike(v) == spike(delay)
		return same && delay.Type.Full().Contains(v.Range) && v.Clock != ir.End
	}
	if v := d.operand(fits); v != nil && d.add(ir.OpLatch, nil, delay, v) != nil {
		return
	}
	if d.add(ir.OpLatch, nil, delay, delay) == nil {
		panic("a delay is latched by itself")
	}
}

// earlyReadout has ops behind it, which take it beside values of the steps and before them.
func (d *drawing) earlyReadout() *ir.Value {
	v := d.operand(func(v *ir.Value) bool { return v.Clock == ir.Step && magnitude(v) < 1<<20 })
	if v == nil {
		return nil
	}
	return d.readout(v)
}

// behind reads a delay, an input or another value of the last step behind the steps, beside a readout.
func (d *drawing) behind() *ir.Value {
	step := func(v *ir.Value) bool { return v.Clock == ir.Step && magnitude(v) < 1<<20 }
	v := d.operand(func(v *ir.Value) bool { return step(v) && (v.Op == ir.OpDelay || v.Op == ir.OpInput || d.IntN(3) == 0) })
	if v == nil {
		return nil
	}
	r := d.operand(func(w *ir.Value) bool {
		return w.Clock == ir.End && magnitude(w) < 1<<20 && w.Type.Shape == v.Type.Shape
	})
	if r == nil {
		r = d.readout(d.operand(func(w *ir.Value) bool { return step(w) && w.Type.Shape == v.Type.Shape }))
	}
	if r == nil {
		return nil
	}
	ops := []ir.Op{ir.OpAdd, ir.OpSub, ir.OpMax}
	if spike(v) && spike(r) {
		ops = append(ops, ir.OpAnd, ir.OpXor)
	}
	return d.add(pick(d.Rand, ops...), nil, d.either(v, r)...)
}

func (d *drawing) readout(v *ir.Value) *ir.Value {
	ops := []ir.Op{ir.OpSum, ir.OpSum, ir.OpLast, ir.OpMaxTime}
	if spike(v) {
		ops = append(ops, ir.OpFirst)
	}
	return d.add(pick(d.Rand, ops...), nil, v)
}

// outputs brings a quarter of the values out, half of those behind the steps, some twice, and at least one.
func (d *drawing) outputs() {
	shown := false
	for _, v := range d.values {
		if (d.IntN(4) == 0 || v.Clock == ir.End && d.coin()) && d.output(v) {
			shown = true
		}
	}
	for i := len(d.values) - 1; i >= 0 && !shown; i-- {
		shown = d.output(d.values[i])
	}
}

func (d *drawing) output(v *ir.Value) bool {
	if v.Clock == ir.Step {
		v = d.readout(v)
	}
	if v == nil || d.add(ir.OpOutput, nil, v) == nil {
		return false
	}
	if d.IntN(4) == 0 {
		d.add(ir.OpOutput, nil, v)
	}
	return true
}
