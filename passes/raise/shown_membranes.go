package raise

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A membrane that a spike sets to a value is read by way of a silent neuron that
// does all that the firing one does, and gives its membrane: before the reset one
// whose reset waits for the next step, which fires alike, and after it one whose
// reset acts at once. Of the two, those that nothing reads are dropped with the
// state that they stand for.

// show notes the membranes of a unit of the net whose reset is no subtraction.
func (s *raising) show(n *ir.Net, u *unit, f *neuronForm) {
	if again := u.rereads(); again != nil { // its stored value is that of a silent one
		stored := visible{*f, u.fire, false}
		stored.attrs.Silent = true
		s.shown[s.latched[canonical.MembraneOf(again)]] = &stored
	}
	if f.attrs.Reset != ir.ResetZero && f.attrs.Reset != ir.ResetValue || f.held != nil {
		return
	}
	before := visible{*f, u.fire, u.mirrored}
	before.attrs.Silent, before.attrs.When = true, ir.WhenNext
	if f.attrs.Refractory.Kind != ir.RestHold { // this holds the membrane behind its reset
		s.shown[u.membrane] = &before
	}
	if f.attrs.When != ir.WhenFire {
		return
	}
	after := visible{*f, u.fire, u.mirrored}
	after.attrs.Silent = true
	for _, v := range u.resets(n, f) {
		s.shown[v] = &after
	}
}

// resets are the values that are the membrane after the unit's reset.
func (u *unit) resets(n *ir.Net, f *neuronForm) []*ir.Value {
	now := &unit{fire: u.fire, membrane: u.membrane, threshold: u.threshold, forms: map[*ir.Value]form{
		u.fire: {{monomial{s: true}, rewrite.Scalar(1)}}, u.membrane: {{monomial{h: true}, rewrite.Scalar(1)}},
	}}
	var out []*ir.Value
	own := map[*ir.Value]bool{u.fire: true, u.membrane: true}
	for _, v := range n.Values {
		if own[v] || !canonical.ByElement(v.Op) || !slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return own[a] }) {
			continue
		}
		own[v] = true
		if g, d := now.form(v); d == nil && v.Type == u.membrane.Type && f.isReset(g) {
			out = append(out, v)
		}
	}
	return out
}

// visible is a silent neuron in the place of a membrane, or of its opposite.
type visible struct {
	neuronForm
	fire     *ir.Value
	mirrored bool
}

// isReset reports whether a form is the membrane, but where it fired the neuron's reset.
func (f *neuronForm) isReset(g form) bool {
	h, gone, to := g.of(monomial{h: true}), g.of(monomial{h: true, s: true}), g.of(monomial{s: true})
	if h == nil || gone == nil || !canonical.All(h, 1) || !canonical.All(gone, -1) {
		return false
	}
	if f.attrs.Reset == ir.ResetZero {
		return len(g) == 2
	}
	return len(g) == 3 && to != nil && canonical.Near(to, f.reset)
}

// membrane makes the silent neuron in the place of v, named after the one that fires.
func (f *visible) membrane(r *ir.Rebuilder, v *ir.Value, fires string) (*ir.Value, error) {
	out, err := f.make(r, r.Unique(membraneName(fires)), v.Type.Shape)
	if err != nil || !f.mirrored {
		return out, err
	}
	return r.Add(ir.OpNeg, r.Unique(v.Name+".mirrored"), nil, out)
}
