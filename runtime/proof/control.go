package proof

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"nomul/runtime/engine/toolchain"
)

// Control is one negative control: an artefact that multiplies or divides,
// given to the proof that is made of the real one. It must be caught.
type Control struct {
	// Name is the target whose proof is put to the test.
	Name string `json:"name"`
	// What names the artefact that was given to the proof.
	What string `json:"what"`
	// Caught reports whether the proof refused it, with Found the reasons.
	Caught bool     `json:"caught"`
	Found  []string `json:"found"`
	// Skipped says which tools are missing; Failed is any other error.
	Skipped string `json:"skipped,omitempty"`
	Failed  string `json:"failed,omitempty"`
}

// control is how a Control is made: provoke builds the artefact in a fresh
// directory and returns the proof's findings.
type control struct {
	name, what string
	provoke    func(ctx context.Context, dir string) ([]string, error)
}

//go:embed control
var sources embed.FS

func controls() []control {
	return []control{
		{"go-amd64", "a Go function that multiplies", goControl("amd64", "objdump", "control/model")},
		{"go-arm64", "a Go function that multiplies", goControl("arm64", "aarch64-linux-gnu-objdump", "control/model")},
		{"go-package", "a Go program without the package asked for", absent},
		{"c-gcc", "a C function that multiplies", cControl("objdump", "multiply.c", "gcc")},
		{"c-clang", "a C function that multiplies", cControl("objdump", "multiply.c", "clang")},
		{"c-m0", "a C function that multiplies", cControl("arm-none-eabi-objdump", "multiply.c", "arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb")},
		{"c-m0-helper", "a C function that divides by a call", cControl("arm-none-eabi-objdump", "divide.c", "arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb")},
		{"c-m4", "a C function that divides", cControl("arm-none-eabi-objdump", "divide.c", "arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb")},
		{"c-rv32im", "a C function that multiplies, with M", cControl("riscv64-unknown-elf-objdump", "multiply.c", "riscv64-unknown-elf-gcc", "-march=rv32im", "-mabi=ilp32")},
		{"c-rv32i-helper", "a C function that multiplies by a call", cControl("riscv64-unknown-elf-objdump", "multiply.c", "riscv64-unknown-elf-gcc", "-march=rv32i", "-mabi=ilp32")},
		{"c-rv32i-trap", "a mul run on RV32I without M", trap},
		{"verilog", "a Verilog module that multiplies", verilogControl("")},
		{"verilog-ice40", "a Verilog module that multiplies", verilogControl(ICE40)},
		{"verilog-ecp5", "a Verilog module that multiplies", verilogControl(ECP5)},
	}
}

// Controls provokes every proof of the targets, such as go or c-m0, or all there
// are when none is named. A control that is neither caught nor skipped means that
// no proof of this kind can be believed.
func Controls(ctx context.Context, targets ...string) []Control {
	list := controlsOf(targets)
	out := make([]Control, len(list))
	toolchain.Each(len(list), func(i int) { out[i] = list[i].run(ctx) })
	return out
}

func controlsOf(targets []string) []control {
	return slices.DeleteFunc(controls(), func(c control) bool {
		return len(targets) > 0 && !slices.ContainsFunc(targets, func(t string) bool { return strings.HasPrefix(c.name+"-", t+"-") })
	})
}

func (c control) run(ctx context.Context) Control {
	out := Control{Name: c.name, What: c.what, Found: []string{}}
	dir, err := os.MkdirTemp("", "nomul-control-*")
	if err != nil {
		out.Failed = err.Error()
		return out
	}
	defer os.RemoveAll(dir)
	found, err := c.provoke(ctx, dir)
	switch {
	case toolchain.IsMissing(err):
		out.Skipped = err.Error()
	case err != nil:
		out.Failed = err.Error()
	}
	out.Found = append(out.Found, found...)
	out.Caught = err == nil && len(found) > 0
	return out
}

