package timing

import (
	"fmt"

	"nomul/ir"
)

// A layer whose leak is 0 keeps nothing: each step compares its input, and no membrane is computed
// from another. Where that holds of all layers, the steps are told by their operands: the same
// function of other entries of an input.

// memoryless finds the values that are compared alike in each step, in a net whose
// membranes do not follow each other: those of the layers that have most of them.
// Nil when nothing is compared twice.
func memoryless(n *ir.Net, fires map[*ir.Value][]*ir.Value) []History {
	k := kinds{of: map[*ir.Value]int{}, number: map[string]int{}}
	groups, most := map[int][]*ir.Value{}, 2
	var order []int
	for _, v := range n.Values {
		kind := k.note(v)
		if len(fires[v]) == 0 {
			continue
		}
		if groups[kind] == nil {
			order = append(order, kind)
		}
		groups[kind] = append(groups[kind], v)
		most = max(most, len(groups[kind]))
	}
	var out []History
	for _, kind := range order {
		if len(groups[kind]) == most {
			out = append(out, History{Membranes: groups[kind]})
		}
	}
	return out
}

// kinds numbers values such that those that compute the same of other entries of an
// input have one number.
type kinds struct {
	of     map[*ir.Value]int
	number map[string]int
}

func (k kinds) note(v *ir.Value) int {
	what := fmt.Sprint(v.Op, v.Type, v.Attrs)
	switch a, sliced := v.Attrs.(ir.SliceAttrs); {
	case Given(v):
		what = fmt.Sprintf("%p", v)
	case sliced && v.Args[0].Op == ir.OpInput:
		a.Start = 0
		what = fmt.Sprint(v.Op, v.Type, a)
	}
	for _, a := range v.Args {
		if a == nil {
			what += " -"
			continue
		}
		what += fmt.Sprint(" ", k.of[a])
	}
	if _, ok := k.number[what]; !ok {
		k.number[what] = len(k.number)
	}
	k.of[v] = k.number[what]
	return k.of[v]
}
