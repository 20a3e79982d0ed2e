package main

import (
	"fmt"

	"nomul/ir"
	"nomul/runtime/metrics"
)

// stepped is a net that also gives its readout as it was behind each time step but the last.
type stepped struct {
	net *ir.Net
	// outputs are, by time step, the names of those outputs.
	outputs []string
	// bias is added to the sum over all steps, and as many parts of it to that over some; nil without one.
	bias []int64
	// whole reports whether all of the bias is added behind each step.
	whole bool
}

// behindEachStep returns the net with the readout behind each time step: of the sum, the last or the
// greatest of the steps, and at most one layer of weights behind it. The text says why there is none.
func behindEachStep(net *ir.Net) (*stepped, string) {
	if net.Steps == 1 {
		return nil, "there is one time step"
	}
	if net.Level != ir.Fixed {
		return nil, "it is counted on integers"
	}
	output := net.All(ir.OpOutput)[0]
	if ir.LeastWins(output) {
		return nil, "the class is told by the step of the first spike"
	}
	readout, path, why := readoutOf(output)
	if why != "" {
		return nil, why
	}
	s := &stepped{whole: readout.Op != ir.OpSum}
	if why := s.addBias(path, output); why != "" {
		return nil, why
	}
	var err error
	head := *net
	head.Order = nil // that of all outputs, the net's own first
	s.net, err = ir.Rebuild(&head, net.Level, func(r *ir.Rebuilder, old *ir.Value) (*ir.Value, error) {
		if old != output {
			return nil, nil
		}
		out, err := r.Copy(old)
		if err == nil {
			err = s.append(r, net.Steps, readout, path, out)
		}
		return out, err
	})
	if err == nil {
		err = ir.Verify(s.net)
	}
	if err != nil {
		return nil, fmt.Sprintf("it cannot be told: %v", err)
	}
	return s, ""
}

// readoutOf is the op over the time steps that an output shows, and the path from there to the output: at
// most one layer of weights, and reshapes. The text says why there is none.
func readoutOf(output *ir.Value) (readout *ir.Value, path []*ir.Value, why string) {
	v, layers := output.Arg(0), 0
	for ; v.Clock == ir.End && v.Op.Class() != ir.OverTime; v = v.Arg(0) {
		switch {
		case v.Op == ir.OpLinear && layers == 0:
			layers++
		case v.Op != ir.OpReshape:
			return nil, nil, fmt.Sprintf("behind the steps there is a %s", v.Op)
		}
		path = append([]*ir.Value{v}, path...)
	}
	if v.Clock != ir.End || v.Op == ir.OpFirst {
		return nil, nil, "the output is no sum, last or greatest of the steps"
	}
	return v, path, ""
}

// addBias notes the bias of the layer on the path, if it has one. The text says why it cannot be parted.
func (s *stepped) addBias(path []*ir.Value, output *ir.Value) string {
	for _, layer := range path {
		if layer.Op != ir.OpLinear || layer.Args[2] == nil {
			continue
		}
		bias := layer.Args[2].Const()
		if bias == nil || bias.Type.Size() != output.Type.Size() {
			return "the bias behind the steps is not one number for each class"
		}
		s.bias = bias.I
	}
	return ""
}

// append adds the readouts of a value delayed by 1, 2, … steps: with nothing in front of the first
// step, that by k is the readout of all but the last k.
func (s *stepped) append(r *ir.Rebuilder, steps int, readout *ir.Value, path []*ir.Value, out *ir.Value) error {
	x := r.Of(readout.Arg(0))
	start := ir.NewTensor(x.Type)
	if readout.Op == ir.OpMaxTime {
		for i := range start.I {
			start.I[i] = x.Range.Lo
		}
	}
	first, err := r.Const(r.Unique(out.Name+".before"), start)
	if err != nil {
		return err
	}
	s.outputs = make([]string, steps-1)
	for k := steps - 2; k >= 0; k-- {
		name := func(of string) string { return r.Unique(fmt.Sprintf("%s.after%d", of, k+1)) }
		delay, err := r.AddTyped(ir.OpDelay, name(x.Name), nil, x.Type, first)
		if err != nil {
			return err
		}
		if _, err := r.Add(ir.OpLatch, name(x.Name+".latch"), nil, delay, x); err != nil {
			return err
		}
		x = delay
		v, err := along(r, name, delay, append([]*ir.Value{readout}, append(path, out)...))
		if err != nil {
			return err
		}
		s.outputs[k] = v.Name
	}
	return nil
}

// along copies ops that read one another, the first of them another value, layers without their biases.
func along(r *ir.Rebuilder, name func(string) string, v *ir.Value, path []*ir.Value) (*ir.Value, error) {
	for _, old := range path {
		args := []*ir.Value{v}
		if old.Op == ir.OpLinear {
			args = append(args, r.Of(old.Arg(1)))
		}
		var err error
		if v, err = r.Add(old.Op, name(old.Name), old.Attrs, args...); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// class is the class behind step t, from 0, of so many. The bias of a sum is that of all steps; in whole numbers
// each result is the sum times all steps, and the bias times those that were.
func (s *stepped) class(t int, result []int64, d decision) int {
	steps, parts := int64(len(s.outputs)+1), int64(t+1)
	if s.whole {
		steps, parts = 1, 1
	}
	all := make([]int64, len(result))
	for i, y := range result {
		all[i] = y * steps
		if s.bias != nil {
			all[i] += s.bias[i] * parts
		}
	}
	return metrics.Predict(all, d.least)
}
