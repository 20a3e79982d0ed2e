package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

// processors are compilers, and how much of the code that build tells of their code may be.
var processors = []struct {
	command string
	share   float64
}{
	{"arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb", 1},
	{"arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb", 1},
	{"riscv64-unknown-elf-gcc -march=rv32i -mabi=ilp32", 1.5},
}

// The flash that build tells for C is right: tables, padded to 4 bytes, are exact; code is within the
// processor's share of the figure, and more than a third of that in models of more than a few lines. The
// size of the state is held by the emitted C itself, when it is compiled.
func TestSizesOfNetworks(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	for _, n := range networks {
		dir := filepath.Join(t.TempDir(), "c")
		var b built
		text := nomul(t, "build", "../../testdata/models/"+n.file, "-t", "c", "-o", dir, "--mean", ".286", "--std", ".353", "--json")
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			t.Fatal(err)
		}
		tables, code := b.Memory[0].Bytes, b.Memory[1].Bytes
		for _, p := range processors {
			for _, level := range []string{"-O2", "-Os"} {
				got := sizeOfC(t, dir, p.command, level, "model.c")
				if limit := p.share * float64(code); float64(got) > limit || float64(got) < limit/3 {
					t.Errorf("%s: %s %s: %d bytes of code, told %d", n.file, p.command, level, got, code)
				}
			}
			if got := sizeOfC(t, dir, p.command, "-O2", "model_weights.c"); (got+3)&^3 != tables {
				t.Errorf("%s: %s: %d bytes of tables, told %d", n.file, p.command, got, tables)
			}
		}
	}
}

// The same of every op.
func TestSizesOfArchives(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	c := cgen.New()
	for _, a := range fixedArchives(t) {
		if c.Check(a.net).Err() != nil {
			continue
		}
		dir := t.TempDir()
		for _, f := range c.Emit(a.net, backends.Options{Name: modelName}) {
			if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		needs := c.Needs(a.net)
		if got := sizeOfC(t, dir, processors[0].command, "-O2", "model.c"); got > needs[1].Bytes || got == 0 {
			t.Errorf("%s: %d bytes of code, told %d", a.name, got, needs[1].Bytes)
		}
		if got := sizeOfC(t, dir, processors[0].command, "-O2", "model_weights.c"); (got+3)&^3 != needs[0].Bytes {
			t.Errorf("%s: %d bytes of tables, told %d", a.name, got, needs[0].Bytes)
		}
	}
}

// sizeOfC is the code and constants that a compiler makes of a file.
func sizeOfC(t *testing.T, dir, compiler, level, file string) int {
	t.Helper()
	args := append(strings.Fields(compiler), level, "-std=c99", "-ffreestanding", "-fno-tree-loop-distribute-patterns", "-c", "-o", "out.o", file)
	for _, command := range [][]string{args, {strings.Replace(args[0], "gcc", "size", 1), "out.o"}} {
		stdout, _, err := toolchain.Run(t.Context(), toolchain.Command{Dir: dir, Args: command})
		if toolchain.IsMissing(err) && os.Getenv("NOMUL_REQUIRE_TOOLS") != "1" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if columns := strings.Fields(string(stdout)); len(columns) > 6 { // six headings, and text first
			n, err := strconv.Atoi(columns[6])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("size tells nothing")
	return 0
}
