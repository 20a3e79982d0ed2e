package reroll

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// withLastRests is the net with the counts that its last step leaves, and the counts and the spikes
// of all steps as rows of values of their own.
func withLastRests(n *ir.Net, h []timing.History) (*ir.Net, []timing.History) {
	counts := map[*ir.Value]*ir.Value{} // by the comparison that fires
	for _, v := range n.Values {
		if fires := timing.CountedFire(v); fires != nil {
			counts[fires] = v
		}
	}
	fires := canonical.Comparisons(n)
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	var rows []timing.History
	for _, layer := range h {
		steps := len(layer.Membranes)
		var left, spikes timing.History
		for _, m := range layer.Membranes[:steps-1] {
			if i := slices.IndexFunc(fires[m], func(f *ir.Value) bool { return counts[f] != nil }); i >= 0 {
				count := counts[fires[m][i]]
				left.Membranes, spikes.Membranes = append(left.Membranes, count), append(spikes.Membranes, count.Args[0])
			}
		}
		if steps < 3 || len(left.Membranes) < steps-1 {
			continue
		}
		past := left.Membranes[steps-2]
		last := lastRest(past, twinOf(timing.CountedFire(past), layer.Membranes[steps-1], fires), out)
		if last == nil {
			continue
		}
		rows = append(rows, timing.History{Membranes: append(left.Membranes, last)})
		if last.Args[0].Op == ir.OpAndNot {
			rows = append(rows, timing.History{Membranes: append(spikes.Membranes, last.Args[0])})
		}
	}
	return out, rows
}

// twinOf is the comparison of a membrane as f compares its own.
func twinOf(f, membrane *ir.Value, fires map[*ir.Value][]*ir.Value) *ir.Value {
	for _, g := range fires[membrane] {
		if timing.FiresAlike(f, g) {
			return g
		}
	}
	return nil
}

// lastRest appends the count behind the last step, like that of the step before.
func lastRest(past, fires *ir.Value, n *ir.Net) *ir.Value {
	if fires == nil || past.Args[2].Op != ir.OpSub {
		return nil
	}
	add := func(like *ir.Value, args ...*ir.Value) *ir.Value {
		for _, v := range n.Values {
			if canonical.SameForm(v, like) && slices.Equal(v.Args, args) {
				return v
			}
		}
		v := *like
		v.Name, v.Args = fmt.Sprintf("%s.%d", past.Name, len(n.Values)), args
		n.Values = append(n.Values, &v)
		return &v
	}
	s := past.Args[0]
	if s.Op == ir.OpAndNot {
		fires = add(s, fires, add(s.Args[1], past, s.Args[1].Args[1]))
	}
	return add(past, fires, past.Args[1], add(past.Args[2], past, past.Args[2].Args[1]))
}

// heldSpikes are the spikes of the layers that those of the step before hold back, as rows of
// values of their own.
func heldSpikes(n *ir.Net, h []timing.History) []timing.History {
	fires, held := canonical.Comparisons(n), map[*ir.Value][]*ir.Value{} // by the spikes of the step before
	for _, v := range n.All(ir.OpAndNot) {
		held[v.Args[1]] = append(held[v.Args[1]], v)
	}
	var rows []timing.History
	for _, layer := range h {
		for _, f := range fires[layer.Membranes[0]] {
			row := []*ir.Value{f}
			for t, m := range layer.Membranes[1:] {
				i := slices.IndexFunc(held[row[t]], func(v *ir.Value) bool { return slices.Contains(fires[m], v.Args[0]) })
				if i < 0 {
					break
				}
				row = append(row, held[row[t]][i])
			}
			if len(row) == len(layer.Membranes) && len(row) > 1 {
				rows = append(rows, timing.History{Membranes: row})
			}
		}
	}
	return rows
}
