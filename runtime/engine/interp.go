package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/interp"
)

// Interpreter runs a net by runtime/interp: the reference for all others.
type Interpreter struct {
	net      *ir.Net
	ports    backends.Ports
	machines []*interp.Machine
}

// Interp is the interpreter with a number of workers, at least one. The net
// must be at the fixed level.
func Interp(net *ir.Net, workers int) (*Interpreter, error) {
	e := &Interpreter{net: net, ports: backends.PortsOf(net)}
	for range max(1, workers) {
		m, err := interp.New(net)
		if err != nil {
			return nil, err
		}
		e.machines = append(e.machines, m)
	}
	return e, nil
}

// Name is interp.
func (e *Interpreter) Name() string { return "interp" }

// Close does nothing: nothing was built.
func (e *Interpreter) Close() error { return nil }

// Run computes the samples, each on whichever worker is free.
func (e *Interpreter) Run(ctx context.Context, samples [][][]int64, trace bool) (backends.Vectors, error) {
	if err := fit(e.net, samples); err != nil {
		return nil, err
	}
	out := make(backends.Vectors, len(samples))
	errs := make([]error, len(samples))
	var next atomic.Int64
	var workers sync.WaitGroup
	for _, m := range e.machines {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(samples) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				out[i], errs[i] = e.sample(m, samples[i], trace)
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, ctx.Err()
}

func (e *Interpreter) sample(m *interp.Machine, inputs [][]int64, trace bool) (backends.Sample, error) {
	in := map[string]*ir.Tensor{}
	for i, v := range e.ports.Inputs {
		in[v.Name] = &ir.Tensor{Type: givenType(e.net, v), I: inputs[i]}
	}
	out := backends.Sample{Inputs: inputs}
	var tap interp.Tap
	if trace {
		out.Steps = make([]backends.StepTrace, e.net.Steps)
		tap = func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
			if v.IsNeuron() {
				out.Steps[step].Add(interp.Spikes(v, result), interp.States(states)...)
			}
		}
	}
	results, err := m.Run(in, tap)
	if err != nil {
		return out, err
	}
	for _, v := range e.ports.Outputs {
		out.Outputs = append(out.Outputs, slices.Clone(results[v.Name].I))
	}
	return out, nil
}

// givenType is the type in which the interpreter takes an input: with an axis
// of time in front when it is new in each step.
func givenType(net *ir.Net, input *ir.Value) ir.Type {
	if input.Clock != ir.Step {
		return input.Type
	}
	return input.Type.WithShape(ir.ShapeOf(append([]int{net.Steps}, input.Type.Shape.Dims()...)...))
}
