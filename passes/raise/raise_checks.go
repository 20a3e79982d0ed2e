package raise

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
)

// unlike is the error of a layer that the equation of a neuron does not have.
func (u *unit) unlike() *diag.Diagnostic { return unlike(u.fire) }

func unlike(fire *ir.Value) *diag.Diagnostic {
	return rewrite.Refuse(fire, diag.NotANeuron, "fires by no equation of a neuron that is known")
}

// leftovers refuses ops that only the source level has.
func leftovers(n *ir.Net) error {
	var errs diag.List
	for _, v := range n.Values {
		if _, to := v.Op.Levels(); to < ir.Spiking {
			errs = append(errs, rewrite.Refuse(v, diag.UnsupportedOp, "%s", leftover(v)))
		}
	}
	return errs.Err()
}

// leftover is the reason why an op has no place among neurons.
func leftover(v *ir.Value) string {
	switch {
	case v.Op != ir.OpCast:
		return "is computed from numbers that the time steps make, and no engine computes it"
	case v.Type.IsSpike():
		return "makes a spike of every number but 0, and only a comparison with a threshold gives spikes"
	}
	return "cuts computed real numbers off to whole ones, and engines compute in units of the weights, not of 1"
}

// inReadingOrder is the net with its values in the order in which they are read, so that nets
// that compute the same in the same way print the same.
func inReadingOrder(n *ir.Net) *ir.Net {
	out := n.Head()
	out.Values = ir.ByClock(ir.ReadingOrder(n))
	return out
}

// withoutNeurons is a net whose comparisons are no spikes, at the spiking level.
func withoutNeurons(n *ir.Net) (*ir.Net, error) {
	out, err := ir.Rebuild(n, ir.Spiking, func(*ir.Rebuilder, *ir.Value) (*ir.Value, error) { return nil, nil })
	if err != nil {
		return nil, err
	}
	return inReadingOrder(out), nil
}

// dropped reports whether a cast changes no number: from spikes, or from a count of
// spikes to something wider than one bit.
func dropped(to, from ir.Type) bool {
	return from.IsSpike() || !from.IsReal() && !to.IsSpike()
}
