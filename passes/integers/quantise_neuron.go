package integers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// neuron brings a neuron's constants into units of 2^-guard of its input. H is
// an integer, so that H ≥ θ is H ≥ ⌈θ⌉ and H > θ is H > ⌊θ⌋.
func (q *quantiser) neuron(v *ir.Value) (*ir.Value, error) {
	attrs, x := v.Attrs.(ir.NeuronAttrs), v.Args[ir.NeuronX]
	if err := q.fits(v); err != nil {
		return nil, err
	}
	attrs.Guard = q.roomyGuard(v, attrs)
	moved := q.calm(v, &attrs)
	guard := attrs.Guard
	units := q.neuronUnits(v, attrs)
	args := make([]*ir.Value, ir.NeuronLeak)
	var err error
	if args[ir.NeuronX], err = q.input(v); err != nil {
		return nil, err
	}
	if off := q.offsets[x]; off != nil && attrs.Current.Kind != 0 {
		if args[ir.NeuronX], err = q.finer(x, attrs.Guard); err != nil {
			return nil, err
		}
		attrs.Guard = 0
	}
	if th := units[ir.NeuronThreshold]; th != nil && attrs.Adapt.Kind == 0 && q.roomy(v, q.r.Of(x), attrs, 32) {
		units[ir.NeuronThreshold] = reachable(th)
	}
	rounded := units
	if moved != nil {
		rounded[ir.NeuronBias] = moved
		if bias := units[ir.NeuronBias]; bias != nil {
			rounded[ir.NeuronBias] = layers.Plus(roundedAll(bias), moved)
		}
	}
	for slot, u := range rounded {
		if u == nil || slot == ir.NeuronBias && !layers.AnyNonZero(u.F) {
			continue
		}
		if args[slot], err = q.integers(v.Name+"."+v.Op.Operands()[slot].Name, operandShape(u, x.Type.Shape)); err != nil {
			return nil, err
		}
	}
	out, err := q.r.CopyWith(v, attrs, args...)
	if err != nil {
		return nil, err
	}
	out.Scale = v.Scale
	if err := q.membraneOff(v, out, guard, units, rounded); err != nil {
		return nil, err
	}
	if attrs.Silent && attrs.Fires() {
		return q.membrane(v, out, guard)
	}
	return out, nil
}

// membrane brings the membrane of a silent neuron that fires into its units. It has
// as many guard bits as the neuron that fires alike, so that it does.
func (q *quantiser) membrane(v, out *ir.Value, guard int) (*ir.Value, error) {
	more := scales.SilentGuard(v, q.sizes, q.steps) - guard
	out.Scale = &ir.Scale{Name: v.Scale.Name, Data: layers.Times(v.Scale.Data, layers.Constant(math.Ldexp(1, more), ir.Shape{}))}
	got, err := q.convert(v, out, v, layers.Constant(math.Ldexp(1, more), ir.Shape{}), v.Scale.Data)
	if err != nil {
		return nil, err
	}
	q.coarsened(v, got)
	got.value.Scale = v.Scale
	return got.value, nil
}

// calm moves biases, or adds guard bits where that is no help, until the neurons of
// a layer fire without any spike when they do in real numbers.
func (q *quantiser) calm(v *ir.Value, a *ir.NeuronAttrs) *ir.Tensor {
	moved, awake := q.calmed(v, *a, q.neuronUnits(v, *a))
	for more := *a; awake > 0 && more.Guard < scales.MaxGuard; {
		if more.Guard++; !q.roomy(v, q.r.Of(v.Args[ir.NeuronX]), more, 32) {
			break
		}
		if m, left := q.calmed(v, more, q.neuronUnits(v, more)); left < awake {
			moved, awake, *a = m, left, more
		}
	}
	if moved != nil {
		n := 0
		for _, f := range moved.F {
			if f != 0 {
				n++
			}
		}
		q.options.Remark(v, "%d of its biases are moved by at most %g of a unit of its weights, so that their neurons fire as in real numbers where nothing else reaches them", n, math.Ldexp(2, -a.Guard))
	}
	if awake > 0 {
		q.options.Remark(v, "%d of its biases so nearly meet the threshold that their neurons fire otherwise than in real numbers where nothing else reaches them", awake)
	}
	return moved
}

// inputScale is the unit of a neuron's input: of a silent one on integers, that of
// its membrane without the guard bits.
func (q *quantiser) inputScale(v *ir.Value) *ir.Tensor {
	a := v.Attrs.(ir.NeuronAttrs)
	if x := v.Args[ir.NeuronX]; x.Type.IsReal() || !a.Silent || v.Scale == nil {
		return scaleOf(x)
	}
	return layers.Times(v.Scale.Data, layers.Constant(math.Ldexp(1, scales.SilentGuard(v, q.sizes, q.steps)), ir.Shape{}))
}

