package cgen

import (
	"fmt"
	"slices"

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

// traced returns the stage of a layer of neurons.
func (p *plan) traced(neurons *ir.Value) *lower.Stage {
	at := slices.IndexFunc(p.program.Stages, func(s *lower.Stage) bool { return s.To.Name == neurons.Name && s.Each != nil })
	return p.program.Stages[at]
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
	b.line("\tfor (i = 0u; i < %du; i++) {\n\t\tuint32_t word = 0u, at;\n", b.p.steps(v)*n)
	b.line("\t\tfor (at = 0u; at != %du; at += 8u) {\n\t\t\tword |= (uint32_t)*from++ << at;\n\t\t}", e.bits)
	b.line("\t\t%s[i] = (%s)word;\n\t}", name, e.c())
}

// emitStream prints stream.h: the results of a sample, in the order in which they are computed.
func emitStream(p *plan) []byte {
	b := newPrinter(p)
	b.line("/* The results of a sample, in turn. The program that includes this has")
	b.line(" * tell(name, number, value, spikes), with how many spikes the value is, or 0 for a number. */")
	b.line("#ifndef @@_STREAM_H\n#define @@_STREAM_H\n\n#include \"ports.h\"\n")
	b.line("/* Every neuron layer after a step: its spikes, none of one that is silent, then its membranes and what else it keeps. */")
	b.line("static void stream_step(const @_state *st)\n{\n\tuint32_t i;\n")
	for _, v := range p.ports.Neurons {
		s, words, word := p.traced(v), packedSpikes.length(v.Type.Size()), "0"
		if program := s.Each.Program; program.IsBit(program.Result()) {
			word = "(int32_t)" + p.place[s.To].expr + "[i]"
		}
		b.tell("spikes of %"+v.Name+", word", word, words, fmt.Sprintf("i == %du ? %du : 32u", words-1, v.Type.Size()-32*(words-1)))
		for _, name := range v.StateVars() {
			b.tell(name+" of %"+v.Name+", neuron", p.states[s][s.Each.Program.Var(name)].expr+"[i]", v.Type.Size(), "0u")
		}
	}
	if len(p.ports.Neurons) == 0 {
		b.line("\t(void)st; /* no neurons */\n\t(void)i;")
	}
	b.line("}\n\nstatic void stream_outputs(void)\n{\n\tuint32_t i;\n")
	for _, v := range p.ports.Outputs {
		b.tell("output %"+v.Name+", element", "out_"+p.ident[v.Name]+"[i]", v.Type.Size(), "0u")
	}
	b.line("}\n\n#endif")
	return b.Bytes()
}

// tell prints the loop that tells n values.
func (b *printer) tell(name, value string, n int, spikes string) {
	b.line("\tfor (i = 0u; i < %du; i++) {\n\t\ttell(\"%s\", i, %s, %s);\n\t}", n, name, value, spikes)
}

// emitVectors prints vectors.h: samples, and all that a correct model tells of them.
func emitVectors(p *plan, o backends.Options) []byte {
	b := newPrinter(p)
	b.line("/* Samples as the bytes that ports_load takes, and what a correct model tells of them by stream.h. */")
	b.line("#ifndef @@_VECTORS_H\n#define @@_VECTORS_H\n\n#include \"ports.h\"\n\n#define VECTORS %du /* samples */", len(o.Vectors))
	b.line("#define VECTORS_STEPS %d /* whether steps are told, or outputs only */\n", map[bool]int{false: 1}[o.OutputsOnly])
	b.line("#ifndef SAMPLES\n#define SAMPLES /* where to put them, if not where other constants are */\n#endif\n")
	b.array("static const unsigned char vectors_in[] SAMPLES", orZero(inputBytes(p, o.Vectors)), false)
	b.array("static const int32_t vectors_out[] SAMPLES", orZero(told(o)), false)
	b.line("\n#endif")
	return b.Bytes()
}

// inputBytes is the samples as they come in by the stream.
func inputBytes(p *plan, vectors backends.Vectors) []int64 {
	var out []byte
	for _, s := range vectors {
		for i, v := range p.ports.Inputs {
			out = backends.AppendIntegers(out, s.Inputs[i], backends.Width(v.Type))
		}
	}
	return backends.Elements[int64](out)
}

// told is the values that a model tells of the vectors.
func told(o backends.Options) []int64 {
	var out []int64
	for _, s := range o.Vectors {
		for _, t := range s.Steps {
			for i := 0; i < len(t.Spikes) && !o.OutputsOnly; i++ {
				for _, word := range pack(backends.Elements[int64](t.Spikes[i])) {
					out = append(out, int64(int32(word)))
				}
				out = append(out, backends.Elements[int64](t.States[i])...)
			}
		}
		out = append(out, slices.Concat(s.Outputs...)...)
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
