package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/engine/toolchain"
)

// Target is a microcontroller that QEMU plays.
type Target struct {
	Name string // the emitted Makefile's target
	// Compiler and Objdump are the cross tools, Emulator the command up to the program.
	Compiler, Objdump string
	Emulator          []string
	// Flash and RAM are the bytes that the emitted linker script gives the program; they
	// share one memory where RAM is 0.
	Flash, RAM int
}

// TooLarge is the error for a model that needs more bytes than there are for it.
type TooLarge struct {
	Needs, Has int
	Holder     string // and its verb: the board has
}

func (e *TooLarge) Error() string {
	return fmt.Sprintf("needs %d MB, and %s %d", (e.Needs+1<<20-1)>>20, e.Holder, e.Has>>20)
}

const board = "the board has"

// fits demands that the memory that a model needs is there.
func (t Target) fits(needs []backends.Need) error {
	flash, ram := 0, 0
	for _, n := range needs {
		if n.Memory == "flash" {
			flash += n.Bytes
		} else {
			ram += n.Bytes
		}
	}
	if t.RAM == 0 {
		flash, ram = flash+ram, 0
	}
	switch {
	case flash > t.Flash:
		return &TooLarge{flash, t.Flash, board}
	case ram > t.RAM:
		return &TooLarge{ram, t.RAM, board}
	}
	return nil
}

// semihosting lets the program write to standard output and end QEMU.
var semihosting = []string{"-display", "none", "-monitor", "none", "-serial", "none",
	"-chardev", "stdio,id=sh", "-semihosting-config", "enable=on,target=native,chardev=sh"}

// Targets lists the microcontrollers. Cortex-M0 code runs on an M3 board: its
// instructions are a part of the M3's, and no M0 board of QEMU has the memory.
func Targets() []Target {
	return []Target{
		{"m0", "arm-none-eabi-gcc", "arm-none-eabi-objdump", emulator("qemu-system-arm", "-M", "mps2-an385"), 4 << 20, 4 << 20},
		{"m4", "arm-none-eabi-gcc", "arm-none-eabi-objdump", emulator("qemu-system-arm", "-M", "mps2-an386"), 4 << 20, 4 << 20},
		{"rv32i", "riscv64-unknown-elf-gcc", "riscv64-unknown-elf-objdump", emulator("qemu-system-riscv32",
			"-machine", "virt", "-bios", "none", "-cpu", "rv32,m=false,a=false,f=false,d=false,c=false"), 128 << 20, 0},
	}
}

func emulator(command ...string) []string { return append(command, semihosting...) }

// Board is an engine that is a microcontroller under QEMU. Samples are linked
// into its program, so each run builds one.
type Board struct {
	*artefact
	target    Target
	reference *Interpreter
	plugin    string // counts instructions; empty when it cannot be built here
	cost      Cost
}

// NewBoard builds the emitted C for a microcontroller. Missing tools are a
// *toolchain.Missing, a model that does not fit a *TooLarge; without a compiler for this machine instructions are not
// counted.
func NewBoard(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options, target Target) (*Board, error) {
	if err := toolchain.Need("make", target.Compiler, target.Emulator[0]); err != nil {
		return nil, err
	}
	if s, ok := b.(backends.Sized); ok && b.Check(net).Err() == nil {
		if err := target.fits(s.Needs(net)); err != nil {
			return nil, err
		}
	}
	reference, err := Interp(net, 1)
	if err != nil {
		return nil, err
	}
	// The caller compares spikes and membranes: for the compiler they may be too many.
	o.OutputsOnly = true
	if len(o.Vectors) == 0 {
		// Without a sample to run the compiler would leave the model out.
		if o.Vectors, err = reference.Run(ctx, [][][]int64{lowest(net)}, false); err != nil {
			return nil, err
		}
	}
	a, err := emit(net, b, o)
	if err != nil {
		return nil, err
	}
	e := &Board{artefact: a, target: target, reference: reference}
	if err := e.prepare(ctx); err != nil {
		return nil, e.abandon(err)
	}
	return e, nil
}

func (e *Board) prepare(ctx context.Context) error {
	if err := e.build(ctx, nil, "make", "-s", e.target.Name); err != nil {
		return err
	}
	functions, err := modelFunctions(e.Binary(), e.options.Name)
	if err != nil {
		return err
	}
	if len(functions) == 0 {
		return fmt.Errorf("%s: no function of the model is linked", e.Binary())
	}
	e.plugin, err = e.buildPlugin(ctx)
	if toolchain.IsMissing(err) {
		return nil
	}
	return err
}

// lowest is a sample of the smallest values that the inputs may have.
func lowest(net *ir.Net) [][]int64 {
	var out [][]int64
	for _, v := range net.All(ir.OpInput) {
		x := make([]int64, net.SampleType(v).Size())
		for i := range x {
			x[i] = v.Range.Lo
		}
		out = append(out, x)
	}
	return out
}

// Name is c-m0, c-m4 or c-rv32i.
func (e *Board) Name() string { return "c-" + e.target.Name }

// Binary is the path of the program for the board, without the trace, for proofs.
func (e *Board) Binary() string { return e.path("build/" + e.target.Name + ".elf") }

// Target is the microcontroller.
func (e *Board) Target() Target { return e.target }

// Cost is the instructions per sample of the model's functions in the last run.
func (e *Board) Cost() Cost { return e.cost }

// differ is the exit code of a program whose vectors do not all agree.
const differ = 1

// Run links the samples into a program that tells all it computes, and runs it.
// The program also compares outputs with the interpreter's, and ends with an exit
// code that says so; that is no error here, for the caller compares.
func (e *Board) Run(ctx context.Context, samples [][][]int64, trace bool) (backends.Vectors, error) {
	ctx, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	want, err := e.reference.Run(ctx, samples, false)
	if err != nil {
		return nil, err
	}
	e.options.Vectors = want
	if err := e.write(); err != nil {
		return nil, err
	}
	if err := e.build(ctx, nil, "make", "-s", e.target.Name, "TRACE=1", "B=trace"); err != nil {
		return nil, err
	}
	program := e.path("trace/" + e.target.Name + ".elf")
	out, err := e.emulate(ctx, program)
	if err != nil {
		return nil, err
	}
	got, err := newStream(e.net).decode(bytes.NewReader(out), samples, true)
	if err != nil {
		return nil, err
	}
	if !trace {
		got = got.WithoutSteps()
	}
	if e.plugin != "" {
		e.cost, err = countsOf(program, e.options.Name, e.path("counts"), len(samples))
	}
	return got, err
}

// emulate runs the program to its end and returns its output.
func (e *Board) emulate(ctx context.Context, program string) ([]byte, error) {
	args := append(e.target.Emulator[:len(e.target.Emulator):len(e.target.Emulator)], "-kernel", program)
	if e.plugin != "" {
		args = append(args, "-plugin", e.plugin+",out=counts")
	}
	out, _, err := toolchain.Run(ctx, toolchain.Command{Dir: e.dir, Args: args})
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == differ {
		return out, nil
	}
	return out, err
}
