package proof

import (
	"context"
	"debug/elf"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

var everything = flag.Bool("prove", false, "prove the C of every model by every compiler, on every level of optimisation, for every target")

// compiled is a way to compile emitted C: objects only, for clang has no
// libraries for the boards.
type compiled struct {
	target  string
	command []string
	objdump string
	// programs are compiled beside the model; hosted ones may call the C library.
	programs []string
	hosted   bool
}

// The flags are those of the emitted Makefile.
var (
	warned       = []string{"-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wpedantic"}
	freestanding = []string{"-ffreestanding", "-ffunction-sections", "-fdata-sections"}
	ofGCC        = []string{"-fno-tree-loop-distribute-patterns", "-fno-inline-functions-called-once"}
)

const armDump, riscvDump = "arm-none-eabi-objdump", "riscv64-unknown-elf-objdump"

func compilers() []compiled {
	board := func(target, objdump string, command ...string) compiled {
		command = slices.Concat(command, freestanding)
		if command[0] != "clang" {
			command = append(command, ofGCC...)
		}
		return compiled{target: target, command: command, objdump: objdump, programs: []string{"board"}}
	}
	host := func(target, command string) compiled {
		return compiled{target, []string{command}, "objdump", []string{"host", "test"}, true}
	}
	return []compiled{
		host("gcc x86-64", "gcc"),
		host("clang x86-64", "clang"),
		board("gcc M0", armDump, "arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb"),
		board("clang M0", armDump, "clang", "--target=thumbv6m-none-eabi", "-mcpu=cortex-m0"),
		board("gcc M4", armDump, "arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"),
		board("clang M4", armDump, "clang", "--target=thumbv7em-none-eabi", "-mcpu=cortex-m4"),
		board("gcc RV32I", riscvDump, "riscv64-unknown-elf-gcc", "-march=rv32i", "-mabi=ilp32"),
		board("clang RV32I", riscvDump, "clang", "--target=riscv32-unknown-elf", "-march=rv32i", "-mabi=ilp32"),
	}
}

var levels = []string{"-Os", "-O2", "-O3"}

// object compiles a source of a directory and returns the proof of it; the symbols
// that the object asks for beyond those of the model count as found, for nobody has
// looked into them.
func (c compiled) object(ctx context.Context, dir, source, level string) (Proof, error) {
	name := strings.ReplaceAll(c.target, " ", "-") + level + "-" + source + ".o"
	args := slices.Concat(c.command, warned, []string{level, "-c", source + ".c", "-o", name})
	if _, _, err := toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: args}); err != nil {
		return Proof{}, err
	}
	path := filepath.Join(dir, name)
	defer os.Remove(path)
	p, err := Binary(ctx, Object{Target: c.target, Path: path, Objdump: c.objdump})
	if err != nil {
		return p, err
	}
	outside, err := c.outside(path)
	p.Forbidden = append(p.Forbidden, outside...)
	return p, err
}

// library lists the functions that hosted programs may call: input and output, and
// those that compilers make of loops that copy.
var library = strings.Fields(`putchar putc puts printf fprintf fwrite fread fflush ferror strcmp stdin stdout stderr
	memcpy memset memmove _GLOBAL_OFFSET_TABLE_`)

func (c compiled) outside(path string) ([]string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range symbols {
		mine := strings.HasPrefix(s.Name, modelName+"_") || s.Name == ""
		if s.Section == elf.SHN_UNDEF && !mine && !(c.hosted && slices.Contains(library, s.Name)) {
			out = append(out, "call of "+s.Name)
		}
	}
	return out, nil
}

// modelName begins the names in the emitted C of every model.
const modelName = "model"

// verdict is the cell of the table for one model, compiler and level.
func (c compiled) verdict(t *testing.T, dir, level string) string {
	scanned := 0
	for _, source := range append([]string{modelName}, c.programs...) {
		p, err := c.object(context.Background(), dir, source, level)
		switch {
		case err != nil:
			t.Errorf("%s %s, %s.c: %v", c.target, level, source, err)
			return "not built"
		case !p.Holds():
			t.Errorf("%s %s, %s.c: found %s", c.target, level, source, strings.Join(p.Forbidden, ", "))
			return strings.Join(p.Forbidden, ", ")
		}
		scanned += p.Scanned
	}
	return fmt.Sprintf("holds (%d)", scanned)
}

// TestProve demands that no compiler makes a multiplication of the C that is
// emitted: a sample of models, compilers and levels, or all with -prove.
func TestProve(t *testing.T) {
	irtest.Long(t)
	all := compilers()
	for _, c := range all {
		irtest.Need(t, c.command[0], c.objdump)
	}
	for _, s := range subjects() {
		if !*everything && s.sample == nil {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			dir := s.emit(t)
			cells := make([]string, len(all)*len(levels))
			toolchain.Each(len(cells), func(n int) {
				if c, l := n/len(levels), n%len(levels); *everything || s.sample(all[c].target, c, l) {
					cells[n] = all[c].verdict(t, dir, levels[l])
				}
			})
			var b strings.Builder
			for n, cell := range cells {
				if cell != "" {
					fmt.Fprintf(&b, "\n%-24s %-12s %s  %s", s.name, all[n/len(levels)].target, levels[n%len(levels)], cell)
				}
			}
			t.Log(b.String())
		})
	}
}

// TestProveRefuses puts every way to compile to the test with functions that
// multiply, that are made a call of memset, and that do neither.
func TestProveRefuses(t *testing.T) {
	irtest.Long(t)
	for _, c := range compilers() {
		irtest.Need(t, c.command[0], c.objdump)
		for _, level := range levels {
			for source, holds := range map[string]bool{"multiply": false, "divide": false, "call": false, "add": true} {
				dir := t.TempDir()
				if err := unpack(dir, map[string]string{source + ".c": source + ".c"}); err != nil {
					t.Fatal(err)
				}
				p, err := c.object(context.Background(), dir, source, level)
				if err != nil || p.Holds() != holds {
					t.Errorf("%s %s, %s.c: %+v, %v", c.target, level, source, p, err)
				}
			}
		}
	}
}
