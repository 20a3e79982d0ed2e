package integers

import (
	"math"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// quiet holds the values of a net in a step in which no neuron and no input has a
// spike, and every pixel stands for 0; nil where that differs from step to step, as
// behind a membrane, and where no pixel stands for 0.
type quiet struct {
	known map[*ir.Value]*ir.Tensor
	// computed are those that take memory of their own, the oldest first, and held is
	// the number of their elements.
	computed []*ir.Value
	held     int
}

// quietRoom bounds the elements that are held; those left out are computed again.
const quietRoom = 1 << 22

func (s *quiet) of(v *ir.Value) *ir.Tensor {
	if v == nil {
		return nil
	}
	if t, ok := s.known[v]; ok {
		return t
	}
	t := s.find(v)
	s.known[v] = t
	if t != nil && t != v.Const() {
		s.hold(v, t)
	}
	return t
}

// hold lets go of the oldest values where there are too many elements.
func (s *quiet) hold(v *ir.Value, t *ir.Tensor) {
	s.computed, s.held = append(s.computed, v), s.held+t.Type.Size()
	for s.held > quietRoom && len(s.computed) > 1 {
		oldest := s.computed[0]
		s.held -= s.known[oldest].Type.Size()
		delete(s.known, oldest)
		s.computed = s.computed[1:]
	}
}

func (s *quiet) find(v *ir.Value) *ir.Tensor {
	switch {
	case v.Op == ir.OpConst:
		return v.Const()
	case v.Type.IsSpike() && (v.IsNeuron() || v.Op == ir.OpInput || v.Op == ir.OpDelay):
		return ir.NewTensor(v.Type)
	case v.Op == ir.OpInput:
		return absentWords(v)
	case v.Op == ir.OpOutput || !eval.Has(v.Op):
		return nil
	}
	args := make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		if args[i] = s.of(a); a != nil && args[i] == nil {
			return nil
		}
	}
	out := ir.NewTensor(v.Type)
	eval.Do(v, args, out)
	return out
}

// alone is one neuron with the same input in every step, in real numbers or in integers.
type alone[T int64 | float64] struct {
	ir.NeuronAttrs
	leak, decay, adapt            func(T) T
	input, threshold, bias, reset T

	v, i  T // the membrane and the current, behind the last step
	fired bool
	rest  int // the steps of rest that are left
	// grown is the growth of the threshold, by a jump in each spike.
	jump, grown T
}

// next reports whether it fires in the next step; see ir.NeuronAttrs for the equations.
func (n *alone[T]) next() bool {
	value := n.reset // the membrane behind a reset
	if n.Reset == ir.ResetZero {
		value = 0
	}
	sets, takes := n.Reset == ir.ResetZero || n.Reset == ir.ResetValue, n.Reset == ir.ResetSubtract
	v, late := n.v, n.fired && n.When == ir.WhenNext
	again, amount := n.When == ir.WhenBoth && n.above(v), n.reset
	if n.AdaptReset {
		amount += n.grown
	}
	if late && sets && !n.Masks {
		v = value
	}
	if v = n.leak(v); late && takes || again {
		v -= amount
	}
	var drive T
	drive, n.i = n.drive(n.i, late && n.MasksCurrent)
	switch {
	case n.rest > 0 && n.Refractory.Kind == ir.RestHold:
		v = n.v
	case n.rest == 0 || !n.Refractory.Kind.DropsDrive():
		v += drive + n.bias
	}
	if late && n.Masks {
		v = value
	}
	n.fired = n.above(v) && (n.rest == 0 || !n.Refractory.Kind.DropsSpike())
	if n.rest = max(n.rest-1, 0); n.fired {
		n.rest = n.Refractory.Steps
	}
	switch {
	case n.When == ir.WhenFire && n.fired && sets:
		v = value
	case n.When == ir.WhenFire && n.fired && takes, n.When == ir.WhenBoth && n.fired && !again:
		v -= amount
	case n.When == ir.WhenBoth && again && !n.fired:
		v += amount
	}
	n.v = v
	if n.grown = n.adapt(n.grown); n.fired {
		n.grown += n.jump
	}
	return n.fired
}

// drive returns the input of the membrane in a step, and the current kept for the next.
func (n *alone[T]) drive(i T, killed bool) (drive, next T) {
	if n.Current.Kind == 0 {
		return n.input, i
	}
	old := i
	if n.Order != ir.OrderAfter {
		i = n.decay(i)
	}
	if i += n.input; killed {
		i = 0
	}
	switch n.Order {
	case ir.OrderLate:
		return old, i
	case ir.OrderAfter:
		return i, n.decay(i)
	}
	return i, i
}

func (n *alone[T]) above(v T) bool {
	threshold := n.threshold + n.grown
	return v > threshold || v == threshold && n.Compare == ir.GE
}

func leakReal(rest float64) func(float64) float64 {
	return func(v float64) float64 { return v * rest }
}

func leakInteger(l ir.Leak, round ir.Round) func(int64) int64 {
	return func(v int64) int64 { return ir.LeakInt(l, round, v) }
}

// silenceSteps bounds how far a neuron without input is followed.
const silenceSteps = 1 << 10

// lone is one neuron's constants, by slot; its input is that of silence.
type lone [ir.NeuronLeak]float64

// twins is the leaks of neurons of one layer, in real numbers and on integers.
type twins struct {
	attrs           ir.NeuronAttrs
	steps           int
	leak, decay     func(float64) float64
	whole, decayInt func(int64) int64
	adapt           func(float64) float64
	adaptInt        func(int64) int64
}

