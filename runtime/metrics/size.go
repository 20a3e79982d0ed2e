package metrics

import "nomul/ir"

// Size is how large a network is.
type Size struct {
	// Parameters are the trained numbers: weights and biases of dense layers and
	// convolutions, factors and shifts of batch-norms (their statistics are none).
	Parameters int `json:"parameters"`
	// Positions are the synaptic positions of one step, each layer counted once:
	// for each result of a dense layer, a convolution or a product of two values,
	// the inputs it sums up, padding included. A network without spikes would multiply as often.
	Positions int64 `json:"synaptic_positions"`
}

// trained are the operand slots that hold parameters, by op.
var trained = map[ir.Op][]int{
	ir.OpLinear:    {1, 2},
	ir.OpConv:      {1, 2},
	ir.OpBatchNorm: {1, 2},
}

// SizeOf counts a net. A net whose batch-norms were folded has fewer parameters
// than were trained.
func SizeOf(n *ir.Net) Size {
	var out Size
	counted := map[*ir.Value]bool{}
	for _, v := range n.Values {
		for _, slot := range trained[v.Op] {
			if p := v.Arg(slot); p.Const() != nil && !counted[p] {
				counted[p] = true
				out.Parameters += p.Type.Size()
			}
		}
		if count := macs[v.Op]; count != nil {
			out.Positions += count(v)
		}
	}
	return out
}
