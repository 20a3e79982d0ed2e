package verilog

import (
	"nomul/backends"
	"nomul/ir"
	"nomul/ir/eval"
)

// Cycles is the latency of one sample in clocks, from the one that takes the
// first input element to the one in which done is high, when neither side ever
// waits. lanes is as in backends.Options. The net has passed Check, and the
// sample holds its inputs and the spikes of every step.
func Cycles(net *ir.Net, sample backends.Sample, lanes int) int {
	return newPlan(net, "", laneCount(lanes)).cycles(sample)
}

func (p *plan) cycles(sample backends.Sample) int {
	r := replay{p, sample, map[moment][]int64{}}
	total := -1 // the first input is open already
	count := func(each bool, step int) {
		for _, q := range p.Passes {
			if (q.Part == "step") == each {
				total += q.clocks(r, step)
			}
		}
	}
	for t := range p.Steps {
		count(true, t)
		r.forget(t - 1)
	}
	count(false, 0)
	return total
}

// clocks is the latency of a pass in a step.
func (q pass) clocks(r replay, step int) int {
	switch {
	case q.Scans():
		return q.Base + q.Head.Tiles*slots(q.Head.X.vector, r.value(q.Head.X.V, step))
	case q.Looks():
		return q.Base + q.Head.Conv.looks(q.Head.X, r.value(q.Head.X.V, step))
	}
	return q.Base
}

// looks is the clocks of the scans of all lists.
func (c conv) looks(x *unit, data []int64) int {
	if c.stretch != nil {
		stretched := make([]int64, len(c.stretch))
		for i, at := range c.stretch {
			stretched[i] = data[at]
		}
		data = stretched
	}
	words := make([]int, x.Tiles)
	for t := range words {
		words[t] = x.wordSlots(data, t)
	}
	total := 0
	for _, list := range c.Lists {
		for _, e := range list {
			total += words[e.Tile]
		}
	}
	return total * c.Repeat
}

// slots is the clocks of one scan of a whole vector.
func slots(v vector, data []int64) int {
	total := 0
	for t := range v.Tiles {
		total += v.wordSlots(data, t)
	}
	return total
}

// wordSlots is the clocks of the scan of one word: the ones in each bit plane,
// but at least 1, summed.
func (v vector) wordSlots(data []int64, tile int) int {
	total := 0
	for plane := range v.Bits {
		ones := 0
		for _, at := range v.Order[tile*v.Lanes : (tile+1)*v.Lanes] {
			if at >= 0 {
				ones += int(data[at] >> plane & 1)
			}
		}
		total += max(1, ones)
	}
	return total
}

// replay finds the values of a sample from its inputs, spikes and membranes.
type replay struct {
	plan   *plan
	sample backends.Sample
	seen   map[moment][]int64
}

// moment is a value in a step.
type moment struct {
	v    *ir.Value
	step int
}

// forget frees the values of a step, which are computed again if they are asked for.
func (r replay) forget(step int) {
	for at := range r.seen {
		if at.step == step && at.v.Clock == ir.Step {
			delete(r.seen, at)
		}
	}
}

// value is a value's elements in a step, in C order.
func (r replay) value(v *ir.Value, step int) []int64 {
	at := moment{v, step}
	if v.Clock == ir.Once {
		at.step = 0
	}
	if r.seen[at] == nil {
		r.seen[at] = r.compute(v, step)
	}
	return r.seen[at]
}

func (r replay) compute(v *ir.Value, step int) []int64 {
	switch v.Op {
	case ir.OpConst:
		return v.Const().I
	case ir.OpInput:
		given := r.sample.Inputs[position(r.plan.Ports.Inputs, v)]
		if v.Clock == ir.Step {
			return given[step*v.Type.Size():][:v.Type.Size()]
		}
		return given
	case ir.OpNeuron:
		at := position(r.plan.Ports.Neurons, v)
		if !v.Type.IsSpike() {
			return backends.Elements[int64](r.sample.Steps[step].Membranes[at])
		}
		return backends.Elements[int64](r.sample.Steps[step].Spikes[at])
	case ir.OpSum, ir.OpLast, ir.OpMaxTime, ir.OpFirst:
		return r.readout(v)
	case ir.OpDelay:
		if step > 0 {
			return r.value(r.plan.latches[v].Args[1], step-1)
		}
		return spreadInts(v.Args[0], v.Type.Shape)
	case ir.OpLatch:
		return r.value(v.Args[1], step)
	}
	args := make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		if a != nil {
			args[i] = &ir.Tensor{Type: a.Type, I: r.value(a, step)}
		}
	}
	out := ir.NewTensor(v.Type)
	eval.Do(v, args, out)
	return out.I
}

// spreadInts is a constant stretched to a shape.
func spreadInts(v *ir.Value, to ir.Shape) []int64 {
	index := ir.Index(v.Type.Shape, to)
	if index == nil {
		return v.Const().I
	}
	out := make([]int64, len(index))
	for i, at := range index {
		out[i] = v.Const().I[at]
	}
	return out
}

// readout is what a readout has after all steps.
func (r replay) readout(v *ir.Value) []int64 {
	if v.Op == ir.OpFirst {
		return r.first(v)
	}
	out := append([]int64(nil), r.value(v.Args[0], 0)...)
	for t := 1; t < r.plan.Steps; t++ {
		for i, x := range r.value(v.Args[0], t) {
			switch v.Op {
			case ir.OpSum:
				out[i] += x
			case ir.OpLast:
				out[i] = x
			default:
				out[i] = max(out[i], x)
			}
		}
	}
	return out
}

// first is, for each element, the step of its first spike, or the number of steps.
func (r replay) first(v *ir.Value) []int64 {
	out := make([]int64, v.Type.Size())
	for i := range out {
		t := 0
		for t < r.plan.Steps && r.value(v.Args[0], t)[i] == 0 {
			t++
		}
		out[i] = int64(t)
	}
	return out
}

func position(vs []*ir.Value, v *ir.Value) int {
	for i := range vs {
		if vs[i] == v {
			return i
		}
	}
	return -1
}
