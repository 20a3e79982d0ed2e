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
	s []int64 // the spikes of this step; on its beginning, those of the last
	// leak is the membrane's leak, in place; nil when there is none.
	leak func(v []T)
	// drive adds the input of this step.
	drive                 func(v []T)
	threshold, bias, init []T
	value                 []T // what the membrane becomes on a spike, if reset is zero or value
	amount                []T // what is taken from it, if reset is subtract
}

// step computes H = leak(V) + drive + bias, fires and resets. A reset that
// waits for the next step acts on the membrane around that step's leak: a new
// value before it, an amount after it.
func (n *neurons[T]) step(step int) {
	if step == 0 {
		clear(n.s)
		clear(n.v)
		addTo(n.v, n.init)
	}
	late := n.When == ir.WhenNext
	if late {
		n.set()
	}
	if n.leak != nil {
		n.leak(n.v)
	}
	if late {
		n.lower()
	}
	n.drive(n.v)
	addTo(n.v, n.bias)
	n.fire()
	if !late {
		n.set()
		n.lower()
	}
}

func (n *neurons[T]) fire() {
	tie := int64(0)
	if n.Compare == ir.GE {
		tie = 1
	}
	for i, h := range n.v {
		switch threshold := n.threshold[i]; {
		case h > threshold:
			n.s[i] = 1
		case h == threshold:
			n.s[i] = tie
		default:
			n.s[i] = 0
		}
	}
}

// set is the reset to a value, where the neuron fired.
func (n *neurons[T]) set() {
	for i, r := range n.value {
		if n.s[i] != 0 {
			n.v[i] = r
		}
	}
}

// lower is the reset by an amount, where the neuron fired.
func (n *neurons[T]) lower() {
	for i, r := range n.amount {
		if n.s[i] != 0 {
			n.v[i] -= r
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
	if a.m.net.Level == ir.Fixed {
		c.state = ir.NewTensor(v.State.Holds(v.Type.Shape))
		n := newNeurons(v, args, c.state.I, c.result.I, (*eval.View).Ints)
		n.leak, n.drive = leakInts(n.NeuronAttrs), driveInts(n.Guard, args[ir.NeuronX])
		c.run = n.step
		return
	}
	c.state = ir.NewTensor(ir.RealType(v.Type.Shape))
	n := newNeurons(v, args, c.state.F, c.result.I, (*eval.View).Reals)
	n.leak = leakReals(n.Leak, operand(v, args, ir.NeuronLeak, (*eval.View).Reals))
	n.drive = driveReals(v, args)
	c.run = n.step
}

func newNeurons[T number](v *ir.Value, args []*ir.Tensor, state []T, spikes []int64, show func(*eval.View, *ir.Tensor) []T) *neurons[T] {
	n := &neurons[T]{
		NeuronAttrs: v.Attrs.(ir.NeuronAttrs), v: state, s: spikes,
		threshold: operand(v, args, ir.NeuronThreshold, show),
		bias:      operand(v, args, ir.NeuronBias, show),
		init:      operand(v, args, ir.NeuronInit, show),
	}
	switch n.Reset {
	case ir.ResetZero:
		n.value = make([]T, len(state))
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

func leakInts(a ir.NeuronAttrs) func(v []int64) {
	if a.Leak.Kind == ir.LeakNone {
		return nil
	}
	return func(v []int64) {
		for i, m := range v {
			v[i] = ir.LeakInt(a.Leak, a.Round, m)
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

// leakReals multiplies by what remains: 0, β, 2^-k or 1 − 2^-k.
func leakReals(l ir.Leak, beta []float64) func(v []float64) {
	rest := 0.0
	switch l.Kind {
	case ir.LeakNone:
		return nil
	case ir.LeakFactor:
		return func(v []float64) {
			for i, b := range beta {
				v[i] *= b
			}
		}
	case ir.LeakShift:
		rest = math.Ldexp(1, -l.K)
	case ir.LeakDecay:
		rest = 1 - math.Ldexp(1, -l.K)
	}
	return func(v []float64) {
		for i := range v {
			v[i] *= rest
		}
	}
}

// driveReals adds gain·x. The product is rounded by itself, on every processor.
func driveReals(v *ir.Value, args []*ir.Tensor) func(v []float64) {
	x, given := eval.NewView(v.Args[ir.NeuronX], v.Type.Shape), args[ir.NeuronX]
	gain := operand(v, args, ir.NeuronGain, (*eval.View).Reals)
	if gain == nil {
		return func(v []float64) { addTo(v, x.Reals(given)) }
	}
	return func(v []float64) {
		for i, f := range x.Reals(given) {
			v[i] += float64(gain[i] * f)
		}
	}
}
