package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/runtime/engine"
	"nomul/runtime/metrics"
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

// portion is how many images an engine is given at a time.
const portion = 1000

// classify predicts with a built engine, starting once ready is closed.
func (e *evaluator) classify(net *ir.Net, name string, ready <-chan struct{}) (predicted, error) {
	var p predicted
	d, err := e.decide(net)
	if err != nil {
		return p, err
	}
	built, err := openEngine(e.c.Context(), net, name)
	if err != nil {
		return p, err
	}
	defer built.Close()
	<-ready
	bar := progress(e.c, e.count, "running on "+name)
	defer bar.Close()
	if p.took.start, err = startOf(e.c.Context(), built); err != nil {
		return p, err
	}
	for from := 0; from < e.count; from += portion {
		to := min(from+portion, e.count)
		began := time.Now()
		images, err := e.model.feed(net).images(e.images, from, to)
		if err != nil {
			return p, err
		}
		samples := elements(net, images)
		p.took.data += time.Since(began)
		got, took, err := timed(e.c.Context(), built, samples)
		if err != nil {
			return p, err
		}
		p.took.engine += max(0, took.Program-p.took.start)
		p.took.data += took.Data
		for _, s := range got {
			p.classes = append(p.classes, metrics.Predict(s.Outputs[0], d.least))
		}
		bar.Add(to - from)
	}
	return p, nil
}

// timed runs samples, and says how long that took.
func timed(ctx context.Context, e engine.Engine, samples [][][]int64) (backends.Vectors, engine.Timing, error) {
	began := time.Now()
	got, err := e.Run(ctx, samples, false)
	if p, ok := e.(*engine.Process); ok && err == nil {
		return got, p.Took(), nil
	}
	return got, engine.Timing{Program: time.Since(began)}, err
}

// starts is how often a program is started to learn how long that takes.
const starts = 4

// startOf is how long a program takes until it could read a sample, at best.
func startOf(ctx context.Context, e engine.Engine) (time.Duration, error) {
	if _, ok := e.(*engine.Process); !ok {
		return 0, nil
	}
	least := time.Duration(math.MaxInt64)
	for range starts {
		_, took, err := timed(ctx, e, nil)
		if err != nil {
			return 0, err
		}
		least = min(least, took.Program)
	}
	return least, nil
}
