package interp

import (
	"math"

	"nomul/ir"
	"nomul/ir/eval"
)

type number interface{ int64 | float64 }

// neurons is a layer of integrate-and-fire neurons in one arithmetic, integers
// at the fixed level and reals before it; see ir.NeuronAttrs for the equations.
// Operands have one entry per neuron and are nil when absent.
type neurons[T number] struct {
	ir.NeuronAttrs
	v []T     // the stored membrane
	i []T     // the current; nil when there is none
	s []int64 // the spikes of this step; on its beginning, those of the last
	r []int64 // with when=both, where the stored membrane was above the threshold
	// rest has the steps of a refractory period that are left, and held the membranes that
	// it holds, as they were or after their leak; nil when there is none.
	rest, held []T
	// leak and decay are the leaks of membrane and current, in place; nil for none.
	leak, decay func(v []T)
	// drive adds the input of this step, with its gain; unless order=after, where
	// the gain, nil for 1, is of the current.
	drive                 func(v []T)
	gain                  []T
	threshold, bias, init []T
	// grown is the threshold's growth, which adapt leaks in place, and a spike raises by jump;
	// nil when the threshold is constant.
	grown, jump []T
	adapt       func(v []T)
	value       []T // of the membrane after a spike, if reset is value
	amount      []T // subtracted by a spike, if reset is subtract
}

// step computes H = leak(V) + drive + bias, fires and resets. A reset that
// waits for the next step acts on the membrane around that step's leak: a new
// value before it, an amount after it; or, if it masks, on the sum.
func (n *neurons[T]) step(step int) {
	if step == 0 {
		clear(n.s)
		clear(n.v)
		clear(n.i)
		clear(n.rest)
		clear(n.grown)
		addTo(n.v, n.init)
	}
	hold := n.Refractory.Kind == ir.RestHold
	if hold {
		copy(n.held, n.v)
	}
	n.begin()
	if n.Refractory.Kind.DropsDrive() {
		copy(n.held, n.v)
	}
	n.receive()
	addTo(n.v, n.bias)
	if hold || n.Refractory.Kind.DropsDrive() {
		n.pause()
	}
	if n.Masks {
		n.set(n.v)
	}
	if !n.Fires() {
		return
	}
	n.fire(n.s)
	n.count()
	n.end()
	if n.adapt != nil {
		n.adapt(n.grown)
	}
	for j, by := range n.jump {
		n.grown[j] += T(n.s[j]) * by
	}
}

// pause restores the membranes of neurons that rest.
func (n *neurons[T]) pause() {
	for j, left := range n.rest {
		if left > 0 {
			n.v[j] = n.held[j]
		}
	}
}

// count drops the spikes of neurons that rest, and counts the steps that they do.
func (n *neurons[T]) count() {
	for j, left := range n.rest {
		if left > 0 && n.Refractory.Kind.DropsSpike() {
			n.s[j] = 0
		}
		n.rest[j] = max(left-1, 0)
		if n.s[j] != 0 {
			n.rest[j] = T(n.Refractory.Steps)
		}
	}
}

// begin leaks the membranes, and applies a waiting reset before or after.
func (n *neurons[T]) begin() {
	late := n.When == ir.WhenNext
	if late && !n.Masks {
		n.set(n.v)
	}
	if n.When == ir.WhenBoth {
		n.fire(n.r)
	}
	if n.leak != nil {
		n.leak(n.v)
	}
	if late {
		n.lower(n.s)
	}
	n.lower(n.r)
}

// receive adds the input, or the current that it feeds.
func (n *neurons[T]) receive() {
	if n.i == nil {
		n.drive(n.v)
		return
	}
	if n.Order == ir.OrderLate {
		addTo(n.v, n.i)
	}
	if n.Order != ir.OrderAfter && n.decay != nil {
		n.decay(n.i)
	}
	n.drive(n.i)
	if n.MasksCurrent {
		n.set(n.i)
	}
	if n.Order == ir.OrderLate {
		return
	}
	if n.gain == nil {
		addTo(n.v, n.i)
	}
	for j, g := range n.gain {
		n.v[j] += T(g * n.i[j])
	}
	if n.Order == ir.OrderAfter && n.decay != nil {
		n.decay(n.i)
	}
}

