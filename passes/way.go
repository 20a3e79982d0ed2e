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

// alongWay reports whether the same way goes from both values through the same ops,
// which read the same values beside it wherever those belong to no step.
func alongWay(v, w *ir.Value, way []int, once func(*ir.Value) bool) bool {
	for _, i := range way {
		if !sameForm(v, w) {
			return false
		}
		for k, a := range v.Args {
			if b := w.Args[k]; k != i && a != b && (once(a) || once(b)) {
				return false
			}
		}
		v, w = v.Args[i], w.Args[i]
	}
	return true
}
