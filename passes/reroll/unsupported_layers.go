package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/timing"
	"nomul/passes/unsupported"
)

// FireOf is the comparison by which a layer fires, of its first membrane if that is compared
// as later ones are; nil when there is none.
func FireOf(layer timing.History, fires map[*ir.Value][]*ir.Value) *ir.Value {
	var first []*ir.Value
	for _, m := range slices.Backward(layer.Membranes) {
		if alike := sameComparisons(fires[m], first); len(alike) > 0 {
			first = alike
		}
	}
	if len(first) == 0 {
		return nil
	}
	return first[0]
}

// sameComparisons are the comparisons of a membrane that are as the first of a later one, if there
// is one: the first membrane may be the input, and compared as such.
func sameComparisons(fires, later []*ir.Value) []*ir.Value {
	if len(later) == 0 {
		return fires
	}
	i := slices.IndexFunc(fires, func(f *ir.Value) bool { return canonical.ComparedAlike(f, later[0]) })
	if i < 0 {
		return nil
	}
	return fires[i:]
}

// unsupportedLayers names the reasons in unrolled steps that do not fit; nil when nothing has a name.
func unsupportedLayers(n *ir.Net, h []timing.History) error {
	fires := unsupported.Thresholds(n)
	errs := unsupported.WholeSpikes(n)
	for _, layer := range h {
		a := unsupported.Dissect(layer.Membranes[min(showsSquare, len(layer.Membranes)-1)], ownSteps(n, layer, fires), nil)
		if fire := FireOf(layer, fires); fire != nil {
			if o := a.Reason(); o != nil {
				errs = append(errs, o.Refused(fire))
			}
		}
	}
	return errs.Err()
}

// showsSquare is a step in which a square of the state shows; later ones take long to look through.
const showsSquare = 3

// squaresState reports whether a layer is refused as one that squares a number of its state.
func squaresState(n *ir.Net, h []timing.History) bool {
	fires := unsupported.Thresholds(n)
	return slices.ContainsFunc(h, func(layer timing.History) bool {
		a := unsupported.Dissect(layer.Membranes[min(showsSquare, len(layer.Membranes)-1)], ownSteps(n, layer, fires), nil)
		o := a.Reason()
		return FireOf(layer, fires) != nil && o != nil && o.What == unsupported.Quadratic.What
	})
}

// ownSteps numbers a layer's membranes from 1, with those of steps that other layers lack:
// a counter of spikes begins a step late, and shortens all.
func ownSteps(n *ir.Net, layer timing.History, fires map[*ir.Value][]*ir.Value) map[*ir.Value]int {
	own, first := map[*ir.Value]int{}, canonical.ConeOf(layer.Membranes[0])
	for _, v := range n.Values {
		if first[v] && len(fires[v]) > 0 && v != layer.Membranes[0] && !unsupported.Dissect(v, nil, nil).Counts() {
			own[v] = len(own) + 1
		}
	}
	for _, m := range layer.Membranes {
		own[m] = len(own) + 1
	}
	return own
}
