package raise

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A neuron that rests for one step needs no count: the rest is its own spike of the step before,
// which resets read, too. So the gate of its spikes,
//
//	spikes = fires ∧ ¬(spikes before)
//
// is taken out first, and the parts missing when it rests show in the terms of its membrane that a
// spike kills.

// withoutGates is the net in which no spike is held back by the one before, and the names of the
// comparisons of which some were.
func withoutGates(n *ir.Net) (*ir.Net, map[string]bool, error) {
	gates, names := map[*ir.Value]bool{}, map[string]bool{}
	latched, readers := n.Latched(), n.Readers()
	for _, v := range n.All(ir.OpAndNot) {
		if f := v.Args[0]; isGate(v, latched) && len(readers[f]) == 1 && !comparedAgain(n, canonical.MembraneOf(f), latched) {
			gates[v] = true
		}
	}
	if len(gates) == 0 {
		return n, nil, nil
	}
	out, err := ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		if !gates[v] {
			return nil, nil
		}
		names[r.Of(v.Args[0]).Name] = true
		return r.Of(v.Args[0]), nil
	})
	return out, names, err
}

// isGate reports whether v are the spikes of a comparison that those of the step before hold back.
func isGate(v *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	f, past := v.Args[0], v.Args[1]
	if canonical.MembraneOf(f) == nil || v.Clock != ir.Step || past.Op != ir.OpDelay || !canonical.Every(past.Args[0], 0) {
		return false
	}
	kept := latched[past]
	for kept != nil && kept.Op == ir.OpCast {
		kept = kept.Args[0]
	}
	return kept == v
}

// comparedAgain reports whether a comparison reads the stored membrane: a reset may go by
// it, and by spikes that are held back.
func comparedAgain(n *ir.Net, membrane *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	reads := func(v *ir.Value) bool {
		for u := range canonical.ConeOf(v) {
			if u.Op == ir.OpDelay && canonical.ConeOf(latched[u])[membrane] {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(n.All(ir.OpCompare), func(c *ir.Value) bool {
		return canonical.MembraneOf(c) != membrane && slices.ContainsFunc(c.Args, reads)
	})
}

// rests takes a rest of one step out of a membrane: behind a spike, all that comes in is missing,
// and the membrane leaks or is held; or else only its spikes are missing.
func (u *unit) rests(n *neuronForm, f form) form {
	if u.gated {
		n.attrs.Refractory = ir.Refractory{Kind: ir.RestSpike, Steps: 1}
	}
	comesIn := func(m monomial) bool { return m.x != nil || m.i || m.j || m == monomial{} }
	if !kills(f) || u.isLate || u.mirrored || !u.gated && u.mayMask(f) {
		return f
	}
	awake := f.without(func(m monomial) bool { return m.s })
	drive := awake.without(func(m monomial) bool { return !comesIn(m) })
	left := form(nil).plus(f, 1) // where it rests, with s = 1
	for _, t := range drive {
		m := t.monomial
		m.s = true
		left = left.add(m, t.k)
	}
	if kills(left) {
		return f
	}
	beta := canonical.OrZero(awake.of(monomial{h: true}))
	part := canonical.Combine(beta, canonical.OrZero(left.of(monomial{h: true, s: true})), canonical.Sum)
	switch held := canonical.NonZero(beta) && (canonical.Near(part, rewrite.Scalar(1)) || canonical.All(part, 0)); {
	case !u.gated:
		n.attrs.Refractory = ir.Refractory{Kind: ir.RestDrive, Steps: 1}
	case held && !canonical.Near(part, beta):
		n.attrs.Refractory.Kind = ir.RestHold
		to := canonical.OrZero(left.of(monomial{s: true}))
		left = left.without(func(m monomial) bool { return m.s }).
			add(monomial{h: true, s: true}, canonical.Combine(beta, canonical.Combine(part, rewrite.Scalar(1), func(a, b float64) float64 { return a - b }), canonical.Product)).
			add(monomial{s: true}, canonical.Combine(beta, to, canonical.Product))
	default:
		n.attrs.Refractory.Kind = ir.RestLeak
	}
	return left
}

// mayMask reports whether a spike kills the whole of a membrane, and may set it.
func (u *unit) mayMask(f form) bool {
	return allKilled(f.without(func(m monomial) bool { return m == monomial{s: true} })) || allKilled(f)
}

// lost refuses neurons whose rests or thresholds were taken out, and whose comparisons are none of a
// neuron any more, as where silence resets.
func (s *raising) lost() diag.List {
	kept := map[string]bool{}
	for v := range s.neurons {
		kept[v.Name] = true
	}
	names := slices.Collect(maps.Keys(s.gated))
	names = slices.AppendSeq(slices.AppendSeq(names, maps.Keys(s.periods)), maps.Keys(s.growths))
	slices.Sort(names)
	var errs diag.List
	for _, name := range slices.Compact(names) {
		if !kept[name] {
			errs = append(errs, diag.Errorf(diag.Origin{}, diag.NotANeuron,
				"%%%s fires a neuron with a refractory period or a threshold that adapts, and the silence of it resets", name).WithHelp("reset by the spikes: h * (1 - s), or h - s"))
		}
	}
	return errs
}
