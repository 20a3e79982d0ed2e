package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nomul/backends"
	"nomul/runtime/engine/toolchain"
)

// CBatch builds the emitted C of many nets into one program of this machine and
// runs it once. The compiler is a command with its flags, such as gcc -O1
// -fsanitize=undefined; warnings are errors, as in the emitted Makefile. The
// error is that of the batch as a whole; missing tools are a *toolchain.Missing.
func CBatch(ctx context.Context, cases []Case, b backends.Backend, compiler ...string) ([]Result, error) {
	if err := toolchain.Need(compiler[0]); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nomul-batch-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p := &batchC{newBatch(cases, b), dir, append(compiler[:len(compiler):len(compiler)],
		"-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wpedantic")}
	p.compile(ctx)
	built := p.left()
	if len(built) == 0 || ctx.Err() != nil {
		return p.results, ctx.Err()
	}
	if err := p.link(ctx, built); err != nil {
		return nil, err
	}
	return p.run(ctx, p.process(ctx, built, filepath.Join(dir, "batch")), built)
}

type batchC struct {
	*batch
	dir      string
	compiler []string
}

func unit(i int) string { return fmt.Sprintf("n%d", i) }

// unitText makes one translation unit of an artefact: its functions are static
// or begin with its name.
const unitText = `#include "NAME.c"
#include "NAME_weights.c"
void batch_byte(unsigned char b);
static void tell(const char *name, uint32_t at, int32_t value, uint32_t spikes)
{
	uint32_t word = (uint32_t)value, left = spikes != 0u ? spikes : 4u;
	(void)name;
	(void)at;
	for (; left != 0u; left--) {
		batch_byte((unsigned char)(word & (spikes != 0u ? 1u : 255u)));
		word >>= spikes != 0u ? 1 : 8;
	}
}
#include "stream.h"
void NAME_batch(const unsigned char *sample);
void NAME_batch(const unsigned char *sample)
{
	static NAME_state st;
	ports_load(sample);
	ports_start(&st);
	for (uint32_t step = 0u; step < STEPS; step++) {
		NAME_step(&st);
		stream_step(&st);
	}
	ports_finish(&st);
	stream_outputs();
}
`

// compile makes an object of every case; one that does not compile is out.
func (p *batchC) compile(ctx context.Context) {
	left := p.left()
	toolchain.Each(len(left), func(at int) {
		i := left[at]
		p.results[i].Err = p.object(ctx, i)
	})
}

func (p *batchC) object(ctx context.Context, i int) error {
	dir := filepath.Join(p.dir, unit(i))
	if err := p.writeUnit(i, dir); err != nil {
		return err
	}
	args := append(p.compiler[:len(p.compiler):len(p.compiler)], "-c", "-o", "unit.o", "unit.c")
	_, _, err := toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: args})
	return err
}

// writeUnit writes the C of a case, and the unit that is compiled, unit.c.
func (b *batch) writeUnit(i int, dir string) error {
	a := artefact{b.cases[i].Net, b.backend, backends.Options{Name: unit(i)}, dir}
	if err := a.write(); err != nil {
		return err
	}
	text := strings.NewReplacer("NAME", unit(i), "STEPS", fmt.Sprint(b.cases[i].Net.Steps)).Replace(unitText)
	return os.WriteFile(a.path("unit.c"), []byte(text), 0o644)
}

// sampleBytes is the size of one sample of a case.
func (b *batch) sampleBytes(i int) int {
	net := b.cases[i].Net
	return len(newStream(net).encode([][][]int64{lowest(net)}))
}

// mainText reads a case and runs it, from the case on that its argument says.
const mainText = `#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
static unsigned char *told, *sample;
static size_t length, room;
void batch_byte(unsigned char b);
void batch_byte(unsigned char b)
{
	if (length == room) {
		room = room < 4096u ? 4096u : room + room;
		told = realloc(told, room);
		if (told == NULL) {
			exit(3);
		}
	}
	told[length++] = b;
}
static void run(size_t bytes, void (*infer)(const unsigned char *))
{
	unsigned char head[4];
	uint32_t n;
	size_t i;
	if (fread(head, 1, 4, stdin) != 4) {
		exit(4);
	}
	n = head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24;
	sample = realloc(sample, bytes);
	for (length = 0; n > 0u; n--) {
		if (fread(sample, 1, bytes, stdin) != bytes) {
			exit(4);
		}
		infer(sample);
	}
	for (i = 0; i < 4; i++) {
		head[i] = (unsigned char)(length >> (8 * i) & 255u);
	}
	fwrite(head, 1, 4, stdout);
	fwrite(told, 1, length, stdout);
	fflush(stdout);
}
`

// link makes the program of the cases that compiled.
func (p *batchC) link(ctx context.Context, built []int) error {
	var b strings.Builder
	b.WriteString(mainText)
	objects := []string{}
	for _, i := range built {
		fmt.Fprintf(&b, "void %s_batch(const unsigned char *);\n", unit(i))
		objects = append(objects, unit(i)+"/unit.o")
	}
	b.WriteString("int main(int argc, char **argv)\n{\n\tint from = argc > 1 ? atoi(argv[1]) : 0;\n")
	for at, i := range built {
		fmt.Fprintf(&b, "\tif (from <= %d) {\n\t\trun(%d, %s_batch);\n\t}\n", at, p.sampleBytes(i), unit(i))
	}
	b.WriteString("\treturn 0;\n}\n")
	if err := os.WriteFile(filepath.Join(p.dir, "main.c"), []byte(b.String()), 0o644); err != nil {
		return err
	}
	args := append(p.compiler[:len(p.compiler):len(p.compiler)], "-o", "batch", "main.c")
	_, _, err := toolchain.Run(ctx, toolchain.Command{Dir: p.dir, Args: append(args, objects...)})
	return err
}
