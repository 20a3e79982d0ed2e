package goasm

import (
	"nomul/backends"
	"nomul/ir"
)

// trace prints the file that shows a model at work: its layers, its stages, and one
// sample in the stream format.
func (p *plan) trace() []byte {
	out := &printer{}
	out.f("package %s\n\nimport \"fmt\"\n", p.pkg)
	p.layers(out)
	p.stageList(out)
	p.streamCode(out)
	return []byte(generated + string(out.source()))
}

func (p *plan) layers(out *printer) {
	out.f("// Layer is a layer of neurons. States are its state variables, the membrane first.\ntype Layer struct {\nName string\nNeurons int\nMembraneBits int\nStates []string\n}\n")
	out.f("// Layers lists the layers of neurons in the order of the network.")
	out.f("func Layers() []Layer {\nreturn []Layer{")
	for _, s := range p.neurons {
		out.f("{Name: %q, Neurons: %d, MembraneBits: %d, States: %#v},", s.name, s.dst.size, s.bits, s.names)
	}
	out.f("}\n}\n")
}

// stageList prints the parts of an inference, in the order they run.
func (p *plan) stageList(out *printer) {
	out.f("func (m *Model) stages() []stage {\nreturn []stage{")
	for _, c := range clocks {
		for _, s := range p.stages[c.clock] {
			out.f("{%q, %s, m.%s},", s.dst.name, c.when, s.method)
		}
	}
	out.f("}\n}\n")
}

// streamCode prints the stream's one sample.
func (p *plan) streamCode(out *printer) {
	in := 0
	for _, b := range p.inputs {
		in += b.size * max(1, b.steps) * backends.Width(b.of.Type)
	}
	out.f("// InputBytes is the size of one sample in the stream format.\nconst InputBytes = %d\n", in)
	out.f("// InferStream runs one sample of InputBytes bytes: the inputs' elements in C\n// order, little-endian. It appends, when tracing, for each step and layer the\n// spikes, one byte each, and the state variables after the step, four bytes each; and\n// then the outputs, four bytes each. A sample of another length is an error, and\n// nothing is run.")
	out.f("func (m *Model) InferStream(out, in []byte, trace bool) ([]byte, error) {")
	out.f("if len(in) != InputBytes {\nreturn out, fmt.Errorf(\"the sample has %%d bytes, wanted %%d\", len(in), InputBytes)\n}")
	p.loadStream(out)
	out.f("m.Reset()")
	for _, s := range p.stages[ir.Once] {
		out.f("m.%s()", s.method)
	}
	out.f("if trace {\nfor range Steps {\nm.Step()\nout = m.AppendTrace(out)\n}\n} else {\nm.runSteps()\n}\nm.Finish()")
	out.f("return m.appendOutputs(out), nil\n}\n")
	out.f("func (m *Model) appendOutputs(out []byte) []byte {")
	for _, b := range p.outputs {
		out.f("out = append32(out, m.%s[:])", b.name)
	}
	out.f("return out\n}\n")
	out.f("// AppendTrace appends the state of every layer after a step: its spikes, one byte each, and its\n// state variables, the membranes first, four bytes each, little-endian.")
	out.f("func (m *Model) AppendTrace(out []byte) []byte {")
	for _, s := range p.neurons {
		s.trace(out)
	}
	out.f("return out\n}")
}

// trace prints a layer's spikes, 0 of a silent one, and its state variables.
func (s neuron) trace(out *printer) {
	switch {
	case s.silent:
		out.f("out = append(out, make([]byte, %d)...)", s.dst.size)
	case s.places != "":
		out.f("out = appendSpikesAt(out, m.%s, %s)", s.dst.name, s.places)
	default:
		out.f("out = appendSpikes(out, m.%s, %d)", s.dst.name, s.dst.size)
	}
	for _, state := range s.states {
		if s.places != "" {
			out.f("out = append32At(out, m.%s, %s)", state, s.places)
		} else {
			out.f("out = append32(out, m.%s[:%d])", state, s.dst.size)
		}
	}
}

// loadStream prints the reading of the inputs.
func (p *plan) loadStream(out *printer) {
	for _, b := range p.inputs {
		if b.elem == "uint8" {
			out.f("in = in[copy(m.%s[:], in):]", b.name)
		} else {
			out.f("in = read%d(m.%s[:], in)", 8*backends.Width(b.of.Type), b.name)
		}
	}
}

// randomInputs prints the random inputs of the emitted tests.
func (p *plan) randomInputs() []byte {
	out := &printer{}
	out.f("package %s\n\nimport \"math/rand\"\n", p.pkg)
	out.f("// randomSample draws a sample in which at least so many elements in a hundred are 0.")
	out.f("func randomSample(r *rand.Rand, zeros int) []byte {\nvar b []byte")
	for _, b := range p.inputs {
		r := b.of.Range
		out.f("\n// %s", b.text)
		out.f("b = appendRandom(b, r, zeros, %d, %d, %d, %d)", b.size*max(1, b.steps), backends.Width(b.of.Type), r.Lo, r.Hi)
	}
	out.f("return b\n}")
	return []byte(generated + string(out.source()))
}
