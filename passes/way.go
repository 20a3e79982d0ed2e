package passes

import (
	"slices"

	"nomul/ir"
)

// wayTo is the shortest way, by operand numbers, from v to what is sought, past
// no membrane and nothing that is closed; nil when there is none.
func wayTo(v *ir.Value, sought, closed func(*ir.Value) bool) []int {
	type place struct {
		v   *ir.Value
		way []int
	}
	seen := map[*ir.Value]bool{}
	for queue := []place{{v, nil}}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		for i, a := range p.v.Args {
			if a == nil || seen[a] || membraneOf(a) != nil || closed(a) {
				continue
			}
			seen[a] = true
			way := append(slices.Clip(p.way), i)
			if sought(a) {
				return way
			}
			queue = append(queue, place{a, way})
		}
	}
	return nil
}

// follow goes a way from v; nil when it does not exist there.
func follow(v *ir.Value, way []int) *ir.Value {
	for _, i := range way {
		if v = v.Arg(i); v == nil {
			return nil
		}
	}
	return v
}
