package proof

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

// built writes a source, runs tools on it and gives the path of the object.
func built(t *testing.T, name, source string, commands ...[]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		irtest.Need(t, c[0])
		if _, _, err := toolchain.Run(context.Background(), toolchain.Command{Dir: dir, Args: c}); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "a.o")
}

// A function that is there but of which the disassembler shows nothing, because it
// is marked as data, is not proved: here a mul that nobody would see.
func TestDataInText(t *testing.T) {
	const source = `.syntax unified
.text
.thumb
.global other, hidden
.type other, %function
.thumb_func
other:
	adds r0, r0, r1
	bx lr
	.align 2
.size other, .-other
.type hidden, %function
hidden:
	.word 0x47704348
.size hidden, .-hidden
`
	path := built(t, "a.s", source, []string{"arm-none-eabi-gcc", "-mcpu=cortex-m0", "-c", "a.s", "-o", "a.o"})
	o := Object{Path: path, Objdump: armDump, Functions: []string{"other"}}
	if p, err := Binary(t.Context(), o); err != nil || !p.Holds() {
		t.Errorf("%+v, %v", p, err)
	}
	o.Functions = append(o.Functions, "hidden")
	if p, err := Binary(t.Context(), o); err == nil || !strings.Contains(err.Error(), "not one instruction of function hidden") {
		t.Errorf("data was taken for a function that was looked into: %+v, %v", p, err)
	}
}

// Aliases are one function under two names.
func TestAlias(t *testing.T) {
	const source = `int first(int a);
int second(int a) __attribute__((alias("first")));
int first(int a) { return a + 1; }
`
	path := built(t, "a.c", source, []string{"gcc", "-O2", "-c", "a.c", "-o", "a.o"})
	for _, name := range []string{"first", "second"} {
		p, err := Binary(t.Context(), Object{Path: path, Objdump: "objdump", Functions: []string{name}})
		if err != nil || !p.Holds() {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// Without symbols instructions are found all the same, calls of routines are named
// by the symbols left to link, and functions that are asked for are missed.
func TestStripped(t *testing.T) {
	multiply, err := os.ReadFile("control/multiply.c")
	if err != nil {
		t.Fatal(err)
	}
	path := built(t, "a.c", string(multiply), []string{"gcc", "-O2", "-c", "a.c", "-o", "a.o"}, []string{"strip", "a.o"})
	p, err := Binary(t.Context(), Object{Path: path, Objdump: "objdump"})
	if err != nil || p.Holds() || !strings.HasPrefix(p.Forbidden[0], "imul") {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Binary(t.Context(), Object{Path: path, Objdump: "objdump", Functions: []string{"multiply"}}); err == nil {
		t.Error("a function was found that has no name any more")
	}
	if _, err := Binary(t.Context(), Object{Path: path, Objdump: "objdump", Package: "model"}); err == nil {
		t.Error("a package was found that has no names any more")
	}
	path = built(t, "a.c", string(multiply), []string{"riscv64-unknown-elf-gcc", "-march=rv32i", "-mabi=ilp32", "-c", "a.c", "-o", "a.o"},
		[]string{"riscv64-unknown-elf-strip", "--strip-unneeded", "a.o"})
	p, err = Binary(t.Context(), Object{Path: path, Objdump: riscvDump})
	if err != nil || !slices.Contains(p.Forbidden, "call of __mulsi3") {
		t.Errorf("%+v, %v", p, err)
	}
	const calling = `#ifdef LIBRARY
int __mulsi3(int a, int b) { return a + b; }
#else
int __mulsi3(int a, int b);
int main(void) { return __mulsi3(2, 3); }
#endif
`
	path = built(t, "a.c", calling, []string{"gcc", "-DLIBRARY", "-shared", "-fPIC", "a.c", "-o", "liba.so"},
		[]string{"gcc", "a.c", "./liba.so", "-o", "a.o"}, []string{"strip", "a.o"})
	p, err = Binary(t.Context(), Object{Path: path, Objdump: "objdump"})
	if err != nil || !slices.Contains(p.Forbidden, "call of __mulsi3") {
		t.Errorf("%+v, %v", p, err)
	}
}
