package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nomul/backends"
	"nomul/runtime/engine/toolchain"
)

// BoardBatch builds the emitted C of many nets, with their samples, into one program for a
// microcontroller and runs it under QEMU: with the Makefile, the start-up and the
// memory of the first net, and in place of its board.c one that runs them all.
// The error is that of the batch as a whole; missing tools are a *toolchain.Missing.
func BoardBatch(ctx context.Context, cases []Case, b backends.Backend, target Target) ([]Result, error) {
	if err := toolchain.Need("make", target.Compiler, target.Emulator[0]); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nomul-batch-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p := &batchBoard{newBatch(cases, b), dir, target}
	built := p.left()
	if len(built) == 0 {
		return p.results, nil
	}
	if err := p.write(built); err != nil {
		return nil, err
	}
	if err := p.link(ctx, built, built); err != nil {
		if built = p.linked(ctx, built); len(built) == 0 || ctx.Err() != nil {
			return p.results, ctx.Err()
		}
		if err := p.link(ctx, built, built); err != nil {
			return nil, err
		}
	}
	return p.run(ctx, func(from int) ([]byte, error) { return p.start(ctx, built, from) }, built)
}

type batchBoard struct {
	*batch
	dir    string
	target Target
}

// write puts the cases in folders of their own in that of the first one.
func (p *batchBoard) write(built []int) error {
	first := artefact{p.cases[built[0]].Net, p.backend, backends.Options{Name: unit(built[0])}, p.dir}
	if err := first.write(); err != nil {
		return err
	}
	for _, i := range built {
		if err := p.writeUnit(i, filepath.Join(p.dir, unit(i))); err != nil {
			return err
		}
	}
	return nil
}

// link makes the program of the cases in it, which runs some of them.
func (p *batchBoard) link(ctx context.Context, built, some []int) error {
	if err := os.WriteFile(filepath.Join(p.dir, "board.c"), p.board(some), 0o644); err != nil {
		return err
	}
	var units []string
	for _, i := range built {
		units = append(units, unit(i)+"/unit.c")
	}
	a := artefact{dir: p.dir}
	return a.build(ctx, nil, "make", "-s", "-B", p.target.Name, "MODEL="+strings.Join(units, " "))
}

// linked returns the cases of which a program of their own can be made; the others are out.
func (p *batchBoard) linked(ctx context.Context, built []int) []int {
	for _, i := range built {
		p.results[i].Err = p.link(ctx, []int{i}, []int{i})
	}
	return p.left()
}

func (p *batchBoard) start(ctx context.Context, built []int, from int) ([]byte, error) {
	if from > 0 {
		if err := p.link(ctx, built, built[from:]); err != nil {
			return nil, err
		}
	}
	ctx, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	args := append(p.target.Emulator[:len(p.target.Emulator):len(p.target.Emulator)], "-kernel", filepath.Join(p.dir, "build", p.target.Name+".elf"))
	out, _, err := toolchain.Run(ctx, toolchain.Command{Dir: p.dir, Args: args})
	return out, err
}

// board prints the program: per case its samples, and a call for each of them.
func (p *batchBoard) board(some []int) []byte {
	var head, body strings.Builder
	head.WriteString(boardText)
	body.WriteString("void board(void);\nvoid board(void)\n{\n\topen_console();\n")
	for _, i := range some {
		s, c := newStream(p.cases[i].Net), p.cases[i]
		fmt.Fprintf(&head, "void %s_batch(const unsigned char *);\nstatic const unsigned char in_%s[] __attribute__((section(\".samples\"))) = {0", unit(i), unit(i))
		for _, b := range s.encode(c.Samples) {
			fmt.Fprintf(&head, ", %d", b)
		}
		head.WriteString("};\n")
		length := binary.LittleEndian.AppendUint32(nil, uint32(len(c.Samples)*s.size(true)))
		fmt.Fprintf(&body, "\ttell(%d, %d, %d, %d);\n\trun(in_%s + 1, %du, %d, %s_batch);\n",
			length[0], length[1], length[2], length[3], unit(i), len(c.Samples), p.sampleBytes(i), unit(i))
	}
	body.WriteString("\tleave();\n}\n")
	return []byte(head.String() + body.String())
}

// boardText writes bytes by Arm's semihosting interface, which RISC-V has too, and runs
// a net on its samples. The console may take a part of the bytes: the rest is told again.
const boardText = `#include <stdint.h>
static uintptr_t semihost(uintptr_t operation, const void *block)
{
#if defined(__arm__)
	register uintptr_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = block;
	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
#elif defined(__riscv)
	register uintptr_t a0 __asm__("a0") = operation;
	register const void *a1 __asm__("a1") = block;
	__asm__ volatile(".balign 16\n\t.option push\n\t.option norvc\n\t"
	                 "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop"
	                 : "+r"(a0) : "r"(a1) : "memory");
	return a0;
#endif
}
static unsigned char buffer[1024];
static unsigned char *next = buffer;
static uintptr_t console;
static void open_console(void)
{
	uintptr_t block[3] = {(uintptr_t)":tt", 4u, 3u};

	console = semihost(0x01, block);
}
static void flush(void)
{
	uintptr_t block[3] = {console, (uintptr_t)buffer, 0u};
	uint32_t tries = 0u;

	while (block[1] != (uintptr_t)next && ++tries != 1u << 22) {
		block[2] = (uintptr_t)next - block[1];
		block[1] = (uintptr_t)next - semihost(0x05, block);
	}
	next = buffer;
}
static void leave(void)
{
	uintptr_t status[2] = {0x20026u, 0u};

	flush();
	(void)semihost(0x20, status);
	for (;;) {
	}
}
void batch_byte(unsigned char b);
void batch_byte(unsigned char b)
{
	*next++ = b;
	if (next == buffer + sizeof buffer) {
		flush();
	}
}
static void tell(unsigned char a, unsigned char b, unsigned char c, unsigned char d)
{
	batch_byte(a);
	batch_byte(b);
	batch_byte(c);
	batch_byte(d);
}
static void run(const unsigned char *sample, uint32_t samples, uint32_t bytes, void (*infer)(const unsigned char *))
{
	for (; samples != 0u; samples--) {
		infer(sample);
		sample += bytes;
	}
	flush();
}
`
