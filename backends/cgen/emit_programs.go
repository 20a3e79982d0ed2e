package cgen

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// emitPorts prints ports.h: memory for the inputs and outputs of one sample, and
// how a sample's bytes get there.
func emitPorts(p *plan) []byte {
	b := newPrinter(p)
	b.line("/* The inputs and outputs of one sample, for the programs around the model. */")
	b.line("#ifndef @@_PORTS_H\n#define @@_PORTS_H\n\n#include \"@.h\"\n")
	size := 0
	for _, v := range p.ports.Inputs {
		e, n, steps := elemOf(v.Type), v.Type.Size(), p.steps(v)
		size += steps * n * backends.Width(v.Type)
		b.line("static %s in_%s[%d];", e.c(), p.ident[v.Name], steps*e.length(n))
	}
	for _, v := range p.ports.Outputs {
		b.line("static int32_t out_%s[%d];", p.ident[v.Name], v.Type.Size())
	}
	b.line("\n#define PORTS_IN %d /* bytes of one sample */", size)
	b.line("\n/* Fills the inputs with the elements in C order, little-endian. From is volatile, or")
	b.line(" * compilers find where a step begins by a multiplication. */")
	b.line("static void ports_load(const unsigned char *volatile from)\n{\n\tuint32_t i;\n")
	for _, v := range p.ports.Inputs {
		b.load(v)
	}
	b.line("}\n\nstatic void ports_start(@_state *st)\n{\n\t@_start(st%s);\n}", p.list(p.ports.Inputs, "in_"))
	b.line("\nstatic void ports_finish(@_state *st)\n{\n\t@_finish(st%s);\n}\n\n#endif", p.list(p.ports.Outputs, "out_"))
	return b.Bytes()
}

// steps is how many times an input is given for one sample.
func (p *plan) steps(input *ir.Value) int {
	if input.Clock == ir.Step {
		return p.program.Steps
	}
	return 1
}

// traced is a layer of neurons as traces show it: its spikes, and its state variables.
type traced struct {
	fires  bool // else there are no spikes
	spikes place
	states []tracedState
}

// tracedState is a state variable of a layer; its expected values have its name and an end.
type tracedState struct {
	place
	name, end string
}

// traced returns the spikes and state variables of a layer of neurons.
func (p *plan) traced(neurons *ir.Value) (t traced) {
	at := slices.IndexFunc(p.program.Stages, func(s *lower.Stage) bool { return s.To.Name == neurons.Name && s.Each != nil })
	s := p.program.Stages[at]
	program := s.Each.Program
	t.spikes, t.fires = p.place[s.To], program.IsBit(program.Result())
	for _, name := range neurons.StateVars() {
		t.states = append(t.states, tracedState{p.states[s][program.Var(name)], name, endOf(name)})
	}
	return t
}

// load prints the loop that fills an input, for all times that it is given: each frame of spikes
// begins with a word.
func (b *printer) load(v *ir.Value) {
	e, n, name := elemOf(v.Type), v.Type.Size(), "in_"+b.p.ident[v.Name]
	if e.packed {
		b.line("\t{\n\t\tuint32_t step, *to = %s;\n\t\tfor (step = %du; step != 0u; step--) {", name, b.p.steps(v))
		b.line("\t\t\tfor (i = 0u; i < %du; i++) {\n\t\t\t\tif ((i & 31u) == 0u) {\n\t\t\t\t\t*to++ = 0u;\n\t\t\t\t}", n)
		b.line("\t\t\t\tto[-1] |= (uint32_t)(*from++ & 1u) << (i & 31u);\n\t\t\t}\n\t\t}\n\t}")
		return
	}
	b.line("\tfor (i = 0u; i < %du; i++) {", b.p.steps(v)*n)
	switch e.bits {
	case 8:
		b.line("\t\t%s[i] = (%s)*from++;", name, e.c())
	case 16:
		b.line("\t\t%s[i] = (%s)(uint16_t)(from[0] | (unsigned)from[1] << 8);\n\t\tfrom += 2;", name, e.c())
	default:
		b.line("\t\t%s[i] = (%s)(from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24);\n\t\tfrom += 4;", name, e.c())
	}
	b.line("\t}")
}

// emitStream prints stream.h: the bytes in which engines tell their results.
func emitStream(p *plan) []byte {
	b := newPrinter(p)
	b.line("/* What an engine tells of a sample, as bytes: spikes one byte each, membranes and")
	b.line(" * outputs four, little-endian. The program that includes this has put_byte. */")
	b.line("#ifndef @@_STREAM_H\n#define @@_STREAM_H\n\n#include \"ports.h\"\n")
	b.text(`static void put_word(int32_t value)
{
	uint32_t w = (uint32_t)value;

	put_byte((unsigned char)(w & 255u));
	put_byte((unsigned char)(w >> 8 & 255u));
	put_byte((unsigned char)(w >> 16 & 255u));
	put_byte((unsigned char)(w >> 24));
}

/* Every neuron layer after a step: its spikes, then its membranes and what else it keeps. */
static void stream_step(const @_state *st)
{
`)
	if len(p.ports.Neurons) > 0 {
		b.line("\tuint32_t i;\n")
	} else {
		b.line("\t(void)st; /* no neurons */")
	}
	for _, v := range p.ports.Neurons {
		t, spike := p.traced(v), "0u" // of a neuron that is silent
		if t.fires {
			spike = t.spikes.expr + "[i >> 5] >> (i & 31u) & 1u"
		}
		b.line("\tfor (i = 0u; i < %du; i++) {\n\t\tput_byte((unsigned char)(%s));\n\t}", v.Type.Size(), spike)
		for _, s := range t.states {
			b.line("\tfor (i = 0u; i < %du; i++) {\n\t\tput_word(%s[i]);\n\t}", s.n, s.expr)
		}
	}
	b.line("}\n\nstatic void stream_outputs(void)\n{\n\tuint32_t i;\n")
	for _, v := range p.ports.Outputs {
		b.line("\tfor (i = 0u; i < %du; i++) {\n\t\tput_word(out_%s[i]);\n\t}", v.Type.Size(), p.ident[v.Name])
	}
	b.line("}\n\n#endif")
	return b.Bytes()
}

