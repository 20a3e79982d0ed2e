package raise

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A layer behind delays has steps before the first one of the net: an exporter folds them, since
// nothing has come in yet, and its membrane starts from the response to its biases, and to spikes
// that the layers before it fired in such steps. That is no state which a run has left.

// silentSteps bounds the steps before the first one that are looked for.
const silentSteps = 8

// before is a value in one of the steps before the first.
type before struct {
	of  *ir.Value
	ago int // 1 is the step before the first
}

// silence follows a net through the steps in which nothing has come in yet.
type silence struct {
	latched map[*ir.Value]*ir.Value    // operand stored by each delay
	began   map[*ir.Value][]*ir.Tensor // results of a neuron in its steps before the first, in order
	known   map[before]*ir.Tensor
}

// SilentStarts lists the neurons of a net that start from the state in which steps without input
// leave them, where all begins at 0.
func SilentStarts(n *ir.Net) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	if n.Level == ir.Fixed {
		return out
	}
	s := &silence{latched: n.Latched(), began: map[*ir.Value][]*ir.Tensor{}, known: map[before]*ir.Tensor{}}
	for _, v := range n.All(ir.OpNeuron) {
		if v.Arg(ir.NeuronInit).Const() != nil && s.explains(v) {
			out[v] = true
		}
	}
	return out
}

// explains looks for a number of steps that lead a neuron from 0 to its initial membrane.
func (s *silence) explains(v *ir.Value) bool {
	if a := v.Attrs.(ir.NeuronAttrs); !followed(a) {
		return false
	}
	for steps := 1; steps <= silentSteps; steps++ {
		if len(s.latched) > 0 {
			clear(s.known)
		}
		s.began[v] = make([]*ir.Tensor, steps)
		if left := s.run(v); left == nil {
			break
		} else if rememberSpikes(v) && slices.ContainsFunc(s.began[v], anySpike) {
			break
		} else if sameStart(left, v.Arg(ir.NeuronInit).Const().F) {
			return true
		}
	}
	delete(s.began, v)
	return false
}

// rememberSpikes reports whether a neuron has a state that only its spikes change: a rest, or the growth
// of its threshold. Without a spike it has none.
func rememberSpikes(v *ir.Value) bool {
	a := v.Attrs.(ir.NeuronAttrs)
	return a.Adapt.Kind != 0 || a.Refractory.Kind != 0
}

// anySpike reports whether spikes of a step are not all 0.
func anySpike(t *ir.Tensor) bool {
	return slices.ContainsFunc(t.I, func(i int64) bool { return i != 0 })
}

// followed reports whether a neuron has no state beside its membrane but those of its spikes, and
// resets where it fires or in the next step.
func followed(a ir.NeuronAttrs) bool {
	plain := a.Current.Kind == 0 && a.When != ir.WhenBoth
	return plain && (a.Leak.Kind == ir.LeakNone || a.Leak.Kind == ir.LeakAll || a.Leak.Kind == ir.LeakFactor)
}

// sameStart compares initial membranes but for the order of float32 operations, which changes each
// by a part of the largest.
func sameStart(left, init []float64) bool {
	most := 0.0
	for _, f := range init {
		most = max(most, math.Abs(f))
	}
	for i, f := range left {
		if math.Abs(f-init[i%len(init)]) > canonical.RoundedAs*most {
			return false
		}
	}
	return len(left)%len(init) == 0
}

// run takes a neuron from 0 through its steps before the first, and returns the membranes that are
// left; nil when something comes in.
func (s *silence) run(v *ir.Value) []float64 {
	n, results := silentNeuronOf(v), s.began[v]
	for step := range results {
		x := s.at(v.Args[ir.NeuronX], len(results)-step)
		if x == nil {
			return nil
		}
		n.step(rewrite.Stretched(canonical.Combine(x, rewrite.Scalar(1), canonical.Product), v.Type.Shape))
		results[step] = ir.NewTensor(v.Type)
		for i, fired := range n.fired {
			switch {
			case n.Silent:
				results[step].F[i] = n.left[i]
			case fired:
				results[step].I[i] = 1
			}
		}
	}
	return n.left
}

// silentNeuron is a layer in steps where nothing has come in; its operands have one entry for each
// neuron.
type silentNeuron struct {
	ir.NeuronAttrs
	leak, gain, bias, threshold, reset []float64
	left                               []float64 // membranes, from 0
	fired                              []bool
}

func silentNeuronOf(v *ir.Value) *silentNeuron {
	size := v.Type.Size()
	operand := func(slot int, absent float64) []float64 {
		if t := v.Arg(slot).Const(); t != nil {
			return rewrite.Stretched(t, v.Type.Shape)
		}
		return slices.Repeat([]float64{absent}, size)
	}
	n := &silentNeuron{NeuronAttrs: v.Attrs.(ir.NeuronAttrs), leak: operand(ir.NeuronLeak, 1), gain: operand(ir.NeuronGain, 1),
		bias: operand(ir.NeuronBias, 0), threshold: operand(ir.NeuronThreshold, 0), reset: operand(ir.NeuronReset, 0),
		left: make([]float64, size), fired: make([]bool, size)}
	if n.Leak.Kind == ir.LeakAll {
		clear(n.leak)
	}
	return n
}

// step computes the membranes and spikes of one step from those before; see ir.NeuronAttrs.
func (n *silentNeuron) step(in []float64) {
	for i, v := range n.left {
		waits, late := n.fired[i] && n.When == ir.WhenNext, n.Masks || n.Reset == ir.ResetSubtract
		if waits && !late {
			v = n.after(v, i)
		}
		h := n.leak[i]*v + n.gain[i]*in[i] + n.bias[i]
		if waits && late {
			h = n.after(h, i)
		}
		n.fired[i] = n.Fires() && (h > n.threshold[i] || h == n.threshold[i] && n.Compare == ir.GE)
		if n.fired[i] && n.When == ir.WhenFire {
			h = n.after(h, i)
		}
		n.left[i] = h
	}
}

// after is a membrane behind its reset.
func (n *silentNeuron) after(v float64, i int) float64 {
	switch n.Reset {
	case ir.ResetZero:
		return 0
	case ir.ResetValue:
		return n.reset[i]
	case ir.ResetSubtract:
		return v - n.reset[i]
	}
	return v
}

// at is a value in a step before the first; nil when it depends on the input.
func (s *silence) at(v *ir.Value, ago int) *ir.Tensor {
	if c := v.Const(); c != nil {
		return c
	}
	m := before{v, ago}
	if t, ok := s.known[m]; ok {
		return t
	}
	t := s.compute(v, ago)
	s.known[m] = t
	return t
}

func (s *silence) compute(v *ir.Value, ago int) *ir.Tensor {
	switch steps := s.began[v]; {
	case v.Op == ir.OpNeuron && ago <= len(steps):
		return steps[len(steps)-ago]
	case v.Op == ir.OpNeuron:
		return ir.NewTensor(v.Type)
	case v.Op == ir.OpDelay && s.latched[v] != nil:
		init := v.Args[0].Const()
		if init == nil || !canonical.All(init, 0) || ago > silentSteps+len(s.latched) { // a state that is no neuron's has no first step
			return nil
		}
		return s.at(s.latched[v], ago+1)
	case !eval.Has(v.Op):
		return nil
	}
	args := make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		if a == nil {
			continue
		}
		if args[i] = s.at(a, ago); args[i] == nil {
			return nil
		}
	}
	out := ir.NewTensor(v.Type)
	eval.Do(v, args, out)
	return out
}
