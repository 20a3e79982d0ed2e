package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
)

// raiseSilent makes the real state that is left, behind the neurons that fire, the membranes of
// silent neurons: leaky readouts, and membranes that are read besides by others than their neuron.
// Their resets come in as spikes of the step before. State that is updated in another way is
// refused.
func raiseSilent(n *ir.Net) (*ir.Net, error) {
	s := &silencing{latched: n.Latched(), forms: map[*ir.Value]*neuronForm{}}
	for _, v := range n.All(ir.OpDelay) {
		if m := s.latched[v]; v.Type.IsReal() && s.forms[m] == nil {
			if f := s.classify(v, m); f != nil {
				s.forms[m] = f
			}
		}
	}
	out := n
	if len(s.forms) > 0 {
		var err error
		if out, err = ir.Rebuild(n, n.Level, s.rewrite); err != nil {
			return nil, err
		}
	}
	return out, restless(out)
}

type silencing struct {
	latched map[*ir.Value]*ir.Value
	forms   map[*ir.Value]*neuronForm // by the membrane
}

// classify finds the silent neuron whose membrane a delay stores; nil when it is none.
func (s *silencing) classify(delay, membrane *ir.Value) *neuronForm {
	u := &unit{fire: membrane, membrane: membrane, latched: s.latched, forms: map[*ir.Value]form{}, plain: map[*ir.Value]bool{}, most: len(ofCurrent)}
	f, d := u.driven()
	if d != nil || f.of(monomial{h: true}) == nil || kills(f) || delay.Args[0].Const() == nil {
		return nil
	}
	n := &neuronForm{bias: f.of(monomial{}), attrs: ir.NeuronAttrs{
		Round: ir.RoundFloor, Compare: ir.GE, Reset: ir.ResetNone, When: ir.WhenFire, Silent: true}}
	n.setLeak(canonical.OrZero(f.of(monomial{h: true})))
	if u.setInputs(n, f) != nil || u.setInit(n) != nil {
		return nil
	}
	u.setCurrent(n)
	return n
}

func (s *silencing) rewrite(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
	if f := s.forms[v]; f != nil {
		return f.make(r, s.name(v), v.Type.Shape)
	}
	return nil, nil
}

// name returns that of a membrane: after the neuron that fires by the same current, and
// whose spikes reset it, if there is one.
func (s *silencing) name(membrane *ir.Value) string {
	seen := map[*ir.Value]bool{nil: true}
	var fires []*ir.Value
	var walk func(v *ir.Value)
	walk = func(v *ir.Value) {
		if seen[v] {
			return
		}
		seen[v] = true
		switch {
		case v.Op == ir.OpNeuron && v.Type.IsSpike():
			fires = append(fires, v)
		case v.Op == ir.OpDelay && v.Type.IsSpike():
			walk(s.latched[v])
		case canonical.ByElement(v.Op):
			for _, a := range v.Args {
				walk(a)
			}
		}
	}
	walk(membrane)
	for _, f := range fires {
		if seen[f.Args[ir.NeuronX]] {
			return membraneName(f.Name)
		}
	}
	return membrane.Name
}

// membraneName is that of a silent neuron beside one that fires, and has its membrane. A
// trace has NAME.membrane of each neuron already.
func membraneName(neuron string) string { return neuron + ".potential" }

// restless refuses state that depends on itself in a way that no neuron has.
func restless(n *ir.Net) error {
	var errs diag.List
	for _, latch := range n.All(ir.OpLatch) {
		delay := latch.Args[0]
		if !delay.Type.IsReal() {
			continue
		}
		if loops(delay, latch.Args[1]) {
			errs = append(errs, unlike(delay))
		}
	}
	return errs.Err()
}

// loops reports whether there is a way from a delay to the operand that it stores, without going through
// neurons, but through membranes that are shown.
func loops(delay, from *ir.Value) bool {
	known := map[*ir.Value]bool{delay: true}
	var find func(v *ir.Value) bool
	find = func(v *ir.Value) bool {
		if v == nil || v.Op == ir.OpCell || v.Op == ir.OpNeuron && !isShown(v) {
			return false
		}
		reached, ok := known[v]
		if !ok {
			reached = slices.ContainsFunc(v.Args, find)
			known[v] = reached
		}
		return reached
	}
	return find(from)
}

// isShown reports whether v is the membrane of a neuron that fires.
func isShown(v *ir.Value) bool {
	a, ok := v.Attrs.(ir.NeuronAttrs)
	return ok && a.Silent && a.Fires()
}
