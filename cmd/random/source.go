package main

import (
	"fmt"
	"slices"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/randnet"
	"nomul/ir"
	"nomul/runtime/interp"
)

// values holds the results of one run of a file by name: outputs, and watched spikes and
// membranes.
type values map[string][]float64

// runSource computes every sample with the net as imported, step by step. Spikes and
// membranes are outputs of the file that is run: values of the plain one may be named
// otherwise, or be none.
func (n *network) runSource() error {
	net, list := onnx.Import("net.onnx", n.model.Traced, onnx.Options{})
	if err := list.Err(); err != nil {
		return err
	}
	m, err := interp.New(net)
	if err != nil {
		return err
	}
	for i := range n.samples {
		s := &n.samples[i]
		state := map[string]*ir.Tensor{}
		var turns []values
		for t := range n.model.Turns() {
			all, err := n.turn(m, s, t, state)
			if err != nil {
				return err
			}
			turns = append(turns, all)
		}
		s.recording = n.recorded(turns)
	}
	return nil
}

// turn is one run of the net, with the state that the run before has left.
func (n *network) turn(m *interp.Machine, s *sample, t int, state map[string]*ir.Tensor) (values, error) {
	in := map[string]*ir.Tensor{}
	for _, v := range n.source.All(ir.OpInput) {
		in[v.Name] = ir.NewTensor(v.Type)
		if old := state[v.Name]; old != nil {
			in[v.Name] = old
		}
	}
	if x := in["x"]; x != nil {
		copy(x.F, n.model.Turn(s.real, t))
		for i := range x.I {
			x.I[i] = int64(n.model.Turn(s.real, t)[i])
		}
	}
	all := values{}
	out, err := m.Run(in, nil)
	for name, y := range out {
		all[name] = numbers(y)
	}
	for _, b := range n.model.State {
		state[b[0]] = &ir.Tensor{Type: out[b[1]].Type, F: slices.Clone(out[b[1]].F)}
	}
	return all, err
}

func numbers(t *ir.Tensor) []float64 {
	out := make([]float64, t.Type.Size())
	for i := range out {
		out[i] = t.At(i)
	}
	return out
}

// recording holds the spikes, membranes and outputs of a file for a sample over all steps.
type recording struct {
	spikes, membranes map[string][]float64 // by layer and step
	outputs           map[string][]float64
}

func key(layer string, step int) string { return fmt.Sprint(layer, "@", step) }

// recorded reads the runs of a file: /layer0/s_1 is the spikes of layer0 in step
// 1, or one later in each run.
func (n *network) recorded(turns []values) recording {
	r := recording{map[string][]float64{}, map[string][]float64{}, map[string][]float64{}}
	for t, all := range turns {
		for _, f := range n.model.Layers {
			for step := range f.Spikes {
				if s, ok := all[f.Spikes[step]]; ok {
					r.spikes[key(f.Name, step+t)] = s
				}
				if h, ok := all[f.Membranes[step]]; ok {
					r.membranes[key(f.Name, step+t)] = h
				}
			}
		}
		for _, name := range n.model.Outputs {
			r.read(n.model, name, all[name], t, len(turns))
		}
	}
	return r
}

// read reads an output over the steps, as the loop around a file of one step would.
func (r recording) read(m *randnet.Model, name string, now []float64, t, turns int) {
	now = slices.Clone(now)
	if m.Stacked[name] {
		now = folded(now, m.Steps)
	}
	old := r.outputs[name]
	for i := range old {
		switch m.Readout {
		case "sum", "mean":
			now[i] += old[i]
		case "max":
			now[i] = max(now[i], old[i])
		}
	}
	if m.Readout == "mean" && t == turns-1 {
		for i := range now {
			now[i] /= float64(turns)
		}
	}
	r.outputs[name] = now
}

// folded is the sum over a first axis.
func folded(all []float64, steps int) []float64 {
	out := make([]float64, len(all)/steps)
	for i, x := range all {
		out[i%len(out)] += x
	}
	return out
}
