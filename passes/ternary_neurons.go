package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// A ternary neuron fires 1, 0 or −1. People write that as the sign of the membrane times
// a comparison of its magnitude, or as one comparison of it less another.

var ternary = odd{what: "a ternary neuron, whose spikes have a sign",
	help: "let the reset take the spikes away, as in h - s with s = (h > 1).float() - (h < -1).float(): each sign is a neuron of its own then"}

// firesSigned are the comparisons that a value takes its sign and magnitude from, when it is
// the spike of a ternary neuron; nil when it is none.
func firesSigned(v *ir.Value) []*ir.Value {
	switch v.Op {
	case ir.OpSub:
		a, b := compared(v.Args[0]), compared(v.Args[1])
		if a != nil && b != nil && a != b && unsigned(a) == unsigned(b) && comparingOf(a).m != nil && comparingOf(b).m != nil {
			return []*ir.Value{a, b}
		}
	case ir.OpMul:
		for i, sign := range v.Args {
			c := compared(v.Args[1-i])
			if c != nil && isFn(sign, ir.FnSign) && comparingOf(c).m != nil && isFn(comparingOf(c).m, ir.FnAbs) && sign.Args[0] == unsigned(c) {
				return []*ir.Value{c}
			}
		}
	}
	return nil
}

// kept is the error of a delay of numbers, which may be spikes that have the sign of a membrane.
func (s *scaler) kept(delay *ir.Value) *diag.Diagnostic {
	for _, r := range s.readers[delay] {
		if membraneOf(r) == delay {
			return refuse(delay, diag.NotExact, "keeps a membrane that %s compares once more, where it is %s; a neuron fires and is reset by one comparison", where(r), shownComparison(r)).
				WithHelp("reset by the spikes themselves, as in where(s > 0, 0, h)")
		}
		if r.Op != ir.OpLatch {
			continue
		}
		state := scaledFrom(r.Args[1])
		if a, ok := state.Attrs.(ir.NeuronAttrs); ok && a.Silent {
			if sumsSpikes(state.Args[ir.NeuronX]) {
				return s.secondState(delay, where(state)+", a sum of spikes, is")
			}
			return refuse(delay, diag.NotExact, "keeps the numbers of %s for the next step, which integers keep only as the current of one neuron: alone in its membrane, with no bias of its own", where(r.Args[1]))
		}
		stored := r.Args[1].Args
		fires := slices.IndexFunc(stored, func(a *ir.Value) bool { return a != nil && a.Op == ir.OpNeuron })
		if fires >= 0 && slices.ContainsFunc(stored, func(a *ir.Value) bool { return a != nil && isFn(a, ir.FnSign) }) {
			o := ternary
			o.at = r.Args[1]
			return o.refused(stored[fires])
		}
	}
	if s.keepsState(delay) {
		return s.secondState(delay, "numbers that are neither spikes nor pixels are")
	}
	return refuse(delay, diag.NotExact, "keeps numbers from step to step that are neither spikes nor pixels nor a membrane")
}

// sumsSpikes reports whether a current is made of spikes alone, element by element.
func sumsSpikes(x *ir.Value) bool {
	return decidedBy(x, func(v *ir.Value) (fires, fits bool) { return v.Type.IsSpike() && !byElement[v.Op], true })
}

// keepsState reports whether what a delay stores is made of numbers of the step before.
func (s *scaler) keepsState(delay *ir.Value) bool {
	for _, r := range s.readers[delay] {
		if r.Op != ir.OpLatch {
			continue
		}
		for v := range coneOf(r.Args[1]) {
			if v.Op == ir.OpDelay && v.Type.IsReal() {
				return true
			}
		}
	}
	return false
}

// secondState is the error of a delay that is no membrane, nor the current of one: of the
// neuron that reads it, where one does.
func (s *scaler) secondState(delay *ir.Value, kept string) *diag.Diagnostic {
	at := delay
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{delay}; len(queue) > 0 && at == delay; queue = queue[1:] {
		for _, r := range s.readers[queue[0]] {
			if a, ok := r.Attrs.(ir.NeuronAttrs); ok && !a.Silent {
				at = r
			} else if byElement[r.Op] && !seen[r] {
				seen[r] = true
				queue = append(queue, r)
			}
		}
	}
	return refuse(at, diag.NotExact, "beside the membrane %s kept from step to step, as of a threshold or a current that adapts, or of an oscillation; a neuron keeps its membrane, and one current that inputs alone make", kept).
		WithHelp(onlyCurrent)
}

// compared is the comparison that a value is as numbers; nil when it is none.
func compared(v *ir.Value) *ir.Value {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	if membraneOf(v) == nil {
		return nil
	}
	return v
}

// unsigned returns the membrane of which a comparison takes the magnitude or the opposite.
func unsigned(c *ir.Value) *ir.Value {
	return withoutSign(membraneOf(c))
}

// withoutSign returns the value of which m is the magnitude or the opposite.
func withoutSign(m *ir.Value) *ir.Value {
	for m.Op == ir.OpNeg || isFn(m, ir.FnAbs) {
		m = m.Args[0]
	}
	return m
}

func isFn(v *ir.Value, fn ir.Fn) bool {
	return v.Op == ir.OpMap && v.Attrs.(ir.MapAttrs).Fn == fn
}

// ternaryNeurons refuses the ternary neurons, for each layer the last step's; parts are
// their comparisons, and the operands of these, in every step.
func ternaryNeurons(n *ir.Net) (errs diag.List, parts map[*ir.Value]bool) {
	parts = map[*ir.Value]bool{}
	followed := map[*ir.Value]bool{}
	for _, v := range slices.Backward(n.Values) {
		fires := firesSigned(v)
		if fires == nil {
			continue
		}
		for u := range coneOf(unsigned(fires[0])) {
			followed[u] = followed[u] || u != v
		}
		for _, f := range fires {
			parts[f], parts[membraneOf(f)], parts[unsigned(f)] = true, true, true
		}
		if !followed[v] {
			o := ternary
			o.at = v
			errs = append(errs, o.refused(fires[0]))
		}
	}
	slices.Reverse(errs)
	return errs, parts
}
