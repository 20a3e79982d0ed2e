package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"nomul/backends"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/runtime/engine"
	"nomul/runtime/proof"
)

// verilogFigures are the clocks and cells of the hardware.
type verilogFigures struct {
	Lanes  int         `json:"lanes"`
	Images []clocks    `json:"images"`
	Layer  string      `json:"layer,omitempty"`
	Shape  string      `json:"layer_shape,omitempty"`
	Cells  []cellCount `json:"cells,omitempty"`
}

// clocks are those of one image.
type clocks struct {
	Simulated  int               `json:"simulated"`
	Header     int               `json:"header"`
	Mismatches engine.Mismatches `json:"mismatches"`
}

// cellCount is the cells of a module on an FPGA family.
type cellCount struct {
	Family string         `json:"family"`
	Part   string         `json:"part"` // linear or neurons
	Module string         `json:"module"`
	Cells  map[string]int `json:"cells"`
}

// measureVerilog simulates the emitted hardware and maps one of its layers.
func (b *bench) measureVerilog(ctx context.Context) figures {
	r, err := b.reference(ctx)
	if err != nil {
		b.missed("cycles and cells", err)
		return nil
	}
	o := backends.Options{Name: artefactName, Lanes: b.o.lanes, Vectors: r.want}
	f := &verilogFigures{Lanes: verilog.DefaultLanes}
	if o.Lanes > 0 {
		f.Lanes = o.Lanes
	}
	if f.Images, err = b.simulate(ctx, o, r); err != nil {
		b.missed("cycles", err)
	}
	if err := b.countCells(ctx, o, f); err != nil {
		b.missed("cells", err)
	}
	return f
}

// simulate runs the images one by one, for the clocks of each.
func (b *bench) simulate(ctx context.Context, o backends.Options, r *reference) ([]clocks, error) {
	b.command("iverilog -g2005 -s tb -o tb.vvp tb.v model.v")
	e, err := engine.Verilog(ctx, b.net, verilog.New(), o, "iverilog")
	if err != nil {
		return nil, err
	}
	defer e.Close()
	b.version(ctx, "iverilog", "-V")
	header, err := headerClocks(filepath.Join(e.Dir(), "model.v"))
	if err != nil {
		return nil, err
	}
	if len(header) != len(r.want) {
		return nil, fmt.Errorf("the header of model.v states the clocks of %d samples, wanted %d", len(header), len(r.want))
	}
	b.command("vvp -n tb.vvp +inputs=inputs.hex +samples=1 +trace=trace.txt")
	var out []clocks
	for i, want := range r.want {
		got, err := e.Run(ctx, [][][]int64{want.Inputs}, true)
		if err != nil {
			return nil, err
		}
		out = append(out, clocks{int(e.Cost().Cycles), header[i], engine.Compare(backends.Vectors{want}, got)})
	}
	return out, nil
}

// clocksLine is the header's statement about the emitted samples.
var clocksLine = regexp.MustCompile(`(?m)^// Clocks of the samples in vectors\.hex:((?: \d+)+)$`)

func headerClocks(file string) ([]int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := clocksLine.FindSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("the header of %s states no clocks", filepath.Base(file))
	}
	var out []int
	for _, word := range strings.Fields(string(m[1])) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// countCells maps the two modules of a layer, its linear and its neurons, to
// both families, several at a time: block memories take yosys minutes.
func (b *bench) countCells(ctx context.Context, o backends.Options, f *verilogFigures) error {
	neuron, linear, err := b.layer()
	if err != nil {
		return err
	}
	dir, err := b.emit(verilog.New(), o)
	if err != nil {
		return err
	}
	modules, err := modulesOf(filepath.Join(dir, "model.v"), linear, neuron)
	if err != nil {
		return err
	}
	f.Layer, f.Shape = neuron.Name, linear.Arg(1).Type.Shape.String()
	for _, family := range []proof.Family{proof.ICE40, proof.ECP5} {
		for i, m := range modules {
			f.Cells = append(f.Cells, cellCount{Family: string(family), Part: []string{"linear", "neurons"}[i], Module: m})
		}
	}
	if err := b.mapAll(ctx, dir, f.Cells); err != nil {
		f.Cells = nil
		return err
	}
	b.version(ctx, "yosys", "-V")
	return nil
}

// synthesis is how package proof maps to a family, for the report.
var synthesis = map[proof.Family]string{proof.ICE40: "ice40 -dsp", proof.ECP5: "ecp5"}

// largest names the cells of a large device of each family, for comparison.
var largest = map[proof.Family]string{
	proof.ICE40: "an iCE40 HX8K has 7680 SB_LUT4 with a flip-flop each and 32 SB_RAM40_4K",
	proof.ECP5:  "an ECP5 LFE5U-45F has 44 thousand LUT4 and 108 DP16KD",
}

