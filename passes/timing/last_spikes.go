package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// The spikes of the last step may be missing: a file that gives a membrane, not
// spikes, compares every membrane but the last, for a reset in the next step. Such
// a layer is one membrane short of the others and would be taken for one that
// runs a step behind them.

// WithLastSpikes adds to the histories that are shorter than others, or to all when
// all lack it, the membrane that follows the last one, and to the net its comparisons.
func WithLastSpikes(n *ir.Net, all []History) (*ir.Net, []History) {
	longest := 0
	for _, h := range all {
		longest = max(longest, len(h.Membranes))
	}
	next := make([]*ir.Value, len(all))
	short, lacking := 0, 0
	for i, h := range all {
		next[i] = following(n, h.Membranes)
		if next[i] == nil {
			next[i] = followingHidden(n, all, h.Membranes)
		}
		if next[i] != nil {
			lacking++
		}
		if len(h.Membranes) < longest {
			short++
		}
	}
	if lacking == 0 || short == 0 && lacking < len(all) {
		return n, all
	}
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	fires, longer := canonical.Comparisons(n), slices.Clone(all)
	for i, h := range all {
		if next[i] == nil || short > 0 && len(h.Membranes) == longest {
			continue
		}
		last := h.Membranes[len(h.Membranes)-1]
		longer[i].Membranes = append(slices.Clip(h.Membranes), next[i])
		for _, f := range fires[last] {
			out.Values = append(out.Values, comparedWith(f, last, next[i]))
		}
	}
	return out, longer
}

// WithSkippedSpikes adds the comparisons of steps whose spikes no one reads: those of a
// last layer without reset, of which outputs count some steps only. Such a layer has
// fewer membranes than the others, or reaches back to the one before in two steps.
// None when no layer is so.
func WithSkippedSpikes(n *ir.Net, all []History) (*ir.Net, []History) {
	steps := 0
	for _, h := range all {
		steps = max(steps, len(h.Membranes))
	}
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	fires, full := canonical.Comparisons(n), slices.Clone(all)
	for i, h := range all {
		chain := inEveryStep(h.Membranes, steps)
		if len(h.Membranes) == steps || chain == nil {
			continue
		}
		full[i].Membranes = chain
		last := chain[steps-1]
		for _, m := range chain {
			if len(fires[m]) == 0 {
				out.Values = append(out.Values, comparedWith(fires[last][0], last, m))
			}
		}
	}
	if len(out.Values) == len(n.Values) {
		return nil, nil
	}
	return out, full
}

// inEveryStep lists as many membranes as there are steps, from the first to the last one
// known, each by the shortest of the ways from one known to that before; nil when these
// are not all known ones.
func inEveryStep(known []*ir.Value, steps int) []*ir.Value {
	var way []int
	for i, m := range known[1:] {
		w := WayTo(m, func(a *ir.Value) bool { return a == known[i] }, func(*ir.Value) bool { return false })
		if way == nil || w != nil && len(w) < len(way) {
			way = w
		}
	}
	if way == nil {
		return nil
	}
	chain := []*ir.Value{known[len(known)-1]}
	for v := chain[0]; len(chain) < steps; {
		past := Follow(v, way)
		if past == nil || past.Type != v.Type {
			return nil
		}
		chain, v = append(chain, past), past
	}
	slices.Reverse(chain)
	for _, m := range known {
		if !slices.Contains(chain, m) {
			return nil
		}
	}
	return chain
}

// WithAllSpikes adds the comparisons that a file has of the last step alone: of a leaky
// value that nothing resets, whose last spikes are all that is read.
func WithAllSpikes(n *ir.Net, silent []History) *ir.Net {
	out := n.Head()
	out.Values = slices.Clip(n.Values)
	fires := canonical.Comparisons(n)
	for _, h := range silent {
		last := len(h.Membranes) - 1
		for _, f := range fires[h.Membranes[last]] {
			for _, m := range h.Membranes[:last] {
				if Twin(f, h.Membranes[last], fires[m], m) == nil {
					out.Values = append(out.Values, comparedWith(f, h.Membranes[last], m))
				}
			}
		}
	}
	return out
}

// following is the value computed from the last membrane as that one is from the one before, by the
// same operands; nil when there is none, or not one alone.
func following(n *ir.Net, membranes []*ir.Value) *ir.Value {
	last, past := membranes[len(membranes)-1], membranes[len(membranes)-2]
	way := WayTo(last, func(a *ir.Value) bool { return a == past }, func(*ir.Value) bool { return false })
	if way == nil {
		return nil // linked otherwise, see hidden_state.go
	}
	var out *ir.Value
	for _, v := range n.Values {
		if Follow(v, way) != last || !AlongWay(v, last, way, Given) {
			continue
		}
		if out != nil {
			return nil
		}
		out = v
	}
	return out
}

// comparedWith is the comparison f of a membrane, of another one.
func comparedWith(f, membrane, other *ir.Value) *ir.Value {
	out := *f
	out.Name, out.Args = f.Name+".next", slices.Clone(f.Args)
	out.Args[slices.Index(out.Args, membrane)] = other
	return &out
}
