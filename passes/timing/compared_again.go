package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
)

// ComparedAgain finds the compared values that are no new membranes but ones that
// were compared before, less a reset: snnTorch looks at its stored membrane again.
// In a chain of membranes these and the new ones take turns; one alone is chance.
func ComparedAgain(n *ir.Net, fires map[*ir.Value][]*ir.Value) map[*ir.Value]bool {
	again, fed := map[*ir.Value]bool{}, FedFromOutside(n, fires)
	for _, v := range n.Values {
		if len(fires[v]) > 0 && !slices.ContainsFunc(v.Args, fed) && NewRemainder(v, fires, again).Holds() {
			again[v] = true
		}
	}
	if len(again) == 0 {
		return again
	}
	before := predecessors(n, fires)
	count, broken := map[*ir.Value]int{}, map[*ir.Value]bool{}
	root := map[*ir.Value]*ir.Value{}
	for _, v := range n.Values {
		if len(fires[v]) == 0 {
			continue
		}
		root[v] = v
		p := before[v]
		if p != nil {
			root[v] = root[p]
		}
		switch {
		case again[v]:
			count[root[v]]++
		case p != nil && !again[p]:
			broken[root[v]] = true
		}
	}
	for v := range again {
		if broken[root[v]] || count[root[v]] < 2 {
			delete(again, v)
		}
	}
	return again
}

// FedFromOutside tells values into which more comes than membranes, comparisons and
// constants, behind the nearest membranes: no remainder is computed from them.
func FedFromOutside(n *ir.Net, fires map[*ir.Value][]*ir.Value) func(*ir.Value) bool {
	fed := map[*ir.Value]bool{}
	from := func(a *ir.Value) bool { return fed[a] && len(fires[a]) == 0 }
	for _, v := range n.Values {
		fed[v] = v.Const() == nil && canonical.MembraneOf(v) == nil && (raise.FormRules[v.Op] == nil || slices.ContainsFunc(v.Args, from))
	}
	return from
}

// remainder is a compared value looked at as a membrane less a reset.
type remainder struct {
	v        *ir.Value
	fires    map[*ir.Value][]*ir.Value
	again    map[*ir.Value]bool
	from     *ir.Value   // the membrane
	compared []*ir.Value // operands of the comparisons under it
	plain    bool        // nothing else comes in
	seen     map[*ir.Value]bool
}

// NewRemainder returns the search for the remainder of a membrane behind its comparisons.
func NewRemainder(v *ir.Value, fires map[*ir.Value][]*ir.Value, again map[*ir.Value]bool) *remainder {
	r := &remainder{v: v, fires: fires, again: again, plain: true, seen: map[*ir.Value]bool{}}
	r.walk(v)
	return r
}

func (r *remainder) walk(a *ir.Value) {
	if r.seen[a] {
		return
	}
	r.seen[a] = true
	switch {
	case a.Const() != nil:
	case canonical.MembraneOf(a) != nil:
		r.compared = append(r.compared, canonical.MembraneOf(a))
	case a != r.v && len(r.fires[a]) > 0:
		r.plain = r.plain && (r.from == nil || r.from == a)
		r.from = a
	case raise.FormRules[a.Op] == nil:
		r.plain = false
	default:
		for _, arg := range a.Args {
			if r.plain {
				r.walk(arg)
			}
		}
	}
}

// Holds reports whether the value is the membrane wherever no comparison holds, of the membrane or of
// the stored one before.
func (r *remainder) Holds() bool {
	if !r.plain || r.from == nil || slices.ContainsFunc(r.compared, func(m *ir.Value) bool { return m != r.from && !r.again[m] }) {
		return false
	}
	return raise.OnlyAdds(r.v, r.from)
}

// LooksAgain reports whether a net compares a stored membrane, be it by chance.
func LooksAgain(n *ir.Net) bool {
	fires := canonical.Comparisons(n)
	fed := FedFromOutside(n, fires)
	return slices.ContainsFunc(n.Values, func(v *ir.Value) bool {
		return len(fires[v]) > 0 && !slices.ContainsFunc(v.Args, fed) && NewRemainder(v, fires, nil).Holds()
	})
}
