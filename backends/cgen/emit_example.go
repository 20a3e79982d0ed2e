package cgen

import (
	"bytes"
	"fmt"
	"strings"

	"nomul/backends"
	"nomul/ir"
)

// emitExample prints example.h: a sample as an integrator would give it, and its outputs.
func emitExample(p *plan, s backends.Sample) []byte {
	b := newPrinter(p)
	b.line("/* A sample for main.c, and what the model gives for it. */")
	b.line("#ifndef @@_EXAMPLE_H\n#define @@_EXAMPLE_H\n\n#include <stdint.h>\n")
	for i, v := range p.ports.Inputs {
		e, data := elemOf(v.Type), s.Inputs[i]
		if e.packed {
			data = packFrames(data, v.Type.Size())
		}
		b.array(fmt.Sprintf("static const %s example_%s[%d]", e.c(), p.ident[v.Name], len(data)), data, e.packed)
	}
	for i, v := range p.ports.Outputs {
		b.array(fmt.Sprintf("static const int32_t expected_%s[%d]", p.ident[v.Name], v.Type.Size()), s.Outputs[i], false)
	}
	b.line("\n#endif")
	return b.Bytes()
}

// packFrames packs spikes, each frame from a word on.
func packFrames(spikes []int64, frame int) []int64 {
	var out []int64
	for ; len(spikes) > 0; spikes = spikes[frame:] {
		out = append(out, pack(spikes[:frame])...)
	}
	return out
}

// mainHead and mainTail are main.c around the loops over its outputs.
const (
	mainHead = `/* An example: it classifies the sample of example.h.
 *
 *	cc -std=c99 -O2 main.c @.c @_weights*.c && ./a.out
 */
#include <stdio.h>

#include "@.h"
#include "example.h"

int main(void)
{
	static @_state state; /* not on the stack, where it may not fit */
`
	mainTail = `	printf(wrong == 0u ? "as expected\n" : "NOT as expected\n");
	return wrong != 0u;
}
`
)

// mostShown is the most elements of an output that main.c prints.
const mostShown = 32

// emitMain prints main.c.
func emitMain(p *plan) []byte {
	b := newPrinter(p)
	b.text(mainHead)
	for _, v := range p.ports.Outputs {
		b.line("\tstatic int32_t %s[@@_%s_SIZE];", p.ident[v.Name], strings.ToUpper(p.ident[v.Name]))
	}
	b.line("\tuint32_t i, best, wrong = 0u;\n")
	b.line("\t@_infer(&state%s%s);", p.list(p.ports.Inputs, "example_"), p.list(p.ports.Outputs, ""))
	for _, v := range p.ports.Outputs {
		b.show(v)
	}
	b.text(mainTail)
	return b.Bytes()
}

// show prints the loop over an output: its elements, its class, and the count of wrong ones.
func (b *printer) show(v *ir.Value) {
	name, than := b.p.ident[v.Name], ">"
	if ir.LeastWins(v) {
		than = "<"
	}
	b.line("\tfor (i = best = 0u; i < @@_%s_SIZE; i++) {", strings.ToUpper(name))
	if v.Type.Size() <= mostShown {
		b.line("\t\tprintf(\"%s[%%lu] = %%ld\\n\", (unsigned long)i, (long)%[1]s[i]);", name)
	}
	b.line("\t\tif (%s[i] %s %[1]s[best]) {\n\t\t\tbest = i;\n\t\t}", name, than)
	b.line("\t\twrong += %s[i] != expected_%[1]s[i];\n\t}", name)
	b.line("\tprintf(\"class of %s: %%lu\\n\", (unsigned long)best);", name)
}

// makefile is the Makefile with the model's name; at signs are make's there.
func makefile(p *plan) backends.File {
	f := fixedFile("Makefile")
	f.Data = bytes.ReplaceAll(f.Data, []byte("@NAME@"), []byte(p.name))
	return f
}
