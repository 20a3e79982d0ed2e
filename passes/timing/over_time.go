package timing

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
)

// MembranesOverTime finds the neuron layers. A comparison holds a membrane against a threshold; the
// membrane of the next step is computed from it without a comparison between, whatever leak and
// reset do. So the membranes that follow each other are the steps of one layer. Where none does,
// steps are told by their operands (memoryless.go). No comparison at all, or none that is a spike: nil.
func MembranesOverTime(n *ir.Net) ([]History, error) {
	fires := canonical.Comparisons(n)
	if len(fires) == 0 {
		return nil, nil
	}
	all := Chained(n, fires)
	if len(all) == 0 && len(SecondMembranes(n, canonical.Comparisons(n))) == 0 {
		all = memoryless(n, fires)
	}
	if len(all) == 0 && canonical.OnlyChoices(n) {
		return nil, nil
	}
	if len(all) == 0 {
		return nil, oneStepOnly(n, fires)
	}
	return all, nil
}

// SameLength cuts all histories to the shortest. A longer one may begin with a current that is also
// another layer's first membrane; whether the others are steps of one body is checked later, value
// by value.
func SameLength(all []History) []History {
	steps := len(all[0].Membranes)
	for _, h := range all {
		steps = min(steps, len(h.Membranes))
	}
	out := make([]History, len(all))
	for i, h := range all {
		out[i].Membranes = h.Membranes[len(h.Membranes)-steps:]
	}
	return out
}

// WithoutFirsts leaves the first membrane out of each layer of four steps or more: it may be an
// input that something else compares once. Nil when there are fewer.
func WithoutFirsts(all []History) []History {
	var out []History
	for _, h := range SameLength(all) {
		if len(h.Membranes) < 4 {
			return nil
		}
		out = append(out, History{Membranes: h.Membranes[1:]})
	}
	return out
}

func oneStepOnly(n *ir.Net, fires map[*ir.Value][]*ir.Value) error {
	var errs diag.List
	for _, v := range SecondMembranes(n, fires) {
		errs.Add(fires[v][0].Origin, diag.NotUnrolled, "%s is a threshold in its second time step, and two steps do not show what its membrane %%%s keeps from one to the next", canonical.Where(fires[v][0]), v.Name).
			Help = "export the network with three time steps or more"
	}
	if len(errs) > 0 {
		return errs.Err()
	}
	for _, v := range n.Values {
		if len(fires[v]) > 0 {
			f := fires[v][0]
			errs.Add(f.Origin, diag.NotUnrolled, "%s is a threshold whose membrane %%%s has no earlier step: the file has one time step only, or its state is a constant", canonical.Where(f), v.Name)
		}
	}
	if len(errs) > 0 {
		errs[len(errs)-1].Help = "a single step forgets its state, so it cannot be compiled: export the network with all its steps in one graph, each calling the same module once" +
			"; or export one step with its state as inputs and outputs, and say --steps; if the network runs a single step, say --steps 1"
	}
	return errs.Err()
}

// Twin finds the comparison of one membrane that corresponds to f of its own.
func Twin(f, membrane *ir.Value, among []*ir.Value, of *ir.Value) *ir.Value {
	for _, g := range among {
		ok := g.Attrs == f.Attrs
		for i, a := range f.Args {
			ok = ok && (a == g.Args[i] || a == membrane && g.Args[i] == of)
		}
		if ok {
			return g
		}
	}
	return nil
}

// Given reports whether no step computes v.
func Given(v *ir.Value) bool { return v == nil || v.Op == ir.OpConst || v.Op == ir.OpInput }
