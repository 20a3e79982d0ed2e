package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/engine"
)

// engineNames are the arguments of --engine.
var engineNames = []string{"interp", "go", "c", "verilog"}

func engineFlag(fs *pflag.FlagSet, to *string) {
	fs.StringVar(to, "engine", "interp", "the `ENGINE` to run on: "+strings.Join(engineNames, ", ")+"; all but interp are built from what build emits")
}

// checkEngine refuses a name that is no engine's.
func checkEngine(name string) error {
	if !slices.Contains(engineNames, name) {
		return usageError{fmt.Errorf("--engine %s: %s", name, oneOf(name, engineNames))}
	}
	return nil
}

// openEngine builds an engine for a fixed net.
func openEngine(ctx context.Context, net *ir.Net, name string) (engine.Engine, error) {
	if err := onlyFixed(name, net); err != nil {
		return nil, err
	}
	o := backends.Options{Name: modelName}
	switch name {
	case "go":
		return engine.Go(ctx, net, goasm.New(), engine.GoOptions{Options: o, Kernel: "auto"})
	case "c":
		return engine.C(ctx, net, cgen.New(), o, "gcc")
	case loweredLevel:
		return engine.NewLowered(net, lower.Plain), nil
	case "verilog":
		return engine.Verilog(ctx, net, verilog.New(), o, "iverilog")
	}
	return engine.Interp(net, 1)
}

// elements are samples as engines take them.
func elements(net *ir.Net, samples []map[string]*ir.Tensor) [][][]int64 {
	out := make([][][]int64, len(samples))
	for i, s := range samples {
		for _, in := range net.All(ir.OpInput) {
			out[i] = append(out[i], s[in.Name].I)
		}
	}
	return out
}

// reference returns the interpreter's results for samples, traced or not.
func reference(net *ir.Net, samples []map[string]*ir.Tensor, trace bool) (backends.Vectors, error) {
	e, err := engine.Interp(net, min(2, len(samples)))
	if err != nil {
		return nil, err
	}
	return e.Run(context.Background(), elements(net, samples), trace)
}

// recordEngine runs samples on a built engine and collects its results.
func recordEngine(c *cobra.Command, net *ir.Net, name string, samples []map[string]*ir.Tensor, trace bool) (*recording, error) {
	e, err := openEngine(c.Context(), net, name)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	got, err := e.Run(c.Context(), elements(net, samples), trace)
	if err != nil {
		return nil, err
	}
	rec, ports := newRecording(net, len(samples)), backends.PortsOf(net)
	for _, s := range got {
		for i, v := range ports.Outputs {
			rec.addOutput(v, &ir.Tensor{Type: v.Type, I: s.Outputs[i]})
		}
		for _, step := range s.Steps {
			for i, v := range ports.Neurons {
				var states []*ir.Tensor
				for state := range slices.Chunk(backends.Elements[int64](step.States[i]), v.Type.Size()) {
					states = append(states, &ir.Tensor{Type: ir.SintType(64, v.Type.Shape), I: state})
				}
				rec.tap(0, v, &ir.Tensor{Type: v.Type, I: backends.Elements[int64](step.Spikes[i])}, states)
			}
		}
	}
	return rec, nil
}

// onlyFixed refuses an engine that cannot run the level.
func onlyFixed(name string, net *ir.Net) error {
	if net.Level != ir.Fixed {
		return diag.Errorf(diag.Origin{}, diag.BadLevel, "engine %s runs the fixed level only; the interpreter runs %v", name, net.Level).
			WithHelp("say --engine interp, or --level fixed")
	}
	return nil
}