// input is a neuron's input in its units.
func (q *quantiser) input(v *ir.Value) (*ir.Value, error) {
	x := v.Args[ir.NeuronX]
	if x.Type.IsReal() {
		return q.r.Of(x), nil
	}
	unit := q.inputScale(v)
	got, err := q.convert(v, q.r.Of(x), x, layers.Divide(layers.Constant(1, ir.Shape{}), unit), unit)
	if err == nil {
		q.coarsened(v, got)
	}
	return got.value, err
}

// reachable are thresholds with those that no membrane of 32 bits reaches at 32 bits.
func reachable(units *ir.Tensor) *ir.Tensor {
	return rewrite.Zip(units, layers.Constant(math.MaxInt32, ir.Shape{}), math.Min)
}

// fits refuses a neuron that has no integer form.
func (q *quantiser) fits(v *ir.Value) error {
	a := v.Attrs.(ir.NeuronAttrs)
	for _, leak := range a.Leaks() {
		if leak.Form.Kind != ir.LeakFactor {
			continue
		}
		c := v.Args[leak.Slot].Const()
		i := max(0, slices.IndexFunc(c.F, func(f float64) bool { return !(f >= 0 && f <= 1) }))
		return rewrite.Refuse(v, diag.NotExact, "%s %v lets the membrane grow or change its sign, and has no integer form", layers.Its(leak), c.F[i]).
			WithHelp("keep it between 0 and 1, as by beta.clamp(0, 1) where it is learned; real numbers run as they are: --level spiking")
	}
	if v.Args[ir.NeuronGain] != nil {
		return rewrite.Refuse(v, diag.NotExact, "its input gain is not in its threshold yet: fold-gain brings it there")
	}
	if x := v.Args[ir.NeuronX]; x.Type.IsReal() && x.Scale == nil || q.r.Of(x).Type.IsReal() {
		return rewrite.Refuse(v, diag.NotExact, "its input %%%s has no integer scale", x.Name)
	}
	return nil
}

// finer is an old value in units of 2^-guard, with its offset added: a current must leak the offset
// with the rest, and a neuron's bias would not.
func (q *quantiser) finer(x *ir.Value, guard int) (*ir.Value, error) {
	shifted, err := q.r.Of(x), error(nil)
	if guard > 0 {
		if shifted, err = q.r.Add(ir.OpShl, q.r.Unique(x.Name+".fine"), ir.ShlAttrs{K: guard}, shifted); err != nil {
			return nil, err
		}
	}
	off, err := q.integers(x.Name+".offset", operandShape(inUnits(q.offsets[x], scaleOf(x), guard), x.Type.Shape))
	if err != nil {
		return nil, err
	}
	return q.r.Add(ir.OpAdd, q.r.Unique(x.Name+".whole"), nil, shifted, off)
}

// neuronUnits are a neuron's constants, by slot, in units of its membrane; without a current, the
// bias includes the offset of its input.
func (q *quantiser) neuronUnits(v *ir.Value, a ir.NeuronAttrs) [ir.NeuronLeak]*ir.Tensor {
	var units [ir.NeuronLeak]*ir.Tensor
	x := v.Args[ir.NeuronX]
	for slot := ir.NeuronThreshold; slot < ir.NeuronLeak; slot++ {
		if c := v.Args[slot].Const(); c != nil {
			units[slot] = inUnits(c, q.inputScale(v), a.Guard)
		}
	}
	if off := q.offsets[x]; off != nil && a.Current.Kind == 0 {
		bias := inUnits(off, q.inputScale(v), a.Guard)
		if own := units[ir.NeuronBias]; own != nil {
			bias = layers.Plus(bias, own)
		}
		units[ir.NeuronBias] = bias
	}
	if th := units[ir.NeuronThreshold]; th != nil {
		units[ir.NeuronThreshold] = wholeThreshold(th, a.Compare)
	}
	return units
}

// guard is how many guard bits the fixed form of a neuron needs, and how many it
// gets where there is room; a silent neuron's are part of its result's scale.
func (q *quantiser) guard(v *ir.Value) (need, wish int) {
	attrs, scale := v.Attrs.(ir.NeuronAttrs), q.inputScale(v)
	if !attrs.Fires() {
		guard := scales.SilentGuard(v, q.sizes, q.steps)
		return guard, guard
	}
	var units []float64
	for _, slot := range scales.WholeSlots {
		if c := v.Args[slot].Const(); c != nil {
			units = append(units, layers.Divide(c, scale).F...)
		}
	}
	need, wish = scales.GuardBits(scales.LostUnits(v, q.steps), units, true)
	if attrs.Silent && scales.LostUnits(v, q.steps) == 0 && scales.AllIntegers(units, need) { // it fires alike in finer units
		fine := scales.SilentGuard(v, q.sizes, q.steps)
		need, wish = max(need, fine), max(wish, fine)
	}
	return need, wish
}

