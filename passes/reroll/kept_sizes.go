package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// sizesKept pairs the numbers that the spikes of the last step are made into with those of the
// step before: a neuron that begins with the number 0 keeps it, where its spikes are 1 or −1.
func sizesKept(n *ir.Net, h []timing.History) []seed {
	fires, readers := canonical.Comparisons(n), n.Readers()
	var out []seed
	for i, layer := range h {
		last, past := layer.Membranes[len(layer.Membranes)-1], layer.Membranes[len(layer.Membranes)-2]
		for _, f := range fires[last] {
			if g := timing.Twin(f, last, fires[past], past); g != nil {
				out = append(out, numbersOf(seed{f, g, i}, readers)...)
			}
		}
	}
	return out
}

// numbersOf lists the pairs of numbers that are made of a pair of spikes and constants alone.
func numbersOf(s seed, readers map[*ir.Value][]*ir.Value) []seed {
	var out []seed
	for _, v := range readers[s.v] {
		if !canonical.ByElement(v.Op) || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return a != s.v && a.Const() == nil }) {
			continue
		}
		i := slices.IndexFunc(readers[s.past], func(w *ir.Value) bool {
			return canonical.SameForm(v, w) && slices.EqualFunc(v.Args, w.Args, func(a, b *ir.Value) bool { return a == b || a == s.v && b == s.past })
		})
		if i >= 0 {
			number := seed{v, readers[s.past][i], s.layer}
			out = append(append(out, number), numbersOf(number, readers)...)
		}
	}
	return out
}
