package engine

import (
	"context"
	"debug/elf"
	_ "embed" // the plugin's source
	"fmt"
	"os"
	"strconv"
	"strings"

	"nomul/runtime/engine/toolchain"
)

//go:embed qemu/insncount.c
var pluginSource []byte

// buildPlugin compiles the instruction counter for the QEMU of this machine.
func (a *artefact) buildPlugin(ctx context.Context) (string, error) {
	if err := toolchain.Need("gcc"); err != nil {
		return "", err
	}
	if err := os.WriteFile(a.path("build/insncount.c"), pluginSource, 0o644); err != nil {
		return "", err
	}
	if err := a.build(ctx, nil, "gcc", "-shared", "-fPIC", "-O2", "-o", "build/insncount.so", "build/insncount.c"); err != nil {
		return "", err
	}
	return a.path("build/insncount.so"), nil
}

// countsOf reads the plugin's counts and divides the share of the model's own
// functions by the samples. The board's work around the model, such as
// comparing and telling, is left out.
func countsOf(program, model, counts string, samples int) (Cost, error) {
	data, err := os.ReadFile(counts)
	if err != nil {
		return Cost{}, err
	}
	mine, err := modelFunctions(program, model)
	if err != nil {
		return Cost{}, err
	}
	var c Cost
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		name, count, _ := strings.Cut(line, " ")
		n, err := strconv.ParseUint(count, 10, 63)
		if err != nil {
			return Cost{}, fmt.Errorf("instruction counts: %q is not a function and its count", line)
		}
		if mine[name] {
			per := float64(n) / float64(max(1, samples))
			c.Instructions += per
			c.Functions = append(c.Functions, Function{name, per})
		}
	}
	if c.Instructions == 0 {
		return c, fmt.Errorf("instruction counts: none of the model's functions is among them")
	}
	return c, nil
}

// modelFunctions lists the functions of the model in a board's program. Local
// symbols follow the name of their source file; global ones stand behind all
// of them, and of those only the two of the start are not the model's.
func modelFunctions(program, model string) (map[string]bool, error) {
	f, err := elf.Open(program)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	out := map[string]bool{}
	file := ""
	for _, s := range symbols {
		switch kind, local := elf.ST_TYPE(s.Info), elf.ST_BIND(s.Info) == elf.STB_LOCAL; {
		case kind == elf.STT_FILE:
			file = s.Name
		case kind != elf.STT_FUNC:
		case local && (file == model+".c" || file == model+"_weights.c"), !local && s.Name != "board" && s.Name != "reset":
			out[s.Name] = true
		}
	}
	return out, nil
}