// roomyGuard is the most guard bits, of those wished for and not less than needed,
// that leave the membrane 16 bits; all of them where the needed ones do not. Beyond
// 32 bits, which engines have, some of those are given up, too, which is told.
func (q *quantiser) roomyGuard(v *ir.Value, a ir.NeuronAttrs) int {
	need, wish := q.guard(v)
	if !a.Fires() {
		return wish
	}
	x := q.r.Of(v.Args[ir.NeuronX])
	within := func(most, least, bits int) (int, bool) {
		for a.Guard = most; a.Guard >= least; a.Guard-- {
			if q.roomy(v, x, a, bits) {
				return a.Guard, true
			}
		}
		return wish, false
	}
	if guard, ok := within(wish, need, 16); ok {
		return guard
	}
	guard, _ := within(wish, 0, 32)
	if guard < need {
		q.options.Remark(v, "its membrane is wide, so it has %d guard bits, not %d: its constants are rounded to coarser units", guard, need)
	}
	return guard
}

// roomy reports whether so many bits hold the membrane and the current of a neuron with
// the attributes, and in 32 bits the number that is added before a shift.
func (q *quantiser) roomy(v, given *ir.Value, a ir.NeuronAttrs, bits int) bool {
	units, x := q.neuronUnits(v, a), v.Args[ir.NeuronX]
	var ranges [ir.NeuronLeak]ir.Range
	for slot, u := range units {
		if u != nil {
			ranges[slot] = wholeRange(u)
		}
	}
	drive := given.Range
	if off := q.offsets[x]; off != nil && a.Current.Kind != 0 { // as finer adds it
		own := wholeRange(inUnits(off, q.inputScale(v), a.Guard))
		drive, a.Guard = ir.Range{Lo: drive.Lo<<a.Guard + own.Lo, Hi: drive.Hi<<a.Guard + own.Hi}, 0
	}
	r := a.Ranges(q.steps)(drive, ir.NeuronConsts{
		Threshold: ranges[ir.NeuronThreshold], Bias: ranges[ir.NeuronBias], Reset: ranges[ir.NeuronReset], Init: ranges[ir.NeuronInit], Jump: ranges[ir.NeuronJump]})
	all := r.Membrane.Union(r.Current).Union(ranges[ir.NeuronReset])
	if a.Adapt.Kind != 0 {
		all = all.Union(r.Threshold)
	}
	most := int64(1)<<(bits-1) - 1
	if bits == 32 { // narrower membranes are shifted in 32 bits
		shift := 0
		for _, l := range a.Leaks() {
			shift = max(shift, l.Form.K)
		}
		all.Hi += int64(1) << shift
	}
	return all.Lo >= -most && all.Hi <= most
}

// wholeRange is that of numbers rounded to integers.
func wholeRange(t *ir.Tensor) ir.Range {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range t.F {
		lo, hi = min(lo, math.Floor(f)), max(hi, math.Ceil(f))
	}
	const most = 1 << 60
	return ir.Range{Lo: int64(max(lo, -most)), Hi: int64(min(hi, most))}
}

// inUnits is a real tensor in units of 2^-guard of the scale.
func inUnits(t, scale *ir.Tensor, guard int) *ir.Tensor {
	return rewrite.Zip(t, scale, func(f, s float64) float64 { return math.Ldexp(f/s, guard) })
}

// wholeThreshold rounds thresholds so that no comparison with an integer changes.
func wholeThreshold(units *ir.Tensor, c ir.Compare) *ir.Tensor {
	out := ir.NewTensor(units.Type)
	for i, u := range units.F {
		r, exact := layers.Snapped(u)
		switch {
		case exact:
			out.F[i] = r
		case c == ir.GE:
			out.F[i] = math.Ceil(u)
		default:
			out.F[i] = math.Floor(u)
		}
	}
	return out
}

// operandShape gives a neuron's constant one entry per neuron of a vector, and
// else the smallest shape with as many axes that says the same.
func operandShape(t *ir.Tensor, x ir.Shape) *ir.Tensor {
	full := layers.SpreadTo(t, x)
	if x.Rank() < 2 {
		return full
	}
	return layers.Compact(full)
}
