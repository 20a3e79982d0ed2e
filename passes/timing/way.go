package timing

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
)

// met is the operand of a value that another was met as.
type met struct {
	v *ir.Value
	i int
}

// WayTo is the shortest way, by operand numbers, from v to a sought value, past no membrane and
// nothing that is closed; nil when there is none.
func WayTo(v *ir.Value, sought, closed func(*ir.Value) bool) []int {
	from := map[*ir.Value]met{}
	for queue := []*ir.Value{v}; len(queue) > 0; queue = queue[1:] {
		for i, a := range queue[0].Args {
			if _, known := from[a]; a == nil || known || canonical.MembraneOf(a) != nil || closed(a) {
				continue
			}
			from[a] = met{queue[0], i}
			if sought(a) {
				return wayBack(from, a, v)
			}
			queue = append(queue, a)
		}
	}
	return nil
}

// wayBack returns the operands that lead from v to a, by those that the values between
// were met as.
func wayBack(from map[*ir.Value]met, a, v *ir.Value) []int {
	var way []int
	for a != v {
		way, a = append(way, from[a].i), from[a].v
	}
	slices.Reverse(way)
	return way
}

// Follow goes a way from v; nil when it does not exist there.
func Follow(v *ir.Value, way []int) *ir.Value {
	for _, i := range way {
		if v = v.Arg(i); v == nil {
			return nil
		}
	}
	return v
}

// AlongWay reports whether the same way goes from both values through the same ops,
// which read the same values beside it wherever those belong to no step.
func AlongWay(v, w *ir.Value, way []int, once func(*ir.Value) bool) bool {
	for _, i := range way {
		if !canonical.SameForm(v, w) {
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
