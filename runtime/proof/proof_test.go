package proof

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func TestEveryControlIsCaught(t *testing.T) {
	irtest.Long(t)
	for _, c := range controls() {
		t.Run(c.name, func(t *testing.T) {
			got := c.run(context.Background())
			if got.Skipped != "" {
				missing(t, got.Skipped)
			}
			if !got.Caught || len(got.Found) == 0 {
				t.Errorf("not caught: %+v", got)
			}
			t.Log(got.Found)
		})
	}
}

func TestControlsOf(t *testing.T) {
	var names []string
	for _, c := range controlsOf([]string{"go", "c-m0"}) {
		names = append(names, c.name)
	}
	if got, want := strings.Join(names, " "), "go-amd64 go-arm64 go-package c-m0 c-m0-helper"; got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
	if len(controlsOf(nil)) != len(controls()) {
		t.Error("no target is not all of them")
	}
}

const fixtures = "../../testdata/proof/"

// Each fixture lists instructions that multiply or divide, every one of which
// must be refused, and behind the label "allowed" others that must not.
func TestMnemonics(t *testing.T) {
	for _, c := range []struct {
		file, objdump string
		compile       []string
	}{
		{"x86.s", "objdump", []string{"gcc"}},
		{"aarch64.s", "aarch64-linux-gnu-objdump", []string{"clang", "--target=aarch64-linux-gnu", "-march=armv8.5-a+sve+bf16+i8mm+dotprod+fp16fml+crypto"}},
		{"arm.s", "arm-none-eabi-objdump", []string{"arm-none-eabi-gcc", "-mcpu=cortex-a32", "-mfpu=neon-fp-armv8", "-mfloat-abi=hard", "-marm"}},
		{"riscv.s", "riscv64-unknown-elf-objdump", []string{"riscv64-unknown-elf-gcc", "-march=rv32imfdc", "-mabi=ilp32d"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			irtest.Need(t, c.objdump, c.compile[0])
			source, err := os.ReadFile(fixtures + c.file)
			if err != nil {
				t.Fatal(err)
			}
			bad, good, ok := strings.Cut(string(source), "allowed:")
			if !ok {
				t.Fatal("no label allowed")
			}
			p := assemble(t, bad, c.objdump, c.compile)
			if n := instructions(bad); p.Scanned != n || times(p.Forbidden) != n {
				t.Errorf("%d instructions written, %d seen, refused %d: %q", n, p.Scanned, times(p.Forbidden), p.Forbidden)
			}
			p = assemble(t, good, c.objdump, c.compile)
			if n := instructions(good); p.Scanned != n || !p.Holds() {
				t.Errorf("%d instructions written, %d seen, refused %q", n, p.Scanned, p.Forbidden)
			}
		})
	}
}

func assemble(t *testing.T, source, objdump string, compile []string) Proof {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.s"), []byte(".text\n"+source), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	args := append(slices.Clone(compile), "-c", "a.s", "-o", "a.o")
	if _, _, err := toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: args}); err != nil {
		t.Fatal(err)
	}
	p, err := Binary(ctx, Object{Target: "fixture", Path: filepath.Join(dir, "a.o"), Objdump: objdump})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var written = regexp.MustCompile(`(?m)^\t`)

func instructions(source string) int { return len(written.FindAllString(source, -1)) }

var counted = regexp.MustCompile(`\((\d+) times\)$`)

// times adds up the refusals of a proof; the fixtures repeat no instruction twice
// under one mnemonic more than nine times.
func times(forbidden []string) int {
	n := 0
	for _, f := range forbidden {
		if m := counted.FindStringSubmatch(f); m != nil {
			n += int(m[1][0] - '0')
			continue
		}
		n++
	}
	return n
}

func TestEmptyObjectIsAFailure(t *testing.T) {
	irtest.Need(t, "gcc", "objdump")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.s"), []byte(".data\n.byte 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, _, err := toolchain.Run(ctx, toolchain.Command{Dir: dir, Args: []string{"gcc", "-c", "a.s"}}); err != nil {
		t.Fatal(err)
	}
	p, err := Binary(ctx, Object{Path: filepath.Join(dir, "a.o"), Objdump: "objdump"})
	if err == nil || p.Holds() {
		t.Errorf("an object without code gave %+v, %v", p, err)
	}
	_, err = Binary(ctx, Object{Path: filepath.Join(dir, "a.s"), Objdump: "objdump"})
	if err == nil {
		t.Error("a text file was taken for object code")
	}
	_, err = Binary(ctx, Object{Path: filepath.Join(dir, "a.o"), Objdump: "objdump", Functions: []string{"model_step"}})
	if err == nil || !strings.Contains(err.Error(), "no function model_step") {
		t.Errorf("a missing function gave %v", err)
	}
}

func TestMissingDisassembler(t *testing.T) {
	_, err := Binary(context.Background(), Object{Path: "a.o", Objdump: "no-such-objdump"})
	if !toolchain.IsMissing(err) {
		t.Errorf("got %v", err)
	}
}

// A functioning adder with a memory, and the same with a multiplication by a
// constant that is no power of two and one in an address.
func TestNetlist(t *testing.T) {
	irtest.Long(t)
	irtest.Need(t, "yosys")
	ctx := context.Background()
	good := Hardware{Target: "verilog", Dir: fixtures, Files: []string{"adder.v"}, Top: "adder"}
	for name, prove := range map[string]func() (Proof, error){
		"netlist": func() (Proof, error) { return Netlist(ctx, good) },
		"ice40":   func() (Proof, error) { return Mapped(ctx, good, ICE40) },
		"ecp5":    func() (Proof, error) { return Mapped(ctx, good, ECP5) },
	} {
		p, err := prove()
		if err != nil || !p.Holds() {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for _, top := range []string{"scaled", "addressed", "divided"} {
		p, err := Netlist(ctx, Hardware{Target: "verilog", Dir: fixtures, Files: []string{"multiplying.v"}, Top: top})
		if err != nil || p.Holds() {
			t.Errorf("%s: %+v, %v", top, p, err)
		}
	}
	if _, err := Netlist(ctx, Hardware{Dir: fixtures, Files: []string{"adder.v"}, Top: "other"}); err == nil {
		t.Error("a missing top module was proved")
	}
	cells, err := Cells(ctx, good, ICE40)
	if err != nil || cells["SB_LUT4"] == 0 {
		t.Errorf("cells %v, %v", cells, err)
	}
}
