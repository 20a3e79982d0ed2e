package main

import (
	"context"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/engine"
	"nomul/runtime/engine/toolchain"
)

// group is engines that are tried on the same networks.
type group struct {
	name string
	run  func(context.Context, []engine.Case) (map[string][]engine.Result, error)
}

// groups are the engines in the order of the options that say how many networks each gets.
func groups() []group {
	return []group{{"processors", onProcessors}, {"boards", onBoards}, {"hardware", onHardware}}
}

func onProcessors(ctx context.Context, cases []engine.Case) (map[string][]engine.Result, error) {
	kernels := []string{"go", "auto"}
	results, err := engine.GoBatch(ctx, cases, goasm.New(), kernels...)
	if err != nil {
		return nil, err
	}
	out := map[string][]engine.Result{}
	for name, layout := range map[string]lower.Layout{"lowered": lower.Plain, "lowered tight": lower.Tight, "lowered by layer": lower.Tight.ByLayer()} {
		out[name] = engine.Each(ctx, cases, func(_ context.Context, net *ir.Net) (engine.Engine, error) {
			return engine.NewLowered(net, layout), nil
		})
	}
	for name, plan := range map[string]func(*ir.Net) *lower.Plan{"lowered go": goasm.New().Plan, "lowered c": cgen.New().Plan} {
		out[name] = engine.Each(ctx, cases, func(_ context.Context, net *ir.Net) (engine.Engine, error) {
			return engine.NewPlanned(net, plan(net)), nil
		})
	}
	for i, k := range kernels {
		out["go "+k] = results[i]
	}
	out["c"], err = engine.CBatch(ctx, cases, cgen.New(), "gcc", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover")
	return out, err
}

func onBoards(ctx context.Context, cases []engine.Case) (map[string][]engine.Result, error) {
	out := map[string][]engine.Result{}
	for _, t := range engine.Targets() {
		results, err := engine.BoardBatch(ctx, cases, cgen.New(), t)
		if err != nil {
			return nil, err
		}
		out[t.Name] = results
	}
	return out, nil
}

func onHardware(ctx context.Context, cases []engine.Case) (map[string][]engine.Result, error) {
	return map[string][]engine.Result{"verilog": engine.Each(ctx, cases, func(ctx context.Context, net *ir.Net) (engine.Engine, error) {
		return engine.Verilog(ctx, net, verilog.New(), backends.Options{Name: "net"}, "iverilog")
	})}, nil
}

// onEngines runs networks on a group of engines and holds each against the interpreter.
func (r *report) onEngines(ctx context.Context, g group, batch []*network) error {
	cases := make([]engine.Case, len(batch))
	for i, n := range batch {
		cases[i].Net = n.fixed
		for k := range n.samples {
			cases[i].Samples = append(cases[i].Samples, [][]int64{n.give(n.fixed, &n.samples[k])["x"].I})
		}
	}
	results, err := g.run(ctx, cases)
	if err != nil {
		return err
	}
	for name, list := range results {
		for i, result := range list {
			if err := r.onEngine(ctx, name, batch[i], cases[i], result); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *report) onEngine(ctx context.Context, name string, n *network, c engine.Case, got engine.Result) error {
	count := r.Engines[name]
	defer func() { r.Engines[name] = count }()
	if toolchain.IsMissing(got.Err) {
		return got.Err
	}
	if diag.IsDiagnostic(got.Err) {
		count.Refused++
		return nil
	}
	count.Networks++
	message := ""
	if got.Err != nil {
		message = got.Err.Error()
	} else {
		reference, err := engine.Interp(n.fixed, 1)
		if err != nil {
			return err
		}
		want, err := reference.Run(ctx, c.Samples, true)
		if err != nil {
			return err
		}
		if m := engine.Compare(want, got.Vectors); !m.None() {
			message = m.First
		}
	}
	if message != "" {
		count.Mismatches++
		r.fault(n, outcome{wrong, "engine " + name, message})
	}
	return nil
}
