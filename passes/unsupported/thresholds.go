package unsupported

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// grows is the help against thresholds that adapt in another way than is known.
const grows = "a threshold that each spike adds to, and that decays, is known from four steps on, from a = 0: s = (h > 1 + 0.5 * a).float(), a = 0.9 * a + s"

// thresholdReason is the reason of a comparison of two numbers of which one depends on spikes: the
// operation that makes the threshold more than their decaying sum, if there is one.
func thresholdReason(v *ir.Value, latched map[*ir.Value]*ir.Value) *Reason {
	threshold := v.Args[1]
	if readsInput(threshold, latched) != nil && readsInput(v.Args[0], latched) == nil {
		threshold = v.Args[0]
	}
	o := &Reason{What: "a neuron whose threshold adapts to its spikes (ALIF, LSNN)", At: threshold, Help: grows}
	if at := readsInput(threshold, latched); at != nil {
		o.What, o.At = "a neuron whose threshold is made of more than its spikes: of its membrane, or of what comes in", at
		return o
	}
	for _, u := range Dissect(threshold, nil, latched).Values {
		if what := otherGrowth(u); what != "" {
			o.What, o.At = "a neuron whose threshold "+what, u
			return o
		}
	}
	return o
}

// readsInput returns the first of a value's own operations that reads another number than those of
// constants and spikes; nil when there is none.
func readsInput(v *ir.Value, latched map[*ir.Value]*ir.Value) *ir.Value {
	for _, u := range Dissect(v, nil, latched).Values {
		if canonical.ByElement(u.Op) && slices.ContainsFunc(u.Args, comesIn) {
			return u
		}
	}
	return nil
}

// comesIn reports whether a value is a number from outside of a layer.
func comesIn(v *ir.Value) bool {
	known := v == nil || canonical.ByElement(v.Op) || v.Op == ir.OpConst || v.Op == ir.OpCompare || v.Op == ir.OpDelay
	return !known && v.Type.IsReal()
}

// otherGrowth says how an operation makes a number other than a sum of spikes that decays; empty
// when it does not.
func otherGrowth(u *ir.Value) string {
	varies := 0
	for _, a := range u.Args {
		if a != nil && a.Const() == nil {
			varies++
		}
	}
	switch {
	case u.Op == ir.OpMax || u.Op == ir.OpMin:
		return "is held within bounds"
	case u.Op == ir.OpMap:
		return "goes through " + u.Attrs.(ir.MapAttrs).Fn.String()
	case u.Op == ir.OpWhere && u.Type.IsReal() && varies > 1, u.Op == ir.OpMul && varies > 1:
		return "is set or multiplied by its spikes"
	}
	return ""
}

// AdaptiveThresholds refuses comparisons of two numbers of which one depends on
// spikes, for each layer the last.
func AdaptiveThresholds(n *ir.Net) diag.List {
	var errs diag.List
	latched, followed := n.Latched(), map[*ir.Value]bool{}
	for _, v := range slices.Backward(n.Values) {
		if is := canonical.Comparison(v); is != ir.GE && is != ir.GT || v.Args[0].Const() != nil || v.Args[1].Const() != nil || !v.Args[0].Type.IsReal() {
			continue
		}
		spikes := false
		for _, a := range v.Args {
			for u := range canonical.ConeOf(a) {
				if u.Op == ir.OpCompare || u.Op == ir.OpDelay {
					spikes, followed[u] = true, true
				}
			}
		}
		switch x := givenThreshold(v); {
		case !spikes || followed[v] || ofOneMembrane(v, latched):
		case x != nil:
			errs = append(errs, rewrite.Refuse(v, diag.NotANeuron, "compares a membrane with the input %s, and a threshold is a constant", x.Name).
				WithHelp("if it is the same for all samples, say what it is: --bind %s=FILE", x.Name))
		default:
			errs = append(errs, thresholdReason(v, latched).Refused(v))
		}
	}
	slices.Reverse(errs)
	return errs
}

// ofOneMembrane reports whether a comparison is of a membrane with a number that its own spikes
// decide.
func ofOneMembrane(v *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	a := &Anatomy{latched: latched}
	for i, m := range v.Args {
		if canonical.DecidedBy(v.Args[1-i], func(x *ir.Value) (fires, fits bool) {
			by := canonical.MembraneOf(a.now(x))
			return by != nil, by == a.now(m) && (x.Op == ir.OpDelay) == (m.Op == ir.OpDelay)
		}) {
			return true
		}
	}
	return false
}

// givenThreshold returns the input that one operand of a comparison is made of, element by
// element, and the other is not; nil when there is none.
func givenThreshold(v *ir.Value) *ir.Value {
	var inputs []*ir.Value
	for _, a := range v.Args {
		if x := inputOf(a); x != nil {
			inputs = append(inputs, x)
		}
	}
	if len(inputs) != 1 {
		return nil
	}
	return inputs[0]
}

// inputOf returns the one input that a value is made of, element by element or moved.
func inputOf(v *ir.Value) *ir.Value {
	var x *ir.Value
	for u := range canonical.ConeOf(v) {
		for u.Op.Class() == ir.Move && len(u.Args) == 1 {
			u = u.Args[0]
		}
		switch {
		case u.Op == ir.OpInput && (x == nil || x == u):
			x = u
		case !canonical.ByElement(u.Op):
			return nil
		}
	}
	return x
}
