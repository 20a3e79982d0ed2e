package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// span is the time steps whose spikes or membranes a value is computed from:
// from first to last, counted from 1; zero when it depends on none.
type span struct{ first, last int }

func (s span) once() bool { return s.first == 0 }

// single reports whether the value belongs to one step, and to which (from 0).
func (s span) single() (int, bool) { return s.first - 1, s.first != 0 && s.first == s.last }

func (s span) join(t span) span {
	switch {
	case s.once():
		return t
	case t.once():
		return s
	}
	return span{min(s.first, t.first), max(s.last, t.last)}
}

// spans finds the span of every value, looking back no further than the nearest
// spikes and membranes. A first membrane that depends on no spike has none: it
// may be the current as well.
func spans(n *ir.Net, h []timing.History, f frames) map[*ir.Value]span {
	step := map[*ir.Value]int{} // from 1
	for _, layer := range h {
		for t, m := range layer.Membranes {
			step[m] = t + 1
		}
	}
	out, given := map[*ir.Value]span{}, comparedOnce(n, h)
	for _, v := range n.Values {
		var s span
		for _, a := range v.Args {
			s = s.join(out[a])
		}
		if t := step[v]; t > 1 || t == 1 && !s.once() {
			s = span{t, t}
		}
		if t, ok := f[v]; ok {
			s = span{t + 1, t + 1}
		}
		if t := step[canonical.MembraneOf(v)]; t > 0 && !(given[v] && s.once()) {
			s = span{t, t}
		}
		out[v] = s
	}
	return out
}

// comparedOnce are the comparisons of first membranes that no later step has, beside one that they
// have: if such a membrane is the input, the input is compared.
func comparedOnce(n *ir.Net, h []timing.History) map[*ir.Value]bool {
	fires, out := canonical.Comparisons(n), map[*ir.Value]bool{}
	for _, layer := range h {
		var later []*ir.Value
		for _, m := range layer.Membranes[1:] {
			later = append(later, fires[m]...)
		}
		all := fires[layer.Membranes[0]]
		again := func(v *ir.Value) bool {
			return slices.ContainsFunc(later, func(f *ir.Value) bool { return canonical.ComparedAlike(v, f) })
		}
		for _, v := range all {
			out[v] = !again(v) && slices.ContainsFunc(all, again)
		}
	}
	return out
}