// mapAll fills in the cells.
func (b *bench) mapAll(ctx context.Context, dir string, counts []cellCount) error {
	errs := make([]error, len(counts))
	room := make(chan struct{}, runtime.NumCPU())
	var running sync.WaitGroup
	for i := range counts {
		c := &counts[i]
		b.command(fmt.Sprintf("yosys -q -p 'read_verilog model.v; synth_%s -top %s; stat'", synthesis[proof.Family(c.Family)], c.Module))
		running.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			h := proof.Hardware{Target: "verilog", Dir: dir, Files: []string{"model.v"}, Top: c.Module}
			c.Cells, errs[i] = proof.Cells(ctx, h, proof.Family(c.Family))
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// layer finds the neuron layer whose cells are counted, and the linear before it.
func (b *bench) layer() (neuron, linear *ir.Value, err error) {
	neurons := backends.PortsOf(b.net).Neurons
	var names []string
	for _, v := range neurons {
		names = append(names, v.Name)
		if v.Name == b.o.layer || b.o.layer == "" {
			neuron = v
		}
	}
	if neuron == nil {
		return nil, nil, fmt.Errorf("there is no neuron layer %q; there are %s", b.o.layer, strings.Join(names, ", "))
	}
	linear = neuron.Arg(ir.NeuronX)
	for linear.Op != ir.OpLinear && len(linear.Args) > 0 {
		linear = linear.Arg(0)
	}
	if linear.Op != ir.OpLinear {
		return nil, nil, fmt.Errorf("the neurons %s are fed by no linear", neuron.Name)
	}
	return neuron, linear, nil
}

// modulesOf finds the modules of values: each is preceded by the line of the stage that
// computes the value.
func modulesOf(file string, values ...*ir.Value) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, v := range values {
		var m []string
		stage := regexp.MustCompile(`\n// (each|fold) ` + regexp.QuoteMeta(v.Name) + ` `)
		if at := stage.FindIndex(text); at != nil {
			m = moduleLine.FindStringSubmatch(string(text[at[1]:]))
		}
		if m == nil {
			return nil, fmt.Errorf("%s has no module of %%%s", filepath.Base(file), v.Name)
		}
		out = append(out, m[1])
	}
	return out, nil
}

var moduleLine = regexp.MustCompile(`(?m)^module (\w+)`)

func (f *verilogFigures) tables() []table {
	var out []table
	if f.Images != nil {
		out = append(out, f.clockTable())
	}
	if f.Cells == nil {
		return out
	}
	for _, family := range []proof.Family{proof.ICE40, proof.ECP5} {
		out = append(out, f.cellTable(family))
	}
	return out
}

func (f *verilogFigures) clockTable() table {
	t := table{
		Title: fmt.Sprintf("Verilog engine, %d lanes: cycles per image", f.Lanes),
		Head:  []string{"image", "simulated", "header", "equal", "differing spikes", "membranes", "outputs"},
	}
	total := 0
	for i, c := range f.Images {
		equal := "yes"
		if c.Simulated != c.Header {
			equal = "NO"
		}
		t.add(i, c.Simulated, c.Header, equal, c.Mismatches.Spikes, c.Mismatches.States, c.Mismatches.Outputs)
		total += c.Simulated
	}
	t.note("mean %d cycles per image", total/len(f.Images))
	return t
}

// cellTable has a row for each kind of cell; iCE40's kinds of flip-flops are one.
func (f *verilogFigures) cellTable(family proof.Family) table {
	t := table{
		Title: fmt.Sprintf("Verilog engine, %d lanes: %s cells of the layer %%%s, weights %s", f.Lanes, family, f.Layer, f.Shape),
		Head:  []string{"cell"},
	}
	var columns []map[string]int
	var kinds []string
	for _, c := range f.Cells {
		if c.Family != string(family) {
			continue
		}
		t.Head = append(t.Head, c.Part)
		t.note("%s: module %s", c.Part, c.Module)
		column := grouped(c.Cells)
		columns = append(columns, column)
		for kind := range column {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	t.Head = append(t.Head, "both")
	t.note("%s", largest[family])
	sort.Strings(kinds)
	for _, kind := range kinds {
		row, total := []any{kind}, 0
		for _, c := range columns {
			row, total = append(row, c[kind]), total+c[kind]
		}
		t.add(append(row, total)...)
	}
	return t
}

func grouped(cells map[string]int) map[string]int {
	out := map[string]int{}
	for kind, n := range cells {
		if strings.HasPrefix(kind, "SB_DFF") {
			kind = "SB_DFF…"
		}
		out[kind] += n
	}
	return out
}
