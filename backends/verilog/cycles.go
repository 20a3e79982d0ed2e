package verilog

import (
	"nomul/backends"
	"nomul/ir"
)

// Cycles is the latency of one sample in clocks, from the one that takes the
// first input element to the one in which done is high, when neither side ever
// waits. lanes is as in backends.Options. The net has passed Check, and the
// sample holds its inputs and the spikes of every step.
func Cycles(net *ir.Net, sample backends.Sample, lanes int) int {
	return newPlan(net, "", laneCount(lanes)).cycles(sample)
}

func (p *plan) cycles(sample backends.Sample) int {
	r := replay{p, sample}
	total := 0
	for _, q := range p.Passes {
		steps := 1
		if q.Part == "step" {
			steps = p.Steps
		}
		for t := range steps {
			total += q.Base
			if q.Scans() {
				total += q.Head.Tiles * slots(q.Head.X.vector, r.value(q.Head.X.V, t))
			}
		}
	}
	return total
}

// slots is the clocks of one scan: the ones in each word of each bit plane, but
// at least 1, summed.
func slots(v vector, data []int64) int {
	total := 0
	for plane := range v.Bits {
		for at := 0; at < v.N; at += v.Lanes {
			ones := 0
			for _, x := range data[at:min(at+v.Lanes, v.N)] {
				ones += int(x >> plane & 1)
			}
			total += max(1, ones)
		}
	}
	return total
}

// replay finds the values of a sample from its inputs and spikes.
type replay struct {
	plan   *plan
	sample backends.Sample
}

// value is a value's elements in a step.
func (r replay) value(v *ir.Value, step int) []int64 {
	switch v = source(v); v.Op {
	case ir.OpInput:
		return r.sample.Inputs[position(r.plan.Ports.Inputs, v)]
	case ir.OpNeuron:
		return r.sample.Steps[step].Spikes[position(r.plan.Ports.Neurons, v)]
	case ir.OpLinear:
		return r.linear(v, step)
	}
	sum := make([]int64, v.Type.Size())
	for t := range r.plan.Steps {
		for i, x := range r.value(v.Args[0], t) {
			sum[i] += x
		}
	}
	return sum
}

func (r replay) linear(v *ir.Value, step int) []int64 {
	x, w := r.value(v.Args[0], step), v.Args[1].Const().I
	y := make([]int64, v.Type.Size())
	for n := range y {
		if b := v.Args[2].Const(); b != nil {
			y[n] = b.I[n]
		}
		for k, xk := range x {
			y[n] += w[n*len(x)+k] * xk
		}
	}
	return y
}

func position(vs []*ir.Value, v *ir.Value) int {
	for i := range vs {
		if vs[i] == v {
			return i
		}
	}
	return -1
}
