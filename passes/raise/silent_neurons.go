package raise

import (
	"maps"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
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
		if path := loop(delay, latch.Args[1]); path != nil {
			why, help := "a neuron keeps its membrane, which is linear but for its threshold, and one current that drives it", OnlyCurrent
			if spiked(path) {
				help = "where it rests or fires once, " + unsupported.CountsRests
				why = "a spike changes it, as where a neuron rests after one or fires once, and may change a membrane only, or set a current to zero together with the input that comes in then"
			}
			errs = append(errs, rewrite.Refuse(delay, diag.NotANeuron, "is a second state, which %s keeps; %s", canonical.Where(path[0]), why).WithHelp("%s", help))
		}
	}
	return errs.Err()
}

// spiked reports whether spikes, or 1 less spikes, choose or multiply a value of a way.
func spiked(path []*ir.Value) bool {
	return slices.ContainsFunc(path, func(v *ir.Value) bool {
		return (v.Op == ir.OpMul || v.Op == ir.OpWhere) && slices.ContainsFunc(v.Args, func(a *ir.Value) bool {
			return !slices.Contains(path, a) && slices.ContainsFunc(slices.Collect(maps.Keys(canonical.ConeOf(a))), func(s *ir.Value) bool { return s.Type.IsSpike() })
		})
	})
}

// loop lists the values between the operand stored by a delay and the delay, without going through
// neurons, but through membranes that are shown; nil when there is no way.
func loop(delay, from *ir.Value) []*ir.Value {
	known := map[*ir.Value]bool{delay: true} // whether there is a way from it
	var path []*ir.Value
	var find func(v *ir.Value) bool
	find = func(v *ir.Value) bool {
		if v == nil || v.Op == ir.OpNeuron && !isShown(v) {
			return false
		}
		reached, ok := known[v]
		if ok {
			return reached
		}
		for _, a := range v.Args {
			reached = find(a) || reached
		}
		if known[v] = reached; reached {
			path = append(path, v)
		}
		return reached
	}
	if !find(from) {
		return nil
	}
	slices.Reverse(path)
	return append(path, delay)
}

// isShown reports whether v is the membrane of a neuron that fires.
func isShown(v *ir.Value) bool {
	a, ok := v.Attrs.(ir.NeuronAttrs)
	return ok && a.Silent && a.Fires()
}
