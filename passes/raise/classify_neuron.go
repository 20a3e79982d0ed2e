package raise

import (
	"slices"
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// neuronForm is a membrane in the neuron op's terms. Operands that are absent are nil.
type neuronForm struct {
	attrs                              ir.NeuronAttrs
	threshold, bias, reset, init, leak *ir.Tensor
	current, jump, adapt               *ir.Tensor
	// inputs are added up, each times its gain, and the whole times gain.
	inputs []gained
	gain   *ir.Tensor
	// held is the input in the step behind a spike, times gain; nil where a spike
	// leaves the input alone.
	held *ir.Tensor
}

type gained struct {
	x    *ir.Value
	gain *ir.Tensor // nil for 1
}

// classify finds the neuron that a membrane
//
//	H = β·h + b·s·h + c·s + p·i + Σ q·x + d,  i' = α·i + Σ g·x
//
// is, with h, s and i the membrane, spike and current of the step before:
//
//	b = −β, c = 0      reset to zero:  H = β·(1−s)·h + …
//	b = −β, c = β·r    reset to r
//	b = 0,  c = −β·a   subtract a when firing, if a is the threshold
//	b = 0,  c = −a     subtract a at the next step, after the leak
//	b = 0,  c = 0      no reset
//	q/g = p/α          a current α·i + g·x that drives H by p/α, so x by q
//
// When every term also comes times −s, a spike kills the whole of it (masks).
// Two currents are one and the membrane (two_currents.go).
func (u *unit) classify() (*neuronForm, *diag.Diagnostic) {
	if again := u.rereads(); again != nil {
		return u.classifyStored(again)
	}
	f, d := u.driven()
	if d != nil {
		return nil, d
	}
	if u.mirrored {
		f = mirror(f)
	}
	out := &neuronForm{threshold: u.threshold}
	if u.mirrored {
		out.threshold = canonical.Scaled(u.threshold, -1)
	}
	is := canonical.Comparison(u.fire)
	out.attrs = ir.NeuronAttrs{Round: ir.RoundFloor, Compare: is, Reset: ir.ResetNone, When: ir.WhenFire}
	if f = u.rests(out, f); kills(f) {
		if f, d = u.setMasks(out, f); d != nil {
			return nil, d
		}
	}
	out.bias = f.of(monomial{})
	out.setLeak(canonical.OrZero(f.of(monomial{h: true})))
	if d := u.setReset(out, f); d != nil {
		return nil, d
	}
	if d := u.setInputs(out, f); d != nil {
		return nil, d
	}
	u.setCurrent(out)
	return out, u.setInit(out)
}

// driven is the membrane as a form, with the currents that drive it as a neuron's
// do. Others are inputs.
func (u *unit) driven() (form, *diag.Diagnostic) {
	for {
		f, d := u.form(u.membrane)
		if d == nil && len(u.currents) == 1 {
			f = u.fedBack(f)
		}
		switch {
		case len(u.currents) == 2:
			if d == nil {
				if s := u.pair(f); s != nil {
					return u.late(s)
				}
			}
			u.most = 1
		case d != nil:
			return nil, d
		case len(u.currents) == 1 && !u.drives(f):
			if late := u.behind(f); late != nil {
				return late, nil
			}
			if c := u.currents[0]; losesInput(c.update) {
				u.loses = u.latched[c.delay]
			}
			u.plain[u.currents[0].delay] = true
		default:
			return f, nil
		}
		u.currents, u.starts, u.refired, u.forms = nil, nil, false, map[*ir.Value]form{}
		if u.loses != nil { // spikes decide of the input, outside of the neuron
			u.forms[u.loses] = inputForm(u.loses)
		}
	}
}

// losesInput reports whether the update of a current reads the input less its own spikes, and
// the current itself in any case.
func losesInput(update form) bool {
	return slices.ContainsFunc(update, func(t term) bool { return t.s && t.x != nil }) &&
		!slices.ContainsFunc(update, func(t term) bool { return t.s && (t.i || t.j) })
}

// mirror is the form of −H over −h and −i.
func mirror(f form) form {
	var out form
	for _, t := range f {
		if !t.state() {
			t.k = canonical.Scaled(t.k, -1)
		}
		out = append(out, t)
	}
	return out
}

// drives reports whether the current drives the membrane as one of a neuron does:
// by one factor of itself and of every input that it adds up, which nothing else
// brings to the membrane.
func (u *unit) drives(f form) bool {
	quiet := func(m monomial) bool { return m.s || m.h }
	all := u.currents[0].update
	p, alpha := f.of(monomial{i: true}), all.of(monomial{i: true})
	update, drive := all.without(quiet), f.without(quiet)
	if p == nil || !canonical.NonZero(p) || !canonical.NonZero(alpha) || update.of(monomial{}) != nil || update.inputs() != drive.inputs() {
		return false
	}
	for _, t := range update {
		q := drive.of(t.monomial)
		if q == nil || !canonical.Near(canonical.Combine(q, alpha, canonical.Product), canonical.Combine(p, t.k, canonical.Product)) {
			return false
		}
	}
	spared := !slices.ContainsFunc(all, func(t term) bool { return t.s })
	return spared || kills(f) && allKilled(all)
}

// setCurrent: the current is kept in units of the membrane, so its inputs have
// the gains they have there.
func (u *unit) setCurrent(n *neuronForm) {
	if len(u.currents) == 0 {
		return
	}
	update := u.currents[0].update
	n.attrs.Current.Kind, n.current = ir.LeakFactor, update.of(monomial{i: true})
	if canonical.Near(n.current, rewrite.Scalar(1)) {
		n.attrs.Current.Kind, n.current = ir.LeakNone, nil
	}
	n.attrs.MasksCurrent = kills(update)
	if u.isLate {
		n.attrs.Order = ir.OrderLate
	}
}

// kills reports whether a spike changes the input or the current.
func kills(f form) bool {
	return slices.ContainsFunc(f, func(t term) bool { return t.s && (t.x != nil || t.i || t.j) })
}

// allKilled reports whether every term comes times −s too, and none other times s.
func allKilled(f form) bool {
	for _, t := range f {
		other := t.monomial
		other.s = !t.s
		if k := f.of(other); k == nil || !canonical.Near(k, canonical.Scaled(t.k, -1)) {
			return false
		}
	}
	return true
}

// setMasks takes (1 − s)·(…) as a reset to zero that kills the new input too, and
// (1 − s)·(…) + v·s as a reset to zero behind which v comes in, in the place of the
// input. The rest is the form without a spike, but for the reset.
func (u *unit) setMasks(n *neuronForm, f form) (form, *diag.Diagnostic) {
	if to := f.of(monomial{s: true}); to != nil && len(u.currents) == 0 {
		d := canonical.OrZero(f.of(monomial{}))
		plain := f.without(func(m monomial) bool { return m == monomial{s: true} }).add(monomial{s: true}, canonical.Scaled(d, -1))
		if v := canonical.Combine(to, d, canonical.Sum); !canonical.All(v, 0) && allKilled(plain) {
			n.held = to
			return f.without(func(m monomial) bool { return m.s && !m.h }), nil
		}
	}
	if !allKilled(f) {
		return nil, u.unlike()
	}
	n.attrs.Reset, n.attrs.When, n.attrs.Masks = ir.ResetZero, ir.WhenNext, true
	return f.without(func(m monomial) bool { return m.s }), nil
}

func (n *neuronForm) setLeak(beta *ir.Tensor) {
	switch {
	case canonical.Near(beta, rewrite.Scalar(1)):
		n.attrs.Leak.Kind = ir.LeakNone
	case canonical.All(beta, 0):
		n.attrs.Leak.Kind = ir.LeakAll
	default:
		n.attrs.Leak.Kind, n.leak = ir.LeakFactor, beta
	}
}

// setReset chooses by exact relations between the coefficients.
func (u *unit) setReset(n *neuronForm, f form) *diag.Diagnostic {
	beta := canonical.OrZero(f.of(monomial{h: true}))
	b, c := f.of(monomial{h: true, s: true}), f.of(monomial{s: true})
	switch {
	case b == nil && c == nil:
		return nil
	case b == nil:
		n.setSubtract(beta, c)
		return nil
	case canonical.All(beta, 0) || !canonical.Near(b, canonical.Scaled(beta, -1)):
		return u.unlike()
	case c == nil:
		n.attrs.Reset = ir.ResetZero
		return nil
	}
	if n.attrs.Reset, n.reset = ir.ResetValue, resetTo(c, beta); n.reset == nil {
		return u.unlike()
	}
	return nil
}

// setSubtract: the amount is c/β if the reset comes with the spike, before the
// leak, and c if it comes in the next step, after it. Which one is meant shows
// in which is the threshold; without a leak both are the same.
func (n *neuronForm) setSubtract(beta, c *ir.Tensor) {
	n.attrs.Reset, n.attrs.When, n.reset = ir.ResetSubtract, ir.WhenNext, canonical.Scaled(c, -1)
	if !canonical.NonZero(beta) {
		return
	}
	if a := canonical.Scaled(canonical.Ratio(c, beta), -1); canonical.Near(a, n.threshold) || canonical.Near(beta, rewrite.Scalar(1)) {
		n.attrs.When, n.reset = ir.WhenFire, a
	}
	if canonical.Near(n.reset, n.threshold) {
		n.reset = n.threshold
	}
}

// setInputs sets the inputs of the unit. One common gain is the neuron's; different ones are
// multiplied before the inputs are added.
func (u *unit) setInputs(n *neuronForm, f form) *diag.Diagnostic {
	for _, t := range f {
		switch {
		case t.x == nil:
			continue
		case t.state() || t.s:
			return u.unlike()
		}
		n.inputs = append(n.inputs, gained{t.x, t.k})
	}
	if len(n.inputs) == 0 {
		return u.unlike()
	}
	common := true
	for _, in := range n.inputs {
		common = common && canonical.Near(in.gain, n.inputs[0].gain)
	}
	if common {
		n.gain = n.inputs[0].gain
	}
	for i, in := range n.inputs {
		if common || canonical.Near(in.gain, rewrite.Scalar(1)) {
			n.inputs[i].gain = nil
		}
	}
	if n.gain != nil && canonical.Near(n.gain, rewrite.Scalar(1)) {
		n.gain = nil
	}
	return nil
}

// Shown is a coefficient for people.
func Shown(t *ir.Tensor) string {
	if number, ok := t.Uniform(); ok {
		return formatFloat(number)
	}
	return "one per neuron, the first " + formatFloat(t.F[0])
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