// end is the reset that acts on firing. A membrane that was above the threshold
// at the beginning of the step has had its reset by then: it is not taken
// twice, and given back when this step did not fire.
func (n *neurons[T]) end() {
	switch n.When {
	case ir.WhenFire:
		n.set(n.v)
		n.lower(n.s)
	case ir.WhenBoth:
		for j, a := range n.amount {
			n.v[j] -= T(n.s[j]-n.r[j]) * a
		}
	}
}

// fire tells in spikes where the membrane has reached the threshold.
func (n *neurons[T]) fire(spikes []int64) {
	tie := int64(0)
	if n.Compare == ir.GE {
		tie = 1
	}
	for i, h := range n.v {
		threshold := n.threshold[i]
		if n.grown != nil {
			threshold += n.grown[i]
		}
		switch {
		case h > threshold:
			spikes[i] = 1
		case h == threshold:
			spikes[i] = tie
		default:
			spikes[i] = 0
		}
	}
}

// set is the reset of a membrane, or of a current, to a value, where the neuron fired.
func (n *neurons[T]) set(v []T) {
	if n.Reset == ir.ResetZero {
		for i := range v {
			if n.s[i] != 0 {
				v[i] = 0
			}
		}
	}
	for i, r := range n.value {
		if n.s[i] != 0 {
			v[i] = r
		}
	}
}

// lower is the reset by an amount, where the neuron fired.
func (n *neurons[T]) lower(fired []int64) {
	for i, s := range fired {
		if s != 0 && n.amount != nil {
			n.v[i] -= n.amount[i]
			if n.AdaptReset {
				n.v[i] -= n.grown[i]
			}
		}
	}
}

// addTo adds x to acc; nothing when x is absent.
func addTo[T number](acc, x []T) {
	for i, f := range x {
		acc[i] += f
	}
}

func (a *assembly) neuron(v *ir.Value, args []*ir.Tensor, c *cell) {
	fixed := a.m.net.Level == ir.Fixed
	for range v.StateVars() {
		t := ir.RealType(v.Type.Shape)
		if fixed {
			t = ir.SintType(64, v.Type.Shape)
		}
		c.states = append(c.states, ir.NewTensor(t))
	}
	if fixed {
		n := newNeurons(v, args, c, (*eval.View).Ints, func(t *ir.Tensor) []int64 { return t.I })
		n.leak, n.decay = leakInts(n.Leak, n.Round), leakInts(n.Current, n.Round)
		n.adapt = leakInts(n.Adapt, n.AdaptRound())
		n.drive = driveInts(n.Guard, args[ir.NeuronX])
		c.run = n.step
		if n.Silent {
			c.run = func(step int) { n.step(step); copy(c.result.I, n.v) }
		}
		return
	}
	n := newNeurons(v, args, c, (*eval.View).Reals, func(t *ir.Tensor) []float64 { return t.F })
	n.leak = leakReals(n.Leak, operand(v, args, ir.NeuronLeak, (*eval.View).Reals))
	n.decay = leakReals(n.Current, operand(v, args, ir.NeuronCurrent, (*eval.View).Reals))
	n.adapt = leakReals(n.Adapt, operand(v, args, ir.NeuronAdapt, (*eval.View).Reals))
	gain := operand(v, args, ir.NeuronGain, (*eval.View).Reals)
	if n.Order == ir.OrderAfter {
		n.gain, gain = gain, nil
	}
	n.drive = driveReals(v, args, gain)
	c.run = n.step
	if n.Silent {
		c.run = func(step int) { n.step(step); copy(c.result.F, n.v) }
	}
}

// Fired are the spikes in a neuron's result of a step, or the whole number that each neuron hands on; none when it is
// silent, for its result is the membrane then. The slice is overwritten by the next step.
func Fired(v *ir.Value, result *ir.Tensor) []int64 {
	if v.IsWord() {
		return result.I
	}
	return Spikes(v, result)
}

