package proof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"nomul/runtime/engine/toolchain"
)

// Hardware names a Verilog design to be scanned.
type Hardware struct {
	// Target is the name for the report, such as verilog.
	Target string
	// Dir holds the sources and the memory files they read.
	Dir string
	// Files are the sources, relative to Dir; Top is the module to elaborate.
	Files []string
	Top   string
}

// A Family is an FPGA family that a design can be mapped to.
type Family string

// The families. Both mappings may use the family's multiplier blocks, so that
// a multiplication would show as one.
const (
	ICE40 Family = "ice40"
	ECP5  Family = "ecp5"
)

// synthesis is the yosys command of each family; iCE40 wants to be told that
// it may use its multipliers, the others take them unasked.
var synthesis = map[Family]string{ICE40: "synth_ice40 -dsp", ECP5: "synth_ecp5"}

// multiplier matches the cells that multiply or divide: yosys' own before
// mapping, those half mapped, and the DSP blocks of the families.
var multiplier = regexp.MustCompile(`^(\$(mul|macc|macc_v2|div|mod|divfloor|modfloor|pow)|\$__.*MUL.*|` +
	`SB_MAC16|MULT(9X9|18X18|18X36|36X36).*|ALU(24|54).*|DSP48.*|MACC\w*)$`)

// Netlist elaborates the design and looks at every cell, before any mapping:
// there a multiplication is still one cell, while without DSP blocks it would
// later hide in lookup tables. Scanned counts those cells.
// It is an error when yosys is missing, refuses the design or gives no cell.
func Netlist(ctx context.Context, h Hardware) (Proof, error) {
	return h.prove(ctx, h.Target, "")
}

// Mapped synthesises the design for a family and looks for its multiplier
// blocks. Scanned counts the cells of the mapped netlist.
func Mapped(ctx context.Context, h Hardware, family Family) (Proof, error) {
	return h.prove(ctx, h.Target+"-"+string(family), synthesis[family]+" -top "+h.Top)
}

func (h Hardware) prove(ctx context.Context, target, synth string) (Proof, error) {
	cells, tool, err := h.cells(ctx, synth)
	p := Proof{Target: target, Tool: tool, Forbidden: []string{}}
	if err != nil {
		return p, err
	}
	for kind, n := range cells {
		p.Scanned += n
		if multiplier.MatchString(kind) {
			p.Forbidden = append(p.Forbidden, fmt.Sprintf("%d cells %s", n, kind))
		}
	}
	sort.Strings(p.Forbidden)
	if p.Scanned == 0 {
		return p, fmt.Errorf("%s: not one cell seen in module %s", h.Dir, h.Top)
	}
	return p, nil
}

// Cells counts the cells of the design mapped to a family, by type.
func Cells(ctx context.Context, h Hardware, family Family) (map[string]int, error) {
	cells, _, err := h.cells(ctx, synthesis[family]+" -top "+h.Top)
	return cells, err
}

// elaborate brings a design to cells and removes those that nothing reads. Nothing
// is simplified before the look: not even a multiplication by a power of two,
// which would become a shift, gets through.
const elaborate = "hierarchy -check -top %s; proc; flatten; opt_clean"

func (h Hardware) cells(ctx context.Context, synth string) (cells map[string]int, tool string, err error) {
	if tool, err = toolchain.Version(ctx, "yosys", "-V"); err != nil {
		return nil, "", err
	}
	out, err := os.CreateTemp("", "nomul-cells-*.json")
	if err != nil {
		return nil, tool, err
	}
	defer os.Remove(out.Name())
	if err := out.Close(); err != nil {
		return nil, tool, err
	}
	script := []string{"read_verilog " + strings.Join(h.Files, " ")}
	if synth == "" {
		synth = fmt.Sprintf(elaborate, h.Top)
	}
	script = append(script, synth, "tee -q -o "+filepath.ToSlash(out.Name())+" stat -json")
	if _, _, err := toolchain.Run(ctx, toolchain.Command{
		Dir: h.Dir, Args: []string{"yosys", "-q", "-p", strings.Join(script, "; ")},
	}); err != nil {
		return nil, tool, err
	}
	cells, err = readStat(out.Name())
	return cells, tool, err
}

func readStat(path string) (map[string]int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var stat struct {
		Design *struct {
			Cells map[string]int `json:"num_cells_by_type"`
		} `json:"design"`
	}
	if err := json.Unmarshal(data, &stat); err != nil {
		return nil, fmt.Errorf("what yosys counted: %w", err)
	}
	if stat.Design == nil {
		return nil, errors.New("yosys counted no design")
	}
	return stat.Design.Cells, nil
}
