package passes

import (
	"maps"
	"math/bits"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// history is one neuron layer of an unrolled net: its membrane in every step.
type history struct{ membranes []*ir.Value }

// membranesOverTime finds the neuron layers. A membrane is what a comparison
// holds against a threshold; the membrane of the next step is computed from it
// without a comparison between, whatever leak and reset do. So the membranes
// that follow each other are the steps of one layer. Where none does, steps are told by
// what they read (memoryless.go). No comparison at all: nil.
func membranesOverTime(n *ir.Net) ([]history, error) {
	fires := comparisons(n)
	if len(fires) == 0 {
		return nil, nil
	}
	all := chained(n, fires)
	if len(all) == 0 && len(secondMembranes(n, comparisons(n))) == 0 {
		all = memoryless(n, fires)
	}
	if len(all) == 0 {
		return nil, oneStepOnly(n, fires)
	}
	return all, nil
}

// chained finds the layers whose membranes follow each other, and leaves among the
// comparisons those of membranes alone.
func chained(n *ir.Net, fires map[*ir.Value][]*ir.Value) []history {
	looks := secondLooks(n, fires)
	maps.Copy(looks, looksOutside(n, fires))
	for v, all := range fires {
		fires[v] = slices.DeleteFunc(all, func(f *ir.Value) bool { return looks[f] })
	}
	maps.DeleteFunc(fires, func(_ *ir.Value, all []*ir.Value) bool { return len(all) == 0 })
	for v := range comparedAgain(n, fires) {
		delete(fires, v)
	}
	maps.DeleteFunc(fires, func(v *ir.Value, _ []*ir.Value) bool { return countedFire(v) != nil })
	before := predecessors(n, fires)
	linkHidden(n, fires, before)
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
	return all
}

// writtenOut tells whether membranes follow each other, step after step.
func writtenOut(n *ir.Net) bool {
	return len(chained(n, comparisons(n))) > 0 || len(secondMembranes(n, comparisons(n))) > 0
}

// sameLength cuts all histories to the shortest. A longer one may begin with a
// current that is also another layer's first membrane; whether what is left are
// the steps of one body is checked later, value by value.
func sameLength(all []history) []history {
	steps := len(all[0].membranes)
	for _, h := range all {
		steps = min(steps, len(h.membranes))
	}
	out := make([]history, len(all))
	for i, h := range all {
		out[i].membranes = h.membranes[len(h.membranes)-steps:]
	}
	return out
}

// withoutFirsts leaves the first membrane out of each layer of four steps or more: it may be
// what comes in, which something else compares once. Nil when there are fewer.
func withoutFirsts(all []history) []history {
	var out []history
	for _, h := range sameLength(all) {
		if len(h.membranes) < 4 {
			return nil
		}
		out = append(out, history{h.membranes[1:]})
	}
	return out
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
	for _, v := range secondMembranes(n, fires) {
		errs.Add(fires[v][0].Origin, diag.NotUnrolled, "%s is a threshold in its second time step, and two steps do not show what its membrane %%%s keeps from one to the next", where(fires[v][0]), v.Name).
			Help = "export the network with three time steps or more"
	}
	if len(errs) > 0 {
		return errs.Err()
	}
	for _, v := range n.Values {
		if len(fires[v]) > 0 {
			f := fires[v][0]
			errs.Add(f.Origin, diag.NotUnrolled, "%s is a threshold whose membrane %%%s has no earlier step: the file has one time step only, or its state is a constant", where(f), v.Name)
		}
	}
	if len(errs) > 0 {
		errs[len(errs)-1].Help = "a single step forgets its state, so it cannot be compiled: export the network with all its steps in one graph, each calling the same module once" +
			"; or export one step with its state as inputs and outputs, and say --steps; if the network runs a single step, say --steps 1"
	}
	return errs.Err()
}

// predecessors gives, for each membrane, the one of the step before: the nearest
// membrane that it is computed from without a comparison between.
func predecessors(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]*ir.Value {
	l := &lineage{}
	near, all := map[*ir.Value]members{}, map[*ir.Value]members{}
	before := map[*ir.Value]*ir.Value{}
	for _, v := range n.Values {
		var from, reached members
		for _, a := range v.Args {
			reached = reached.with(all[a])
			if membraneOf(v) == nil && !takesWeights[v.Op] { // behind weights it is another layer
				from = from.with(near[a])
			}
		}
		near[v], all[v] = from, reached
		if len(fires[v]) == 0 {
			continue
		}
		older := from
		for _, m := range from.list() {
			older = older.with(l.older[m])
		}
		if p := l.nearest(from); p >= 0 {
			before[v] = l.membranes[p]
		}
		i := l.add(v, older, reached)
		near[v], all[v] = members{}.and(i), reached.and(i)
	}
	return before
}

// lineage is what is known of each membrane, by its number in net order.
type lineage struct {
	membranes []*ir.Value
	older     []members // the membranes before it, of its own layer or a leaky one behind it
	from      []members // all that it is computed from in any way
}

func (l *lineage) add(v *ir.Value, older, from members) int {
	i := len(l.membranes)
	l.membranes, l.older, l.from = append(l.membranes, v), append(l.older, older), append(l.from, from)
	return i
}

// nearest is the membrane of the step before among those a membrane is computed
// from: not one that came before another; and not one that is computed from the
// spikes of another, for those are the spikes that reset this membrane, and the
// next layer's first membrane may be just them. -1 when that leaves no single one.
func (l *lineage) nearest(from members) int {
	list := from.list()
	last := slices.DeleteFunc(slices.Clone(list), func(m int) bool {
		return slices.ContainsFunc(list, func(o int) bool { return l.older[o].has(m) })
	})
	for _, m := range last {
		if !slices.ContainsFunc(last, func(o int) bool { return o != m && !l.from[o].has(m) }) {
			return m
		}
	}
	return -1
}

// members is a set of small numbers. It is never changed once made.
type members []uint64

func (s members) has(i int) bool { return i/64 < len(s) && s[i/64]>>(i%64)&1 == 1 }

func (s members) and(i int) members {
	one := make(members, i/64+1)
	one[i/64] = 1 << (i % 64)
	return s.with(one)
}

// with is the union of two sets.
func (s members) with(t members) members {
	if len(s) < len(t) {
		s, t = t, s
	}
	i := 0
	for i < len(t) && s[i]|t[i] == s[i] {
		i++
	}
	if i == len(t) {
		return s
	}
	out := slices.Clone(s)
	for i, w := range t {
		out[i] |= w
	}
	return out
}

func (s members) list() []int {
	var out []int
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, 64*i+bits.TrailingZeros64(w))
		}
	}
	return out
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
func spans(n *ir.Net, h []history, f frames) map[*ir.Value]span {
	step := map[*ir.Value]int{} // from 1
	for _, layer := range h {
		for t, m := range layer.membranes {
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
		if t := step[membraneOf(v)]; t > 0 && !(given[v] && s.once()) {
			s = span{t, t}
		}
		out[v] = s
	}
	return out
}

// comparedOnce are the comparisons of first membranes that no later step has, beside one that
// they have: if such a membrane is what comes in, that is compared.
func comparedOnce(n *ir.Net, h []history) map[*ir.Value]bool {
	fires, out := comparisons(n), map[*ir.Value]bool{}
	for _, layer := range h {
		var later []*ir.Value
		for _, m := range layer.membranes[1:] {
			later = append(later, fires[m]...)
		}
		all := fires[layer.membranes[0]]
		again := func(v *ir.Value) bool {
			return slices.ContainsFunc(later, func(f *ir.Value) bool { return comparedAlike(v, f) })
		}
		for _, v := range all {
			out[v] = !again(v) && slices.ContainsFunc(all, again)
		}
	}
	return out
}
