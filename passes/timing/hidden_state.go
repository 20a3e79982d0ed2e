package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// linkHidden adds to before the membranes of at least three steps that are linked
// otherwise than by their values.
func linkHidden(n *ir.Net, fires map[*ir.Value][]*ir.Value, before map[*ir.Value]*ir.Value) {
	followed := map[*ir.Value]bool{}
	for _, p := range before {
		followed[p] = true
	}
	links, length := map[*ir.Value]*ir.Value{}, map[*ir.Value]int{}
	a := newApart(n, fires, func(v *ir.Value) bool { return before[v] == nil && !followed[v] })
	for _, v := range a.membranes {
		length[v] = 1
		if p := a.earlier(v); p != nil {
			links[v], length[v] = p, length[p]+1
		}
	}
	for _, v := range a.membranes {
		if length[v] < 3 || links[v] == nil {
			continue
		}
		for m := v; links[m] != nil; m = links[m] {
			before[m] = links[m]
		}
	}
}

// apart are membranes that nothing links by their values, in net order.
type apart struct {
	membranes []*ir.Value
	place     map[*ir.Value]int
	fired     map[*ir.Value]int // of each value: the place of the last one whose spikes it is computed from, from 1
	cones     map[*ir.Value]canonical.Cone
}

func newApart(n *ir.Net, fires map[*ir.Value][]*ir.Value, among func(v *ir.Value) bool) *apart {
	a := &apart{place: map[*ir.Value]int{}, fired: map[*ir.Value]int{}, cones: map[*ir.Value]canonical.Cone{}}
	spikes := map[*ir.Value]int{}
	for _, v := range n.Values {
		if len(fires[v]) > 0 && among(v) {
			a.place[v] = len(a.membranes)
			a.membranes = append(a.membranes, v)
			for _, f := range fires[v] {
				spikes[f] = len(a.membranes)
			}
		}
		a.fired[v] = spikes[v]
		if canonical.ByElement(v.Op) {
			for _, arg := range v.Args {
				a.fired[v] = max(a.fired[v], a.fired[arg])
			}
		}
	}
	return a
}

// earlier is the membrane whose spikes v, one of them, is computed from, the last one; or
// else the one that has most in common with v, and adds less to it.
func (a *apart) earlier(v *ir.Value) *ir.Value {
	if p := a.fired[v]; p > 0 {
		return a.membranes[p-1]
	}
	var best *ir.Value
	most := 0
	for _, p := range slices.Backward(a.membranes[:a.place[v]]) {
		if n := a.cone(v).Shared(a.cone(p)); n > most && len(a.cone(p)) < len(a.cone(v)) {
			best, most = p, n
		}
	}
	return best
}

// cone is coneOf, once for each membrane.
func (a *apart) cone(v *ir.Value) canonical.Cone {
	if a.cones[v] == nil {
		a.cones[v] = canonical.ConeOf(v)
	}
	return a.cones[v]
}

// SecondMembranes are those that a spike of an earlier membrane resets, with which
// they share an input, in a net that links no more of them.
func SecondMembranes(n *ir.Net, fires map[*ir.Value][]*ir.Value) []*ir.Value {
	var out []*ir.Value
	a := newApart(n, fires, func(*ir.Value) bool { return true })
	for _, v := range a.membranes {
		if p := a.fired[v]; p > 0 && a.cone(v).Shared(a.cone(a.membranes[p-1])) > 0 {
			out = append(out, v)
		}
	}
	return out
}
