package drawn

import "nomul/ir"

func (d *drawing) neuron() *ir.Value {
	x := d.operand(below(1 << 18))
	if x == nil {
		return nil
	}
	return d.neuronOf(x)
}

// neuronOf draws attributes until some go together.
func (d *drawing) neuronOf(x *ir.Value) *ir.Value {
	for range 30 {
		a := d.attributes()
		if v := d.add(ir.OpNeuron, a, d.neuronArgs(a, x)...); v != nil {
			return v
		}
	}
	return nil
}

func (d *drawing) attributes() ir.NeuronAttrs {
	r := d.Rand
	a := ir.NeuronAttrs{
		Leak:    d.leak(),
		Round:   pick(r, ir.RoundFloor, ir.RoundCeil, ir.RoundZero),
		Compare: pick(r, ir.GE, ir.GT),
		Reset:   pick(r, ir.ResetNone, ir.ResetZero, ir.ResetValue, ir.ResetSubtract, ir.ResetSubtract),
		When:    pick(r, ir.WhenFire, ir.WhenFire, ir.WhenNext, ir.WhenBoth),
		Guard:   pick(r, 0, 0, 0, 1, 3),
		Silent:  r.IntN(6) == 0,
	}
	if a.Silent && d.coin() {
		a.Reset, a.When = ir.ResetNone, ir.WhenFire
		return a
	}
	if r.IntN(3) == 0 {
		a.Current, a.Order = d.leak(), pick(r, ir.OrderBefore, ir.OrderAfter, ir.OrderLate)
	}
	if r.IntN(4) == 0 {
		a.Masks, a.MasksCurrent = true, d.coin()
	}
	if r.IntN(3) == 0 {
		a.Refractory = ir.Refractory{Kind: pick(r, ir.RestHold, ir.RestDrive, ir.RestSpike, ir.RestLeak), Steps: 1 + r.IntN(4)}
	}
	if r.IntN(3) == 0 {
		a.Adapt, a.AdaptReset = d.leak(), d.coin()
	}
	return a
}

func (d *drawing) leak() ir.Leak {
	k := 1 + d.IntN(4)
	return pick(d.Rand, ir.Leak{Kind: ir.LeakNone}, ir.Leak{Kind: ir.LeakAll}, ir.Leak{Kind: ir.LeakShift, K: k}, ir.Leak{Kind: ir.LeakDecay, K: k},
		pick(d.Rand, ir.Leak{Kind: ir.LeakCSD, N: 230, K: 8}, ir.Leak{Kind: ir.LeakCSD, N: 77, K: 7}, ir.Leak{Kind: ir.LeakCSD, N: 3, K: 2}))
}

// neuronArgs draws thresholds near to the bounds of the input, and below zero at times.
func (d *drawing) neuronArgs(a ir.NeuronAttrs, x *ir.Value) []*ir.Value {
	top := min(max(x.Range.Hi>>pick(d.Rand, 0, 2, 3), 2), 1<<20) << a.Guard
	args := make([]*ir.Value, ir.NeuronJump+1)
	args[ir.NeuronX] = x
	if a.Fires() {
		args[ir.NeuronThreshold] = d.perElement(x, pick[int64](d.Rand, 0, 1, -3), top)
	}
	if d.coin() {
		args[ir.NeuronBias] = d.perElement(x, -5, 5)
	}
	if a.Reset == ir.ResetValue || a.Reset == ir.ResetSubtract {
		args[ir.NeuronReset] = d.perElement(x, pick[int64](d.Rand, 0, -2), top)
	}
	if d.coin() {
		args[ir.NeuronInit] = d.perElement(x, -5, top)
	}
	if a.Adapt.Kind != 0 {
		args[ir.NeuronJump] = d.perElement(x, pick[int64](d.Rand, 0, 0, -3), top)
	}
	return args
}

// perElement is a constant for all neurons, or for a part of the shape.
func (d *drawing) perElement(x *ir.Value, lo, hi int64) *ir.Value {
	if d.IntN(3) == 0 {
		return d.constant(lo, hi)
	}
	return d.constant(lo, hi, d.part(x.Type.Shape)...)
}
