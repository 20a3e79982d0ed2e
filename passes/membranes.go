package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// history is one neuron layer of an unrolled net: its membrane in every step.
type history struct{ membranes []*ir.Value }

// membranesOverTime finds the neuron layers. A membrane is what a comparison
// holds against a threshold; the membrane of the next step is computed from it
// without a comparison between, whatever leak and reset do. So the membranes
// that follow each other are the steps of one layer. No comparison at all: nil.
func membranesOverTime(n *ir.Net) ([]history, error) {
	fires := comparisons(n)
	if len(fires) == 0 {
		return nil, nil
	}
	before := predecessors(n, fires)
	followed := map[*ir.Value]bool{}
	for _, p := range before {
		followed[p] = true
	}
	var all []history
	for _, v := range n.Values {
		if len(fires[v]) == 0 || followed[v] || before[v] == nil {
			continue
		}
		var h history
		for m := v; m != nil; m = before[m] {
			h.membranes = append(h.membranes, m)
		}
		slices.Reverse(h.membranes)
		all = append(all, h)
	}
	if len(all) == 0 {
		return nil, oneStepOnly(n, fires)
	}
	return sameLength(all), nil
}

// sameLength cuts all histories to the shortest. A longer one may begin with a
// current that is also another layer's first membrane; whether what is left are
// the steps of one body is checked later, value by value.
func sameLength(all []history) []history {
	steps := len(all[0].membranes)
	for _, h := range all {
		steps = min(steps, len(h.membranes))
	}
	for i, h := range all {
		all[i].membranes = h.membranes[len(h.membranes)-steps:]
	}
	return all
}

// comparisons lists, for each membrane, the comparisons it is in.
func comparisons(n *ir.Net) map[*ir.Value][]*ir.Value {
	out := map[*ir.Value][]*ir.Value{}
	for _, v := range n.Values {
		if m := membraneOf(v); m != nil {
			out[m] = append(out[m], v)
		}
	}
	return out
}

// membraneOf is what a comparison by ≥ or > holds against a threshold; nil when
// v is none.
func membraneOf(v *ir.Value) *ir.Value {
	is := comparison(v)
	switch {
	case is != ir.GE && is != ir.GT:
		return nil
	case v.Args[0].Const() == nil:
		return v.Args[0]
	case v.Args[1].Const() == nil:
		return v.Args[1]
	}
	return nil
}

func oneStepOnly(n *ir.Net, fires map[*ir.Value][]*ir.Value) error {
	var errs diag.List
	for _, v := range n.Values {
		if len(fires[v]) > 0 {
			f := fires[v][0]
			errs.Add(f.Origin, diag.NotUnrolled, "%s is a threshold whose membrane %%%s has no earlier step: the file has one time step only, or its state is a constant", where(f), v.Name).
				Help = "a single step forgets its state, so it cannot be compiled: " + unrollHelp
		}
	}
	return errs.Err()
}

// predecessors gives, for each membrane, the one of the step before: the nearest
// membrane that it is computed from without a comparison between.
func predecessors(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]*ir.Value {
	near := map[*ir.Value][]*ir.Value{}         // the membranes a value is computed from
	older := map[*ir.Value]map[*ir.Value]bool{} // all membranes before a membrane
	before := map[*ir.Value]*ir.Value{}
	for _, v := range n.Values {
		var from []*ir.Value
		if membraneOf(v) == nil {
			for _, a := range v.Args {
				from = union(from, near[a])
			}
		}
		near[v] = from
		if len(fires[v]) == 0 {
			continue
		}
		near[v] = []*ir.Value{v}
		older[v] = map[*ir.Value]bool{}
		for _, m := range from {
			older[v][m] = true
			for o := range older[m] {
				older[v][o] = true
			}
		}
		if p := nearest(from, older); p != nil {
			before[v] = p
		}
	}
	return before
}

// nearest is the membrane of the step before among those a membrane is computed
// from: not one that came before another; and not one that is computed from the
// spikes of another, for those are the spikes that reset this membrane, and the
// next layer's first membrane may be just them. Nil when that leaves no single one.
func nearest(list []*ir.Value, older map[*ir.Value]map[*ir.Value]bool) *ir.Value {
	var last []*ir.Value
	for _, m := range list {
		if !slices.ContainsFunc(list, func(o *ir.Value) bool { return older[o][m] }) {
			last = append(last, m)
		}
	}
	for _, m := range last {
		others := slices.DeleteFunc(slices.Clone(last), func(o *ir.Value) bool { return o == m || dependsOn(o, m) })
		if len(others) == 0 {
			return m
		}
	}
	return nil
}

// dependsOn tells whether v is computed from m in any way.
func dependsOn(v, m *ir.Value) bool {
	seen := map[*ir.Value]bool{}
	var walk func(v *ir.Value) bool
	walk = func(v *ir.Value) bool {
		if v == nil || seen[v] {
			return false
		}
		seen[v] = true
		return v == m || slices.ContainsFunc(v.Args, walk)
	}
	return walk(v)
}

func union(a, b []*ir.Value) []*ir.Value {
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(slices.Clip(a), v)
		}
	}
	return a
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
func spans(n *ir.Net, h []history) map[*ir.Value]span {
	step := map[*ir.Value]int{} // from 1
	for _, layer := range h {
		for t, m := range layer.membranes {
			step[m] = t + 1
		}
	}
	out := map[*ir.Value]span{}
	for _, v := range n.Values {
		var s span
		for _, a := range v.Args {
			s = s.join(out[a])
		}
		if t := step[v]; t > 1 || t == 1 && !s.once() {
			s = span{t, t}
		}
		if t := step[membraneOf(v)]; t > 0 {
			s = span{t, t}
		}
		out[v] = s
	}
	return out
}
