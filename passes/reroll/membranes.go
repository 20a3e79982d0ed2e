package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// MembranesOverTime finds the neuron layers. A comparison holds a membrane against a threshold; the
// membrane of the next step is computed from it without a comparison between, whatever leak and
// reset do. So the membranes that follow each other are the steps of one layer. Where none does,
// steps are told by their operands (memoryless.go). No comparison at all: nil.
func MembranesOverTime(n *ir.Net) ([]timing.History, error) {
	fires := canonical.Comparisons(n)
	if len(fires) == 0 {
		return nil, nil
	}
	all := timing.Chained(n, fires)
	if len(all) == 0 && len(timing.SecondMembranes(n, canonical.Comparisons(n))) == 0 {
		all = memoryless(n, fires)
	}
	if len(all) == 0 {
		return nil, oneStepOnly(n, fires)
	}
	return all, nil
}

// sameLength cuts all histories to the shortest. A longer one may begin with a current that is also
// another layer's first membrane; whether the others are steps of one body is checked later, value
// by value.
func sameLength(all []timing.History) []timing.History {
	steps := len(all[0].Membranes)
	for _, h := range all {
		steps = min(steps, len(h.Membranes))
	}
	out := make([]timing.History, len(all))
	for i, h := range all {
		out[i].Membranes = h.Membranes[len(h.Membranes)-steps:]
	}
	return out
}

// withoutFirsts leaves the first membrane out of each layer of four steps or more: it may be an
// input that something else compares once. Nil when there are fewer.
func withoutFirsts(all []timing.History) []timing.History {
	var out []timing.History
	for _, h := range sameLength(all) {
		if len(h.Membranes) < 4 {
			return nil
		}
		out = append(out, timing.History{Membranes: h.Membranes[1:]})
	}
	return out
}

func oneStepOnly(n *ir.Net, fires map[*ir.Value][]*ir.Value) error {
	var errs diag.List
	for _, v := range timing.SecondMembranes(n, fires) {
		errs.Add(fires[v][0].Origin, diag.NotUnrolled, "%s is a threshold in its second time step, and two steps do not show what its membrane %%%s keeps from one to the next", canonical.Where(fires[v][0]), v.Name).
			Help = "export the network with three time steps or more"
	}
	if len(errs) > 0 {
		return errs.Err()
	}
	for _, v := range n.Values {
		if len(fires[v]) > 0 {
			f := fires[v][0]
			errs.Add(f.Origin, diag.NotUnrolled, "%s is a threshold whose membrane %%%s has no earlier step: the file has one time step only, or its state is a constant", canonical.Where(f), v.Name)
		}
	}
	if len(errs) > 0 {
		errs[len(errs)-1].Help = "a single step forgets its state, so it cannot be compiled: export the network with all its steps in one graph, each calling the same module once" +
			"; or export one step with its state as inputs and outputs, and say --steps; if the network runs a single step, say --steps 1"
	}
	return errs.Err()
}

// span is the time steps whose spikes or membranes a value is computed from:
// from first to last, counted from 1; zero when it depends on none.
type span struct{ first, last int }

func (s span) once() bool { return s.first == 0 }

// single tells whether the value belongs to one step, and to which (from 0).
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