// emitVectors prints vectors.h: samples with everything a correct model computes
// for them, and the comparison. Expected values are one array per port, in the
// order in which they are computed.
func emitVectors(p *plan, o backends.Options) []byte {
	b, vectors, neurons := newPrinter(p), o.Vectors, p.ports.Neurons
	if o.OutputsOnly {
		neurons = nil
	}
	b.line("/* Samples, and what a correct model computes for them. The program that includes this")
	b.line(" * has differs, which is told of every difference. */")
	b.line("#ifndef @@_VECTORS_H\n#define @@_VECTORS_H\n\n#include \"ports.h\"\n\n#define VECTORS %du /* samples */\n", len(vectors))
	b.line("#ifndef SAMPLES\n#define SAMPLES /* where to put them, if not where other constants are */\n#endif\n")
	b.array("static const unsigned char vectors_in[] SAMPLES", orZero(inputBytes(p, vectors)), false)
	for i, v := range neurons {
		layer := p.traced(v)
		var spikes []int64
		states := make([][]int64, len(layer.states))
		for _, s := range vectors {
			for _, t := range s.Steps {
				spikes = append(spikes, pack(backends.Elements[int64](t.Spikes[i]))...)
				for at := range states {
					states[at] = append(states[at], backends.Elements[int64](t.States[i][at*v.Type.Size():][:v.Type.Size()])...)
				}
			}
		}
		if layer.fires {
			b.vector(p.ident[v.Name], elem{bits: 32}, spikes, true)
		}
		for at, s := range layer.states {
			b.vector(p.ident[v.Name]+s.end, s.elem, states[at], false)
		}
	}
	for i, v := range p.ports.Outputs {
		var out []int64
		for _, s := range vectors {
			out = append(out, s.Outputs[i]...)
		}
		b.vector(p.ident[v.Name], elem{32, true, false}, out, false)
	}
	b.compareStep(neurons)
	b.compareOutputs()
	b.line("\n#endif")
	return b.Bytes()
}

// inputBytes is the samples as they come in by the stream.
func inputBytes(p *plan, vectors backends.Vectors) []int64 {
	var out []int64
	for _, s := range vectors {
		for i, v := range p.ports.Inputs {
			for _, e := range s.Inputs[i] {
				for at := range backends.Width(v.Type) {
					out = append(out, e>>(8*at)&255)
				}
			}
		}
	}
	return out
}

// orZero keeps an array from being empty, which C does not allow.
func orZero(data []int64) []int64 {
	if len(data) == 0 {
		return []int64{0}
	}
	return data
}

// vector prints the expected values of a port and the pointer that runs over them,
// volatile as in ports_load.
func (b *printer) vector(name string, e elem, data []int64, hex bool) {
	b.array(fmt.Sprintf("static const %s vectors_%s[] SAMPLES", e.c(), name), orZero(data), hex)
	b.line("static const %s *volatile at_%s = vectors_%s;", e.c(), name, name)
}

// compareStep prints the comparison of neuron layers after a step.
func (b *printer) compareStep(neurons []*ir.Value) {
	b.line("\nstatic void vectors_step(const @_state *st)\n{")
	if len(neurons) > 0 {
		b.line("\tuint32_t i;\n")
	} else {
		b.line("\t(void)st; /* no neurons are compared */")
	}
	for _, v := range neurons {
		t, name := b.p.traced(v), b.p.ident[v.Name]
		if t.fires {
			b.compare("spikes of %"+v.Name+", word", t.spikes.expr, name, t.spikes.elem.length(t.spikes.n))
		}
		for _, s := range t.states {
			b.compare(s.name+" of %"+v.Name+", neuron", s.expr, name+s.end, s.n)
		}
	}
	b.line("}")
}

func (b *printer) compareOutputs() {
	b.line("\nstatic void vectors_outputs(void)\n{\n\tuint32_t i;\n")
	for _, v := range b.p.ports.Outputs {
		b.compare("output %"+v.Name+", element", "out_"+b.p.ident[v.Name], b.p.ident[v.Name], v.Type.Size())
	}
	b.line("}")
}

func (b *printer) compare(what, got, want string, n int) {
	what = strings.ReplaceAll(what, "%", "%%")
	b.line("\tfor (i = 0u; i < %du; i++, at_%s++) {\n\t\tif (%s[i] != *at_%s) {", n, want, got, want)
	b.line("\t\t\tdiffers(\""+what+"\", i, (long)%s[i], (long)*at_%s);\n\t\t}\n\t}", got, want)
}
