package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/raise"
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
	return unsupportedAmong(n, h, func(*unsupported.Reason) bool { return true })
}

// unsupportedApart names the reasons of layers that stay where each step is a layer of its own; nil when
// there are none.
func unsupportedApart(n *ir.Net, h []timing.History) error {
	return unsupportedAmong(n, h, func(o *unsupported.Reason) bool { return !o.Apart })
}

func unsupportedAmong(n *ir.Net, h []timing.History, named func(o *unsupported.Reason) bool) error {
	fires := unsupported.Thresholds(n)
	place := map[*ir.Value]int{}
	for i, v := range n.Values {
		place[v] = i
	}
	layers := make([]*unsupported.Anatomy, len(h))
	for i, layer := range h {
		layers[i] = unsupported.Dissect(layer.Membranes[len(layer.Membranes)-1], ownSteps(n, layer, fires), nil)
		layers[i].Fire = FireOf(layer, fires)
	}
	errs, signed := unsupported.TernaryNeurons(n)
	errs = append(errs, unsupported.WholeSpikes(n)...)
	adapt := unsupported.AdaptiveThresholds(n)
	told := raise.Subjects(adapt)
	for _, a := range layers {
		if signed[a.Membrane] {
			continue
		}
		isPart := slices.ContainsFunc(layers, func(b *unsupported.Anatomy) bool { return a.PartOf(b, place) })
		if o := a.Reason(); o != nil && named(o) && a.Fire != nil && !isPart {
			if d := o.Refused(a.Fire); !told[raise.Subject(d.Message)] {
				errs = append(errs, d)
			}
		}
	}
	return append(errs, adapt...).Err()
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
