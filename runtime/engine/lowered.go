package engine

import (
	"context"
	"slices"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// Lowered runs a net one floor below the fixed level: the program that back ends share, as
// it is planned for a target.
type Lowered struct {
	net   *ir.Net
	ports backends.Ports
	plan  *lower.Plan
}

// NewLowered lowers a net at the fixed level, and lays it out.
func NewLowered(net *ir.Net, l lower.Layout) *Lowered {
	return NewPlanned(net, lower.NewPlan(lower.Of(net), l))
}

// NewPlanned runs the plan that a back end has of a net.
func NewPlanned(net *ir.Net, p *lower.Plan) *Lowered {
	return &Lowered{net, backends.PortsOf(net), p}
}

// Fits demands that the values and states of the program take at most so many bytes: they
// have 64 bits here, beside the interpreter's own.
func (e *Lowered) Fits(most int) error {
	if n := lower.MachineBytes(e.plan); n > most {
		return &TooLarge{n, most, "verify spares"}
	}
	return nil
}

// Name is lowered, or lowered-TARGET.
func (e *Lowered) Name() string {
	if target := e.plan.Layout.Target; target != lower.Plain.Target {
		return "lowered-" + target
	}
	return "lowered"
}

// Reorders reports whether the plan has groups of layers.
func (e *Lowered) Reorders() bool { return len(e.plan.Groups) > 1 }

// Close does nothing: nothing was built.
func (e *Lowered) Close() error { return nil }

// Run computes the samples one after another.
func (e *Lowered) Run(ctx context.Context, samples [][][]int64, trace bool) (backends.Vectors, error) {
	if err := fit(e.net, samples); err != nil {
		return nil, err
	}
	// The machine is of one run: it has memory for every value of the net.
	machine, out := lower.NewMachine(e.plan), make(backends.Vectors, 0, len(samples))
	for _, s := range samples {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out = append(out, e.sample(machine, s, trace))
	}
	return out, nil
}

func (e *Lowered) sample(machine *lower.Machine, inputs [][]int64, trace bool) backends.Sample {
	in := map[string][]int64{}
	for i, v := range e.ports.Inputs {
		in[v.Name] = inputs[i]
	}
	out := backends.Sample{Inputs: inputs}
	machine.ByStep = trace
	var tap lower.Tap
	if trace {
		out.Steps = make([]backends.StepTrace, e.net.Steps)
		for step := range out.Steps {
			out.Steps[step] = backends.StepTrace{Spikes: make([][]uint8, len(e.ports.Neurons)), States: make([][]int32, len(e.ports.Neurons))}
		}
		tap = func(step int, s *lower.Stage, state [][]int64, result []int64) {
			if !s.Neurons() {
				return
			}
			if !s.To.Type.IsSpike() {
				result = make([]int64, len(result)) // a silent neuron has none
			}
			// A plan need not run layers in the order of the net.
			layer := slices.IndexFunc(e.ports.Neurons, func(v *ir.Value) bool { return v.Name == s.To.Name })
			out.Steps[step].Spikes[layer] = backends.Elements[uint8](result)
			out.Steps[step].States[layer] = nil
			for _, name := range e.ports.Neurons[layer].StateVars() {
				all := backends.Elements[int32](state[s.Each.Program.Var(name)])
				out.Steps[step].States[layer] = append(out.Steps[step].States[layer], all...)
			}
		}
	}
	results := machine.Run(in, tap)
	for _, v := range e.ports.Outputs {
		out.Outputs = append(out.Outputs, append([]int64{}, results[v.Name]...))
	}
	return out
}
