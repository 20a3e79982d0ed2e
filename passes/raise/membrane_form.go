package raise

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// unit is one threshold unit of a net of one step: the comparison that fires,
// its membrane H, and H written as a form over the unit's own past.
type unit struct {
	fire      *ir.Value
	membrane  *ir.Value
	threshold *ir.Tensor
	// mirrored: it fires where the membrane is low, so −H and −threshold are meant.
	mirrored bool
	latched  map[*ir.Value]*ir.Value // operand stored by each delay; nil: delays are inputs
	forms    map[*ir.Value]form
	// starts are the own delays that were read, with the form of their stored values.
	starts []start
	// refired: the spike before is found by comparing the membrane before again.
	refired bool
	// currents are delays of state with leaks of their own, at most as many as most;
	// plain are delays that are taken as inputs after all.
	currents []current
	most     int
	plain    map[*ir.Value]bool
	isLate   bool                   // the current reaches the membrane one step late
	earlier  func(v *ir.Value) bool // whether v is computed before the spikes, where that is known
	steps    int                    // of the net
	apart    bool                   // inputs that are added stay apart
	assumed  map[*ir.Value]float64  // values that are taken for constants
	gated    bool                   // by its spikes of the step before
	loses    *ir.Value              // the current that loses its input, where that is taken for an input itself
}

// current is the delay of a current, and its stored value over the past.
type current struct {
	delay  *ir.Value
	update form
}

// ofCurrent are the first and the second current in a form.
var ofCurrent = [2]monomial{{i: true}, {j: true}}

// start says that a value of the state begins as a constant.
type start struct {
	delay *ir.Value
	form  form
}

func newUnit(fire *ir.Value, latched map[*ir.Value]*ir.Value) (*unit, *diag.Diagnostic) {
	c := canonical.Held(fire, latched)
	if c.Membrane == nil {
		return nil, rewrite.Refuse(fire, diag.NotANeuron, "the threshold %%%s is no constant", fire.Args[1].Name)
	}
	return &unit{fire: fire, membrane: c.Membrane, threshold: c.Threshold, mirrored: c.Mirrored, latched: latched,
		forms: map[*ir.Value]form{}, plain: map[*ir.Value]bool{}, most: len(ofCurrent)}, nil
}

// form writes a value over the unit's past. Whatever is not arithmetic that is
// linear in the state is taken as a whole, as an input.
func (u *unit) form(v *ir.Value) (form, *diag.Diagnostic) {
	if f, ok := u.forms[v]; ok {
		return f, nil
	}
	f, d := u.work(v)
	if d != nil {
		return nil, d
	}
	if !f.own() && f.inputs() > 1 && !u.apart {
		f = inputForm(v) // an addition of inputs stays one
	}
	u.forms[v] = f
	return f, nil
}

func (u *unit) work(v *ir.Value) (form, *diag.Diagnostic) {
	number, assumed := u.assumed[v]
	switch {
	case assumed:
		return constantForm(rewrite.Scalar(number)), nil
	case v.Const() != nil:
		return constantForm(canonical.Squeezed(canonical.Combine(v.Const(), rewrite.Scalar(1), canonical.Product))), nil
	case v.Op == ir.OpDelay && u.latched == nil:
		return inputForm(v), nil
	case v.Op == ir.OpDelay:
		return u.past(v)
	case u.refires(v):
		u.refired = true
		return form{{monomial{s: true}, rewrite.Scalar(1)}}, nil
	}
	combineArgs := FormRules[v.Op]
	if combineArgs == nil && u.assumed != nil {
		combineArgs = bitRules[v.Op]
	}
	if combineArgs == nil {
		return inputForm(v), nil
	}
	args := make([]form, len(v.Args))
	own := false
	for i, a := range v.Args {
		var d *diag.Diagnostic
		if args[i], d = u.form(a); d != nil {
			return nil, d
		}
		own = own || args[i].own()
	}
	f, ok := combineArgs(v, args)
	switch {
	case ok:
		return f, nil
	case own:
		return nil, u.unlike()
	}
	return inputForm(v), nil
}

// FormRules are the ops that keep a form linear.
var FormRules = map[ir.Op]func(v *ir.Value, args []form) (form, bool){
	ir.OpAdd:  func(_ *ir.Value, a []form) (form, bool) { return a[0].plus(a[1], 1), true },
	ir.OpSub:  func(_ *ir.Value, a []form) (form, bool) { return a[0].plus(a[1], -1), true },
	ir.OpNeg:  func(_ *ir.Value, a []form) (form, bool) { return form(nil).plus(a[0], -1), true },
	ir.OpMul:  func(_ *ir.Value, a []form) (form, bool) { return a[0].times(a[1]) },
	ir.OpDiv:  divideForm,
	ir.OpCast: castForm,
	ir.OpWhere: func(_ *ir.Value, a []form) (form, bool) { // c·(a − b) + b
		f, ok := a[0].times(a[1].plus(a[2], -1))
		return a[2].plus(f, 1), ok && (a[0].own() || a[0].inputs() == 0)
	},
}

