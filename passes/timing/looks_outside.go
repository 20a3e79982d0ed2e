package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
)

// A layer may compare its input, as where(x > 0.25, x, 0) does, and fire by the membrane made of
// that. The input is compared as the membranes are, but none of these comparisons follows another
// one: in its layer other comparisons do, and it is of none of them.

// looksOutside finds the comparisons of a layer's inputs.
func looksOutside(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, l := range LayersApart(n) {
		k := newKindsCompared(l, fires)
		for _, v := range k.all {
			if len(k.following) > 0 && !k.following[k.of[v]] && !k.reaches(canonical.MembraneOf(v), k.following) && !k.turned(v) {
				out[v] = true
			}
		}
	}
	return out
}

// kindsCompared are the comparisons of a layer, in net order, those with one constant in one way
// being of one kind.
type kindsCompared struct {
	all       []*ir.Value
	of        map[*ir.Value]int
	reached   map[*ir.Value]members // of each value: the kinds that it is computed from
	following map[int]bool          // kinds of which one is computed from another
}

func newKindsCompared(l LayerApart, fires map[*ir.Value][]*ir.Value) *kindsCompared {
	k := &kindsCompared{of: map[*ir.Value]int{}, reached: map[*ir.Value]members{}, following: map[int]bool{}}
	kinds := 0
	for _, v := range l.net.Values {
		m := canonical.ComparingOf(v).Membrane
		if !l.inside[v] || m == nil || !slices.Contains(fires[m], v) || raise.OfSpikes(m) {
			continue
		}
		i := slices.IndexFunc(k.all, func(w *ir.Value) bool { return canonical.ComparedAlike(v, w) })
		if i < 0 {
			k.of[v], kinds = kinds, kinds+1
		} else {
			k.of[v] = k.of[k.all[i]]
		}
		k.all = append(k.all, v)
	}
	compared := map[*ir.Value]members{}
	for _, v := range k.all {
		compared[canonical.MembraneOf(v)] = compared[canonical.MembraneOf(v)].and(k.of[v])
	}
	for _, v := range l.net.Values {
		if !l.inside[v] {
			continue
		}
		for _, a := range v.Args {
			k.reached[v] = k.reached[v].with(k.reached[a])
			if canonical.MembraneOf(v) != a {
				k.reached[v] = k.reached[v].with(compared[a])
			}
		}
		if kind, ok := k.of[v]; ok {
			if k.reached[v].has(kind) {
				k.following[kind] = true
			}
			k.reached[v] = k.reached[v].and(kind)
		}
	}
	return k
}

// turned reports whether a comparison may be of a first membrane that has the other sign than
// those that follow, as where the input is taken from it.
func (k *kindsCompared) turned(v *ir.Value) bool {
	is := canonical.ComparingOf(v)
	return slices.ContainsFunc(k.all, func(w *ir.Value) bool {
		return k.following[k.of[w]] && canonical.Near(canonical.Scaled(is.Threshold, -1), canonical.ComparingOf(w).Threshold)
	})
}

// reaches reports whether a value is computed from comparisons of some kinds.
func (k *kindsCompared) reaches(v *ir.Value, kinds map[int]bool) bool {
	for _, kind := range k.reached[v].list() {
		if kinds[kind] {
			return true
		}
	}
	return false
}
