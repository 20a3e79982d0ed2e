package main

import (
	"context"
	"runtime"

	"golang.org/x/sys/cpu"

	"nomul/runtime/engine"
	"nomul/runtime/proof"
)

// goKernel is one path of the emitted Go code; arch is empty for this machine's.
type goKernel struct{ kernel, arch string }

// goKernels lists the paths that can run here, and arm64 under its emulator.
func goKernels() []goKernel {
	out := []goKernel{{"go", ""}}
	switch runtime.GOARCH {
	case "amd64":
		if cpu.X86.HasAVX2 {
			out = append(out, goKernel{"avx2", ""})
		}
		out = append(out, goKernel{"neon", "arm64"})
	case "arm64":
		out = append(out, goKernel{"neon", ""})
	}
	return out
}

func (k goKernel) name() string {
	if k.arch == "" {
		return "go-" + k.kernel
	}
	return "go-" + k.arch + "-" + k.kernel
}

func (k goKernel) prove(ctx context.Context, e engine.Engine) ([]proof.Proof, error) {
	p := e.(*engine.Process)
	objdump := "objdump"
	if k.arch == "arm64" {
		objdump = "aarch64-linux-gnu-objdump"
	}
	got, err := proof.Binary(ctx, proof.Object{Target: p.Name(), Path: p.Binary(), Objdump: objdump, Package: p.Module()})
	return []proof.Proof{got}, err
}