// bitRules are the ops on spikes that are linear where a spike of the two is known.
var bitRules = map[ir.Op]func(v *ir.Value, args []form) (form, bool){
	ir.OpAnd: func(_ *ir.Value, a []form) (form, bool) { return a[0].times(a[1]) },
	ir.OpAndNot: func(_ *ir.Value, a []form) (form, bool) {
		both, ok := a[0].times(a[1])
		return a[0].plus(both, -1), ok
	},
}

// divideForm divides by a constant.
func divideForm(v *ir.Value, a []form) (form, bool) {
	by := v.Args[1].Const()
	if by == nil || !v.Type.IsReal() {
		return nil, false
	}
	inverse := canonical.Combine(by, rewrite.Scalar(1), func(b, one float64) float64 { return one / b })
	return a[0].times(constantForm(inverse))
}

// castForm passes the unit's own state and constants; the cast of something else
// is an input.
func castForm(v *ir.Value, a []form) (form, bool) {
	if !a[0].own() && a[0].inputs() > 0 {
		return inputForm(v), true
	}
	isSpike := len(a[0]) == 1 && !a[0][0].state() && a[0][0].x == nil && canonical.All(a[0][0].k, 1)
	return a[0], v.Type.IsReal() || v.Args[0].Type.IsSpike() || v.Type.IsSpike() && isSpike
}

// past is the form of a delay. It is the unit's own when its stored value is made of this step's
// membrane and spike alone, or when it is one of its currents; the delay of anything else is an
// input.
func (u *unit) past(delay *ir.Value) (form, *diag.Diagnostic) {
	now := &unit{fire: u.fire, membrane: u.membrane, threshold: u.threshold, assumed: u.assumed, forms: map[*ir.Value]form{
		u.fire: {{monomial{s: true}, rewrite.Scalar(1)}},
	}}
	now.forms[u.membrane] = form{{monomial{h: true}, rewrite.Scalar(1)}} // a silent neuron has no fire but it
	f, d := now.form(u.latched[delay])
	if d != nil || !f.own() || f.inputs() > 0 {
		switch m, ok := u.leaks(delay); {
		case ok:
			return form{{m, rewrite.Scalar(1)}}, nil
		case d != nil:
			return nil, d
		case !f.own() || u.plain[delay]:
			return inputForm(delay), nil
		}
		return nil, u.unlike()
	}
	if delay.Args[0].Const() == nil {
		return nil, u.unlike()
	}
	u.starts = append(u.starts, start{delay, f})
	return f, nil
}

// leaks reports whether a delay is a current of the unit, and which: it starts at 0, and stores a
// part of itself plus inputs, all of which a spike may have killed, without the membrane. One more
// such delay is an input.
func (u *unit) leaks(delay *ir.Value) (monomial, bool) {
	for k, c := range u.currents {
		if c.delay == delay {
			return ofCurrent[k], true
		}
	}
	if len(u.currents) == u.most || u.plain[delay] || !delay.Type.IsReal() || !canonical.Every(delay.Args[0], 0) {
		return monomial{}, false
	}
	before := &unit{fire: u.fire, membrane: u.membrane, threshold: u.threshold, latched: u.latched, plain: u.plain, assumed: u.assumed,
		forms: map[*ir.Value]form{
			delay:  {{ofCurrent[0], rewrite.Scalar(1)}},
			u.fire: {{monomial{fired: true}, rewrite.Scalar(1)}},
		}}
	before.forms[u.membrane] = form{{monomial{now: true}, rewrite.Scalar(1)}}
	f, d := before.form(u.latched[delay])
	if d != nil || f.of(ofCurrent[0]) == nil {
		return monomial{}, false
	}
	for _, t := range f {
		if t.h || t.now || t.fired {
			return monomial{}, false
		}
	}
	u.currents = append(u.currents, current{delay, f})
	return ofCurrent[len(u.currents)-1], true
}

// refires reports whether v compares the membrane of the step before as the unit
// fires: it is then the spike of that step.
func (u *unit) refires(v *ir.Value) bool {
	for _, c := range canonical.Readings(v) {
		if u.latched[c.Membrane] == u.membrane && v.Attrs == u.fire.Attrs && c.Mirrored == u.mirrored && canonical.Near(c.Threshold, u.threshold) {
			return true
		}
	}
	return false
}

// alike reports whether v compares m as the unit's own comparison does.
func (u *unit) alike(v, m *ir.Value) bool {
	if v.Attrs != u.fire.Attrs || (v.Args[1] == m) != u.mirrored {
		return false
	}
	other := v.Args[1]
	if u.mirrored {
		other = v.Args[0]
	}
	return other.Const() != nil && canonical.Near(other.Const(), u.threshold)
}

// firesAtStart reports whether the comparison holds for an initial membrane
// anywhere. A second comparison would then reset before the first step.
func (u *unit) firesAtStart(init *ir.Tensor) bool {
	fires := canonical.Combine(init, u.threshold, func(v, t float64) float64 {
		if u.mirrored {
			v, t = t, v
		}
		if v > t || v == t && canonical.Comparison(u.fire) == ir.GE {
			return 1
		}
		return 0
	})
	return !canonical.All(fires, 0)
}