// unpack writes sources of the control folder to files of a directory.
func unpack(dir string, files map[string]string) error {
	for name, source := range files {
		data, err := sources.ReadFile("control/" + source)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func cControl(objdump, source string, compile ...string) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		if err := unpack(dir, map[string]string{source: source}); err != nil {
			return nil, err
		}
		args := append(compile[:len(compile):len(compile)], "-O2", "-ffreestanding", "-c", source, "-o", "control.o")
		if _, _, err := toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: args}); err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(source, ".c")
		p, err := Binary(ctx, Object{Target: compile[0], Path: filepath.Join(dir, "control.o"), Objdump: objdump, Functions: []string{name}})
		return p.Forbidden, err
	}
}

func goControl(arch, objdump, pkg string) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		err := unpack(dir, map[string]string{"main.go": "main.go.txt", "model/model.go": "multiply.go.txt"})
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module control\n\ngo 1.21\n"), 0o644); err != nil {
			return nil, err
		}
		_, _, err = toolchain.Run(ctx, toolchain.Command{
			Dir:  dir,
			Env:  []string{"GOOS=linux", "GOARCH=" + arch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local"},
			Args: []string{"go", "build", "-trimpath", "-o", "control.elf", "."},
		})
		if err != nil {
			return nil, err
		}
		p, err := Binary(ctx, Object{Target: "go-" + arch, Path: filepath.Join(dir, "control.elf"), Objdump: objdump, Package: pkg})
		return p.Forbidden, err
	}
}

// absent asks for a package that the program does not have: the proof must
// fail, not pass on nothing.
func absent(ctx context.Context, dir string) ([]string, error) {
	found, err := goControl("amd64", "objdump", "control/other")(ctx, dir)
	if err == nil || toolchain.IsMissing(err) || !strings.Contains(err.Error(), "no function of package") {
		return found, err
	}
	return []string{"no function of the package"}, nil
}

func verilogControl(family Family) func(context.Context, string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		if err := unpack(dir, map[string]string{"multiply.v": "multiply.v"}); err != nil {
			return nil, err
		}
		h := Hardware{Target: "verilog", Dir: dir, Files: []string{"multiply.v"}, Top: "multiply"}
		if family == "" {
			p, err := Netlist(ctx, h)
			return p.Forbidden, err
		}
		p, err := Mapped(ctx, h, family)
		return p.Forbidden, err
	}
}

// trapped is the exit code of control/trap.c after an illegal instruction.
const trapped = 7

// trap runs a mul on a QEMU without the M extension: it must not get past it,
// and the same program without the mul must.
func trap(ctx context.Context, dir string) ([]string, error) {
	if err := unpack(dir, map[string]string{"trap.c": "trap.c"}); err != nil {
		return nil, err
	}
	switch code, err := runTrap(ctx, dir); {
	case err != nil:
		return nil, err
	case code != 0:
		return nil, fmt.Errorf("the program without a mul ended with %d", code)
	}
	code, err := runTrap(ctx, dir, "-DMUL")
	if err != nil || code != trapped {
		return nil, err
	}
	return []string{"illegal instruction"}, nil
}

func runTrap(ctx context.Context, dir string, flags ...string) (code int, err error) {
	compile := append([]string{"riscv64-unknown-elf-gcc", "-march=rv32i", "-mabi=ilp32", "-O2", "-ffreestanding", "-nostdlib",
		"-Wl,--no-warn-rwx-segments", "-Wl,-Ttext=0x80000000", "trap.c", "-o", "trap.elf"}, flags...)
	if _, _, err := toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: compile}); err != nil {
		return 0, err
	}
	_, _, err = toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: []string{"qemu-system-riscv32", "-machine", "virt", "-bios", "none",
		"-cpu", "rv32,m=false,a=false,f=false,d=false,c=false", "-display", "none", "-monitor", "none", "-serial", "none", "-kernel", "trap.elf"}})
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	return 0, err
}
