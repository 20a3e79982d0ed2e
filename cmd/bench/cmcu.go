package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/runtime/engine"
	"nomul/runtime/engine/toolchain"
)

// cFigures are the C engine's instructions and memory on microcontrollers.
type cFigures struct {
	Images int     `json:"images"`
	Synops float64 `json:"synops_per_image"`
	Boards []board `json:"boards"`
	Stack  int     `json:"stack_bytes_at_most"`
}

// board is one microcontroller. Sizes are of the model alone, without the
// program around it.
type board struct {
	Name         string            `json:"name"`
	Instructions float64           `json:"instructions_per_image"`
	PerSynop     float64           `json:"instructions_per_synop"`
	Functions    []engine.Function `json:"functions"`
	Mismatches   engine.Mismatches `json:"mismatches"`
	Code         int               `json:"code_bytes"`
	Weights      int               `json:"weight_bytes"`
	State        int               `json:"state_bytes"`
}

// boardNames are how people call the targets, and the compiler flags by which the
// emitted Makefile heads their sizes.
var boardNames = map[string]struct{ name, flags string }{
	"m4":    {"Cortex-M4", "-mcpu=cortex-m4"},
	"m0":    {"Cortex-M0", "-mcpu=cortex-m0"},
	"rv32i": {"RV32I", "-march=rv32i"},
}

// measureC runs the emitted C under QEMU and asks the compilers for its sizes.
func (b *bench) measureC(ctx context.Context) figures {
	o := backends.Options{Name: artefactName}
	r, err := b.reference(ctx)
	if err != nil {
		b.missed("instructions, flash and RAM", err)
		return nil
	}
	f := &cFigures{Images: len(r.want), Synops: r.synops}
	for _, row := range cgen.Memory(b.net) {
		if row.Region == "stack" {
			f.Stack += row.Bytes
		}
	}
	sizes, err := b.sizes(ctx, o)
	if err != nil {
		b.missed("flash", err)
	}
	for _, t := range engine.Targets() {
		one, err := b.runBoard(ctx, t, o, r)
		if err != nil {
			b.missed("instructions on "+boardNames[t.Name].name, err)
			continue
		}
		one.Code, one.Weights = sizes[t.Name].code, sizes[t.Name].weights
		f.Boards = append(f.Boards, one)
	}
	if len(f.Boards) == 0 {
		return nil
	}
	return f
}

// runBoard builds the program for one microcontroller and runs the images.
func (b *bench) runBoard(ctx context.Context, t engine.Target, o backends.Options, r *reference) (board, error) {
	one := board{Name: boardNames[t.Name].name}
	b.command("make " + t.Name + " TRACE=1")
	b.command(strings.Join(t.Emulator, " ") + " -kernel " + t.Name + ".elf -plugin insncount.so,out=counts")
	e, err := engine.NewBoard(ctx, b.net, cgen.New(), o, t)
	if err != nil {
		return one, err
	}
	defer e.Close()
	got, err := e.Run(ctx, engine.Samples(r.want), true)
	if err != nil {
		return one, err
	}
	cost := e.Cost()
	if cost.Instructions == 0 {
		return one, &toolchain.Missing{Tools: []string{"gcc for the instruction counter"}}
	}
	one.Instructions, one.Functions = cost.Instructions, cost.Functions
	one.PerSynop = cost.Instructions / r.synops
	one.Mismatches = engine.Compare(r.want, got)
	one.State, err = stateBytes(e.Binary())
	b.version(ctx, t.Compiler, "--version")
	b.version(ctx, t.Emulator[0], "--version")
	return one, err
}

// stateBytes is the size of the model's state in a board's program: the static
// variable st, which compilers may number.
func stateBytes(program string) (int, error) {
	f, err := elf.Open(program)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_OBJECT && (s.Name == "st" || strings.HasPrefix(s.Name, "st.")) {
			return int(s.Size), nil
		}
	}
	return 0, errors.New(filepath.Base(program) + " has no variable st")
}

// flash is the bytes of a model's code and weights in flash.
type flash struct{ code, weights int }

// sizes asks size for the sections of the model's objects, by target.
func (b *bench) sizes(ctx context.Context, o backends.Options) (map[string]flash, error) {
	if err := toolchain.Need("make", "arm-none-eabi-size", "riscv64-unknown-elf-size"); err != nil {
		return nil, err
	}
	dir, err := b.emit(cgen.New(), o)
	if err != nil {
		return nil, err
	}
	out, err := b.exec(ctx, toolchain.Command{Dir: dir, Args: []string{"make", "-s", "size"}})
	if err != nil {
		return nil, err
	}
	return readSizes(string(out))
}

// sizeLine is a line of size: text, data, bss, both sums, file.
var sizeLine = regexp.MustCompile(`^\s*(\d+)\s+(\d+)\s+(\d+)\s+\d+\s+[0-9a-f]+\s+\S*?` + artefactName + `(_weights|)\.o$`)

// readSizes reads the output of the emitted Makefile: for each target a line with
// its compiler flags and a colon, and the table of size.
func readSizes(text string) (map[string]flash, error) {
	out := map[string]flash{}
	target := ""
	for _, line := range strings.Split(text, "\n") {
		for name, n := range boardNames {
			if strings.HasSuffix(line, ":") && strings.Contains(line, n.flags) {
				target = name
			}
		}
		m := sizeLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		bytes := 0
		for _, digits := range m[1:3] { // initialised data lie in flash, too
			n, err := strconv.Atoi(digits)
			if err != nil {
				return nil, err
			}
			bytes += n
		}
		f := out[target]
		if m[4] == "" {
			f.code = bytes
		} else {
			f.weights = bytes
		}
		out[target] = f
	}
	if len(out) != len(boardNames) {
		return nil, fmt.Errorf("sizes of %d targets, wanted %d, in:\n%s", len(out), len(boardNames), text)
	}
	return out, nil
}

func (f *cFigures) tables() []table {
	t := table{
		Title: fmt.Sprintf("C engine under QEMU, %d images, %.0f synaptic operations per image", f.Images, f.Synops),
		Head: []string{"processor", "instructions/image", "per synop", "flash: code", "weights", "RAM: state", "stack at most",
			"differing spikes", "membranes", "outputs"},
	}
	for _, b := range f.Boards {
		t.add(b.Name, fmt.Sprintf("%.0f", b.Instructions), fmt.Sprintf("%.3f", b.PerSynop), b.Code, b.Weights, b.State, f.Stack,
			b.Mismatches.Spikes, b.Mismatches.States, b.Mismatches.Outputs)
	}
	t.note("bytes of the model alone; instructions of its own functions, which are not cycles")
	t.note("a synaptic operation is one weight, added for one spike or one set bit of a pixel")
	return []table{t, f.functions()}
}

// functions divides the instructions, by function and processor.
func (f *cFigures) functions() table {
	t := table{Title: "C engine, instructions per image by function", Head: []string{"function"}}
	counts := map[string]map[string]float64{}
	var names []string
	for _, b := range f.Boards {
		t.Head = append(t.Head, b.Name)
		for _, fn := range b.Functions {
			if counts[fn.Name] == nil {
				counts[fn.Name] = map[string]float64{}
				names = append(names, fn.Name)
			}
			counts[fn.Name][b.Name] += fn.Instructions
		}
	}
	for _, name := range names {
		row := []any{name}
		for _, b := range f.Boards {
			row = append(row, fmt.Sprintf("%.0f", counts[name][b.Name]))
		}
		t.add(row...)
	}
	return t
}