// Spikes are those that engines trace: of 0 and 1. The slice is overwritten by the next step.
func Spikes(v *ir.Value, result *ir.Tensor) []int64 {
	if !v.Type.IsSpike() {
		return make([]int64, v.Type.Size())
	}
	return result.I
}

// States are the integers of a neuron's state variables.
func States(states []*ir.Tensor) [][]int64 {
	var out [][]int64
	for _, t := range states {
		out = append(out, t.I)
	}
	return out
}

func newNeurons[T number](v *ir.Value, args []*ir.Tensor, c *cell, show func(*eval.View, *ir.Tensor) []T, data func(*ir.Tensor) []T) *neurons[T] {
	n := &neurons[T]{
		NeuronAttrs: v.Attrs.(ir.NeuronAttrs), s: c.result.I,
		threshold: operand(v, args, ir.NeuronThreshold, show),
		bias:      operand(v, args, ir.NeuronBias, show),
		init:      operand(v, args, ir.NeuronInit, show),
	}
	memory := map[string]*[]T{ir.MembraneVar: &n.v, ir.CurrentVar: &n.i, ir.GrowthVar: &n.grown, ir.RestVar: &n.rest}
	for i, name := range v.StateVars() {
		*memory[name] = data(c.states[i])
	}
	if n.Silent {
		n.s = make([]int64, len(n.v))
	}
	if n.When == ir.WhenBoth {
		n.r = make([]int64, len(n.v))
	}
	if n.rest != nil {
		n.held = make([]T, len(n.v))
	}
	n.jump = operand(v, args, ir.NeuronJump, show)
	switch n.Reset {
	case ir.ResetValue:
		n.value = operand(v, args, ir.NeuronReset, show)
	case ir.ResetSubtract:
		n.amount = operand(v, args, ir.NeuronReset, show)
	}
	return n
}

// operand is a constant operand with one entry per neuron, or nil.
func operand[T number](v *ir.Value, args []*ir.Tensor, slot int, show func(*eval.View, *ir.Tensor) []T) []T {
	if args[slot] == nil {
		return nil
	}
	return show(eval.NewView(v.Args[slot], v.Type.Shape), args[slot])
}

func leakInts(l ir.Leak, round ir.Round) func(v []int64) {
	if l.Kind == 0 || l.Kind == ir.LeakNone {
		return nil
	}
	return func(v []int64) {
		for i, m := range v {
			v[i] = ir.LeakInt(l, round, m)
		}
	}
}

func driveInts(guard int, x *ir.Tensor) func(v []int64) {
	return func(v []int64) {
		for i, n := range x.I {
			v[i] += n << guard
		}
	}
}

// leakReals multiplies by the share that remains: 0, β, 2^-k, 1 − 2^-k, or n·2^-k where there is
// no β that it stands for.
func leakReals(l ir.Leak, beta []float64) func(v []float64) {
	rest := 0.0
	if beta != nil {
		return func(v []float64) {
			for i, b := range beta {
				v[i] *= b
			}
		}
	}
	switch l.Kind {
	case 0, ir.LeakNone:
		return nil
	case ir.LeakShift:
		rest = math.Ldexp(1, -l.K)
	case ir.LeakDecay:
		rest = 1 - math.Ldexp(1, -l.K)
	case ir.LeakCSD:
		rest = math.Ldexp(float64(l.N), -l.K)
	}
	return func(v []float64) {
		for i := range v {
			v[i] *= rest
		}
	}
}

// driveReals adds gain·x. The product is rounded by itself, on every processor.
func driveReals(v *ir.Value, args []*ir.Tensor, gain []float64) func(v []float64) {
	x, given := eval.NewView(v.Args[ir.NeuronX], v.Type.Shape), args[ir.NeuronX]
	if gain == nil {
		return func(v []float64) { addTo(v, x.Reals(given)) }
	}
	return func(v []float64) {
		for i, f := range x.Reals(given) {
			v[i] += float64(gain[i] * f)
		}
	}
}
