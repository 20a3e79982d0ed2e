package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// Neurons without a state, such as parallel spiking neurons, fire on sums over the steps with weights
// that differ from step to step: no step is the one before on other operands. Nothing is kept either: no neuron
// reads a spike of its own. So each step is a layer of its own, and the net is taken as it is written.

// withoutState is such a net as it is written; nil where it is none.
func withoutState(n *ir.Net, o *rewrite.Options) *ir.Net {
	if rounds(n) || !repeatsLayers(n) || readsOwnSpikes(n) {
		return nil
	}
	out, err := asWritten(n, o)
	if err != nil || !isRaised(out) {
		return nil
	}
	return out
}

// repeatsLayers reports whether comparisons of several steps are fed by the same weights: the net has more than one
// step.
func repeatsLayers(n *ir.Net) bool {
	feeds, firing := map[*ir.Value]bool{}, canonical.Comparisons(n)
	layers := map[*ir.Value]int{}
	for _, v := range slices.Backward(n.Values) {
		if v.Op.Class() == ir.Contract && len(v.Args) > 1 && feeds[v] && v.Args[1].Const() != nil {
			layers[v.Args[1]]++
		}
		if (feeds[v] || len(firing[v]) > 0) && canonical.MembraneOf(v) == nil {
			for _, a := range v.Args {
				feeds[a] = a != nil
			}
		}
	}
	for _, times := range layers {
		if times > 1 {
			return true
		}
	}
	return false
}

// readsOwnSpikes reports whether a comparison reads another one's spikes element by element: a reset does.
func readsOwnSpikes(n *ir.Net) bool {
	own := map[*ir.Value]bool{}
	for _, v := range n.Values {
		if m := canonical.MembraneOf(v); m != nil {
			if own[m] {
				return true
			}
			own[v] = true
			continue
		}
		own[v] = v.Op.Class() != ir.Contract && slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return own[a] })
	}
	return false
}
