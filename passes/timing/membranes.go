package timing

import (
	"maps"
	"math/bits"
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// History is one neuron layer of an unrolled net: its membrane in every step.
type History struct{ Membranes []*ir.Value }

// Chained finds the layers whose membranes follow each other, and leaves among the
// comparisons those of membranes alone.
func Chained(n *ir.Net, fires map[*ir.Value][]*ir.Value) []History {
	looks := secondLooks(n, fires)
	maps.Copy(looks, looksOutside(n, fires))
	for v, all := range fires {
		fires[v] = slices.DeleteFunc(all, func(f *ir.Value) bool { return looks[f] })
	}
	maps.DeleteFunc(fires, func(_ *ir.Value, all []*ir.Value) bool { return len(all) == 0 })
	for v := range ComparedAgain(n, fires) {
		delete(fires, v)
	}
	maps.DeleteFunc(fires, func(v *ir.Value, _ []*ir.Value) bool { return CountedFire(v) != nil })
	before := predecessors(n, fires)
	linkHidden(n, fires, before)
	followed := map[*ir.Value]bool{}
	for _, p := range before {
		followed[p] = true
	}
	var all []History
	for _, v := range n.Values {
		if len(fires[v]) == 0 || followed[v] || before[v] == nil {
			continue
		}
		var h History
		for m := v; m != nil; m = before[m] {
			h.Membranes = append(h.Membranes, m)
		}
		slices.Reverse(h.Membranes)
		all = append(all, h)
	}
	return all
}

// writtenOut reports whether membranes follow each other, step after step.
func writtenOut(n *ir.Net) bool {
	return len(Chained(n, canonical.Comparisons(n))) > 0 || len(SecondMembranes(n, canonical.Comparisons(n))) > 0
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
			if canonical.MembraneOf(v) == nil && v.Op.Class() != ir.Contract { // behind weights it is another layer
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

// lineage holds the ancestors of each membrane, by its number in net order.
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
