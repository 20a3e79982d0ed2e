package goasm

import (
	"slices"

	"nomul/ir"
)

// neuronStage is one neuron layer.
type neuronStage struct {
	common
	x         *view
	attrs     ir.NeuronAttrs
	form      form // of the membrane: narrow or full
	constants constants
	membrane  string
	params    string // the field of kernel.neuron, or of kernel.layer
	threshold vectorPlan
	bias      vectorPlan
	resets    vectorPlan
	initial   vectorPlan
	// block is how many neurons the constants are for; they repeat.
	block  int
	places string // the table of places, when they are not in C order
	table  section
}

// general tells whether a neuron takes more than the loops in assembly can do.
func general(v *ir.Value) bool {
	a := v.Attrs.(ir.NeuronAttrs)
	return a.Current.Kind != 0 || a.When == ir.WhenBoth || a.Masks || a.Silent || a.Leak.Kind == ir.LeakCSD
}

// neuron runs a layer in the width of its input.
func (p *plan) neuron(v *ir.Value) {
	a := v.Attrs.(ir.NeuronAttrs)
	x := p.vector(v.Args[0])
	f := packed
	if a.Silent {
		f = full
	}
	b := p.result(v, f, x.order)
	s := &neuronStage{common: p.stage(v, b), x: x, attrs: a, form: x.form, membrane: b.name, params: p.scope.claim(b.name + "Neuron")}
	if !a.Silent {
		s.membrane = p.scope.claim(b.name + "V")
	}
	if !general(v) {
		s.constants = constantsOf(a)
	}
	s.layConstants(p, v)
	if x.order.at != nil {
		s.places, s.table = p.scope.claim(b.name+"Places"), p.table(x.order.places(b.size))
	}
	p.neurons = append(p.neurons, s)
	p.add(ir.Step, s)
}

// layConstants lays the constants out in the order of the neurons, once for all
// blocks if they repeat.
func (s *neuronStage) layConstants(p *plan, v *ir.Value) {
	integers, size := int32s, s.dst.size
	if s.form == narrow {
		integers = int16s
	}
	order := s.x.order
	thresholds, bias, reset := order.pick(limits(v, integers)), order.pick(spread(v.Arg(ir.NeuronBias), v.Type.Shape)), order.pick(s.amounts(v))
	s.block = block(size, thresholds, bias, reset)
	if general(v) {
		s.block = padded(size)
	}
	operand := func(name string, data []int64, size int, fill int64) vectorPlan {
		if data != nil {
			data = data[:min(size, len(data))]
		}
		return p.constant(s.dst.name+name, data, size, s.form, fill)
	}
	// A limit no membrane exceeds keeps the padding from firing.
	s.threshold = operand("Threshold", thresholds, s.block, integers.Hi)
	s.bias = operand("Bias", bias, s.block, 0)
	s.resets = operand("Reset", reset, s.block, 0)
	s.initial = operand("Init", order.pick(spread(v.Arg(ir.NeuronInit), v.Type.Shape)), size, 0)
}

// amounts are what the kernel takes as reset.
func (s *neuronStage) amounts(v *ir.Value) []int64 {
	if general(v) {
		return spread(v.Arg(ir.NeuronReset), v.Type.Shape)
	}
	return resets(v)
}

// What a block of neurons may have, so that its constants stay in the nearest cache.
const (
	mostBlock  = 4096
	leastBlock = 1024
)

// block is after how many neurons all constants repeat, a multiple of 64, and
// some more to make blocks worth a call; all of them if they do not repeat.
func block(size int, constants ...[]int64) int {
	if size%64 != 0 {
		return padded(size)
	}
	for n := 64; n <= min(mostBlock, size); n += 64 {
		if !slices.ContainsFunc(constants, func(c []int64) bool { return !repeats(c, n) }) {
			return min(size, max(n, leastBlock/n*n))
		}
	}
	return size
}

func repeats(data []int64, n int) bool {
	for i := n; i < len(data); i++ {
		if data[i] != data[i-n] {
			return false
		}
	}
	return true
}