func twinsOf(v *ir.Value, a ir.NeuronAttrs, steps int) twins {
	by := realLeaks(v)
	return twins{a, min(steps, silenceSteps), leakReal(by.Membrane), leakReal(by.Current),
		leakInteger(a.Leak, a.Round), leakInteger(a.Current, a.Round), leakReal(by.Growth), leakInteger(a.Adapt, a.AdaptRound())}
}

// agrees reports whether a neuron fires on integers in the steps in which it does in
// real numbers when no spike reaches it.
func (p *twins) agrees(real, fixed lone) bool {
	r := alone[float64]{NeuronAttrs: p.attrs, leak: p.leak, decay: p.decay, adapt: p.adapt, jump: real[ir.NeuronJump], input: real[ir.NeuronX],
		threshold: real[ir.NeuronThreshold], bias: real[ir.NeuronBias], reset: real[ir.NeuronReset], v: real[ir.NeuronInit]}
	n := alone[int64]{NeuronAttrs: p.attrs, leak: p.whole, decay: p.decayInt, adapt: p.adaptInt, jump: int64(fixed[ir.NeuronJump]), input: int64(fixed[ir.NeuronX]),
		threshold: int64(fixed[ir.NeuronThreshold]), bias: int64(fixed[ir.NeuronBias]), reset: int64(fixed[ir.NeuronReset]), v: int64(fixed[ir.NeuronInit])}
	for range p.steps {
		if r.next() != n.next() {
			return false
		}
	}
	return true
}

// move is added to the bias of a neuron so that it fires in the same steps as in real numbers; ok
// is false where no bias nearby does.
func (p *twins) move(real, fixed lone) (by float64, ok bool) {
	for _, by := range []float64{0, -1, 1, -2, 2} {
		if p.agrees(real, fixed.with(by)) {
			return by, true
		}
	}
	return 0, false
}

// calmed are the units that the biases of neurons are moved by, so that without any
// spike, the most frequent input, each fires when it does in real numbers: biases and
// thresholds that nearly meet are rounded to either side. It is nil where nothing has
// to be moved. awake is how many fire otherwise even so.
func (q *quantiser) calmed(v *ir.Value, a ir.NeuronAttrs, units [ir.NeuronLeak]*ir.Tensor) (moved *ir.Tensor, awake int) {
	real, fixed, shape, ok := q.silence(v, a, units)
	if !ok {
		return nil, 0
	}
	changing := rewrite.Stretched(q.changing(v.Args[ir.NeuronX]), shape)
	neurons := twinsOf(v, a, q.steps)
	moves := ir.NewTensor(ir.RealType(shape))
	by, calm := 0.0, true
	for i := range real {
		if changing[i] != 0 {
			continue
		}
		if i == 0 || changing[i-1] != 0 || real[i] != real[i-1] || fixed[i] != fixed[i-1] {
			by, calm = neurons.move(real[i], fixed[i])
		}
		if !calm {
			awake++
		}
		if by != 0 {
			moves.F[i], moved = by, moves
		}
	}
	return moved, awake
}

func (e lone) with(bias float64) lone {
	e[ir.NeuronBias] += bias
	return e
}

// silence gathers the constants of a layer's neurons and their input without spikes,
// real and in units of the membrane, for each entry of a shape in which they differ.
func (q *quantiser) silence(v *ir.Value, a ir.NeuronAttrs, units [ir.NeuronLeak]*ir.Tensor) (real, fixed []lone, shape ir.Shape, ok bool) {
	x := v.Args[ir.NeuronX]
	drive, counted := q.quietInput(x)
	if !a.Fires() || drive == nil || counted == nil {
		return nil, nil, shape, false
	}
	var reals [ir.NeuronLeak]*ir.Tensor
	for slot := ir.NeuronThreshold; slot < ir.NeuronLeak; slot++ {
		reals[slot] = v.Args[slot].Const()
	}
	reals[ir.NeuronX] = layers.Compact(ir.Reals(x.Type.Shape, contents(drive)))
	units[ir.NeuronX] = layers.Compact(ir.Reals(x.Type.Shape, contents(counted)))
	units[ir.NeuronX] = layers.Times(units[ir.NeuronX], layers.Constant(math.Ldexp(1, a.Guard), ir.Shape{}))
	if off := q.offsets[x]; off != nil && a.Current.Kind != 0 {
		units[ir.NeuronX] = layers.Plus(units[ir.NeuronX], roundedAll(inUnits(off, scaleOf(x), a.Guard)))
	}
	shape = q.changing(x).Type.Shape
	for slot := range reals {
		for _, t := range []*ir.Tensor{reals[slot], units[slot]} {
			if t != nil {
				shape, _ = ir.Broadcast(shape, t.Type.Shape)
			}
		}
	}
	real, fixed = make([]lone, shape.Size()), make([]lone, shape.Size())
	for slot := range reals {
		spreadEntries(real, slot, reals[slot], shape)
		if units[slot] != nil {
			spreadEntries(fixed, slot, roundedAll(units[slot]), shape)
		}
	}
	return real, fixed, shape, true
}

func spreadEntries(entries []lone, slot int, t *ir.Tensor, shape ir.Shape) {
	if t == nil {
		return
	}
	for i, f := range rewrite.Stretched(t, shape) {
		entries[i][slot] = f
	}
}

func roundedAll(t *ir.Tensor) *ir.Tensor {
	return rewrite.Zip(t, layers.Constant(0, ir.Shape{}), func(f, _ float64) float64 { return math.Round(f) })
}

// contents are a tensor's numbers, real or integer.
func contents(t *ir.Tensor) []float64 {
	out := make([]float64, t.Type.Size())
	for i := range out {
		out[i] = t.At(i)
	}
	return out
}
