package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/engine/toolchain"
)

// hostArch is the architecture of this machine.
const hostArch = runtime.GOARCH

// Process is an engine that is a program: it reads samples on standard input
// and writes results on standard output.
type Process struct {
	*artefact
	name    string
	command []string // the program, perhaps behind an emulator, and its flags
	binary  string
	module  string
	took    Timing
}

// Timing is how long the last run took: Data to write the samples down, and Program from the
// program's start to its end; results are read as they come.
type Timing struct{ Data, Program time.Duration }

// Took is the timing of the last run.
func (p *Process) Took() Timing { return p.took }

// GoOptions choose how an emitted Go package is built and run.
type GoOptions struct {
	backends.Options
	// Kernel is auto, go, avx2, neon, …: the names of the emitted package's kernels.
	Kernel string
	// Arch is a GOARCH: empty is that of this machine. arm64 runs under
	// qemu-aarch64 where this machine is another.
	Arch string
}

// Go builds the emitted Go package's runner and runs it with one kernel.
// Missing tools are a *toolchain.Missing.
func Go(ctx context.Context, net *ir.Net, b backends.Backend, o GoOptions) (*Process, error) {
	return goProcess(ctx, net, b, o, "run")
}

// goProcess builds one of the commands of an emitted Go package.
func goProcess(ctx context.Context, net *ir.Net, b backends.Backend, o GoOptions, command string) (*Process, error) {
	arch, tools := hostArch, []string{"go"}
	if o.Arch != "" {
		arch = o.Arch
	}
	emulated := arch != hostArch
	if emulated {
		if arch != "arm64" {
			return nil, &toolchain.Missing{Tools: []string{"a machine of " + arch}}
		}
		tools = append(tools, "qemu-aarch64")
	}
	p, err := program(net, b, o.Options, tools)
	if err != nil {
		return nil, err
	}
	p.name, p.binary = goName(arch, o.Kernel), p.path("build/"+command)
	if emulated {
		p.command = []string{"qemu-aarch64", "-cpu", "max"}
	}
	p.command = append(p.command, p.binary, "-kernel", o.Kernel)
	p.module, err = p.goPackage()
	if err == nil {
		err = p.build(ctx, []string{"GOOS=linux", "GOARCH=" + arch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="},
			// -trimpath: the same package in another temporary directory comes from the build cache.
			"go", "build", "-trimpath", "-o", "build/"+command, "./cmd/"+command)
	}
	if err != nil {
		return nil, p.abandon(err)
	}
	return p, nil
}

func goName(arch, kernel string) string {
	if arch != hostArch {
		return "go-" + arch + "-" + kernel
	}
	return "go-" + kernel
}

// goPackage finds the import path of an emitted package, which is a folder of its module.
func (a *artefact) goPackage() (string, error) {
	goMod := a.path("go.mod")
	data, err := os.ReadFile(goMod)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	module, ok := strings.CutPrefix(line, "module ")
	if !ok {
		return "", fmt.Errorf("%s does not begin with its module", goMod)
	}
	found, err := filepath.Glob(a.path("*/model.go"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%s: %d folders with a model.go, wanted one", a.dir, len(found))
	}
	return strings.TrimSpace(module) + "/" + filepath.Base(filepath.Dir(found[0])), nil
}

// C builds the emitted C with a compiler of this machine, gcc or clang.
// Missing tools are a *toolchain.Missing.
func C(ctx context.Context, net *ir.Net, b backends.Backend, o backends.Options, compiler string) (*Process, error) {
	p, err := program(net, b, o, []string{"make", compiler})
	if err != nil {
		return nil, err
	}
	p.name, p.binary = "c-"+compiler, p.path("build/host")
	p.command = []string{p.binary}
	if err := p.build(ctx, nil, "make", "-s", "run", "CC="+compiler); err != nil {
		return nil, p.abandon(err)
	}
	return p, nil
}

func program(net *ir.Net, b backends.Backend, o backends.Options, tools []string) (*Process, error) {
	if err := toolchain.Need(tools...); err != nil {
		return nil, err
	}
	a, err := emit(net, b, o)
	if err != nil {
		return nil, err
	}
	return &Process{artefact: a}, nil
}

// build runs a build tool in the artefact's directory.
func (a *artefact) build(ctx context.Context, env []string, args ...string) error {
	ctx, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	if err := os.MkdirAll(a.path("build"), 0o755); err != nil {
		return err
	}
	_, _, err := toolchain.Run(ctx, toolchain.Command{Dir: a.dir, Env: env, Args: args})
	return err
}

// Name is go-KERNEL, go-ARCH-KERNEL or c-COMPILER.
func (p *Process) Name() string { return p.name }

// Binary is the path of the program, for proofs.
func (p *Process) Binary() string { return filepath.Clean(p.binary) }

// Reorders reports whether the program is of Go, which runs groups of layers.
func (p *Process) Reorders() bool { return p.module != "" }

// Module is the import path of the emitted Go package; empty for C.
func (p *Process) Module() string { return p.module }

// Run starts the program for these samples.
func (p *Process) Run(ctx context.Context, samples [][][]int64, trace bool) (backends.Vectors, error) {
	if err := fit(p.net, samples); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	s := newStream(p.net)
	args := p.command[:len(p.command):len(p.command)]
	if trace {
		args = append(args, "-trace")
	}
	began := time.Now()
	in := s.encode(samples)
	started := time.Now()
	var got backends.Vectors
	var wrong error
	_, _, err := toolchain.Run(ctx, toolchain.Command{Dir: p.dir, Args: args, Stdin: bytes.NewReader(in), Read: func(out io.Reader) {
		got, wrong = s.decode(out, samples, trace)
	}})
	if err != nil {
		return nil, err
	}
	p.took = Timing{started.Sub(began), time.Since(started)}
	return got, wrong
}
