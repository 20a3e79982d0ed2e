package words

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// pipelined makes neurons of activations: they integrate and fire for so many time steps, start at half
// their threshold and are reset by subtraction. A layer passes spikes on in the step in which it fires,
// so that all layers work at once, and what a layer sends depends on the order in which spikes come.
// Results are means over the steps.
func pipelined(n *ir.Net, measured map[*ir.Value]*measurement, o *rewrite.Options) (*ir.Net, error) {
	if n.Steps > 1 {
		return nil, rewrite.Refuse(firstOf(n, measured), diag.NotExact, "is in a net of %d time steps, and would need as many of its own", n.Steps)
	}
	head := *n
	head.Steps = o.Pipelined
	out, err := withNeurons(&head, measured, o)
	if err == nil {
		out, err = layers.CommuteReadout(out, o)
	}
	if err == nil {
		out, err = layers.ComposeLinear(out, o)
	}
	return out, err
}

// withNeurons rewrites the activations and outputs.
func withNeurons(n *ir.Net, measured map[*ir.Value]*measurement, o *rewrite.Options) (*ir.Net, error) {
	stepped := map[*ir.Value]bool{} // values of the old net that spikes reach
	return ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		for _, a := range v.Args {
			stepped[v] = stepped[v] || a != nil && stepped[a]
		}
		m := measured[v]
		switch {
		case m != nil && m.table != nil:
			return nil, rewrite.Refuse(v, diag.NotExact, "is a function of a number, which spikes that are still being counted do not have").
				WithHelp("use --code radix or rate, whose words are looked up in a table")
		case m != nil && m.slope != nil:
			return nil, rewrite.Refuse(v, diag.NotExact, "lets numbers below 0 pass, and spikes that count it have no sign").
				WithHelp("use --code radix or rate, whose words have one")
		case m != nil:
			stepped[v] = true
			return m.neuron(r, o)
		case compares(v.Op) && stepped[v]:
			return nil, rewrite.Refuse(v, diag.NotExact, "is the greatest or least of numbers, and the spikes of one step do not tell which that is").
				WithHelp("use --code radix or rate, or train with average pooling")
		case v.Op == ir.OpOutput && stepped[v.Args[0]]:
			return meanOver(r, v, o.Pipelined)
		}
		return nil, nil
	})
}

// compares reports whether an op's result is the greatest or least of its operands' elements.
func compares(op ir.Op) bool {
	return op == ir.OpMaxPool || op == ir.OpReduceMax || op == ir.OpReduceMin || op == ir.OpMax || op == ir.OpMin
}

// firstOf is the first value of a net that is measured.
func firstOf(n *ir.Net, measured map[*ir.Value]*measurement) *ir.Value {
	for _, v := range n.Values {
		if measured[v] != nil {
			return v
		}
	}
	return nil
}

// neuron writes an activation as a neuron that fires at most once in each of the steps, times its threshold.
func (m *measurement) neuron(r *ir.Rebuilder, o *rewrite.Options) (*ir.Value, error) {
	threshold := layers.Times(m.distances(o.Pipelined, o), rewrite.Scalar(float64(o.Pipelined)))
	args := make([]*ir.Value, ir.NeuronLeak)
	args[ir.NeuronX] = r.Of(m.x)
	for slot, t := range map[int]*ir.Tensor{ir.NeuronThreshold: threshold, ir.NeuronReset: threshold, ir.NeuronInit: halves(threshold)} {
		var err error
		if args[slot], err = r.Const(r.Unique(m.v.Name+"."+ir.OpNeuron.Operands()[slot].Name), t); err != nil {
			return nil, err
		}
	}
	n, err := r.Add(ir.OpNeuron, r.Unique(m.v.Name), ir.NeuronAttrs{Leak: ir.Leak{Kind: ir.LeakNone}, Round: ir.RoundFloor,
		Compare: ir.GE, Reset: ir.ResetSubtract, When: ir.WhenFire}, args...)
	if err != nil {
		return nil, err
	}
	return m.times(r, n, threshold)
}

// meanOver gives the mean of a result over the time steps to an output.
func meanOver(r *ir.Rebuilder, v *ir.Value, steps int) (*ir.Value, error) {
	sum, err := r.Add(ir.OpSum, r.Unique(v.Name+".sum"), nil, r.Of(v.Args[0]))
	if err != nil {
		return nil, err
	}
	c, err := r.Const(r.Unique(v.Name+".share"), rewrite.Scalar(1/float64(steps)))
	if err != nil {
		return nil, err
	}
	mean, err := r.Add(ir.OpMul, r.Unique(v.Name+".mean"), nil, sum, c)
	if err != nil {
		return nil, err
	}
	return r.CopyWith(v, v.Attrs, mean)
}
