package goasm

import "nomul/ir"

// neuronStage is one neuron layer.
type neuronStage struct {
	common
	x         *buffer
	form      form // of the membrane: narrow or full
	next      bool // the reset acts in the next step
	constants constants
	membrane  string
	params    string // the field of kernel.neuron
	threshold vectorPlan
	bias      vectorPlan
	resets    vectorPlan
	initial   vectorPlan
}

// neuron runs a layer in the width of its input.
func (p *plan) neuron(v *ir.Value) {
	a := v.Attrs.(ir.NeuronAttrs)
	x := p.vector(v.Args[0])
	b := p.buffer(v, v.Name, packed)
	integers := int32s
	if x.form == narrow {
		integers = int16s
	}
	s := &neuronStage{
		common: p.stage(v, b), x: x, form: x.form, next: a.When == ir.WhenNext,
		constants: constantsOf(a),
		membrane:  p.scope.claim(b.name + "V"),
		params:    p.scope.claim(b.name + "Neuron"),
	}
	operand := func(name string, data []int64, fill int64) vectorPlan {
		return p.constant(b.name+name, data, b.size, x.form, fill)
	}
	// A limit no membrane exceeds keeps the padding from firing.
	s.threshold = operand("Threshold", limits(v, integers), integers.Hi)
	s.bias = operand("Bias", spread(v.Arg(ir.NeuronBias), v.Type.Shape), 0)
	s.resets = operand("Reset", resets(v), 0)
	s.initial = operand("Init", spread(v.Arg(ir.NeuronInit), v.Type.Shape), 0)
	p.neurons = append(p.neurons, s)
	p.add(ir.Step, s)
}
