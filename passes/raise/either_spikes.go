package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/cells"
)

// eitherSpikes makes the sum of several spikes of a neuron, at most 1, the spike of either of them, where weights read it.
// This stands behind the finding of neurons, to which such a number is also a state that is held at 1.
func eitherSpikes(n *ir.Net) (*ir.Net, error) {
	readers := n.Readers()
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		spikes := cells.BoundedSum(v)
		if spikes == nil || slices.ContainsFunc(readers[v], notWeighted) || slices.ContainsFunc(spikes, func(s *ir.Value) bool { return !s.Type.IsSpike() || s.Type.Shape != v.Type.Shape }) {
			return nil, nil
		}
		either := r.Of(spikes[0])
		for _, s := range spikes[1:] {
			var err error
			if either, err = r.Add(ir.OpOr, r.Unique(v.Name), nil, either, r.Of(s)); err != nil {
				return nil, err
			}
		}
		return either, nil
	})
	if err != nil {
		return nil, err
	}
	return ir.Prune(out), nil
}

func notWeighted(v *ir.Value) bool {
	return v.Op != ir.OpLinear && v.Op != ir.OpConv || v.Args[1].Const() == nil
}
