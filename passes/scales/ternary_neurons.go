package scales

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// kept is the error of a delay of numbers, which may be spikes that have the sign of a membrane.
func (s *scaler) kept(delay *ir.Value) *diag.Diagnostic {
	for _, r := range s.readers[delay] {
		if canonical.MembraneOf(r) == delay {
			return rewrite.Refuse(delay, diag.NotExact, "keeps a membrane that %s compares once more, where it is %s; a neuron fires and is reset by one comparison", canonical.Where(r), raise.ShownComparison(r)).
				WithHelp("reset by the spikes themselves, as in where(s > 0, 0, h)")
		}
		if r.Op != ir.OpLatch {
			continue
		}
		state := canonical.ScaledFrom(r.Args[1])
		if a, ok := state.Attrs.(ir.NeuronAttrs); ok && a.Silent {
			if sumsSpikes(state.Args[ir.NeuronX]) {
				return s.secondState(delay, canonical.Where(state)+", a sum of spikes, is")
			}
			if o := unsupported.FunctionOfState(delay, state.Args[ir.NeuronX]); o != nil {
				return o.Kept(delay)
			}
			return rewrite.Refuse(delay, diag.NotExact, "keeps the numbers of %s for the next step, which integers keep only as the current of one neuron: alone in its membrane, with no bias of its own", canonical.Where(r.Args[1])).
				WithHelp("%s", keptHelp(delay))
		}
		stored := r.Args[1].Args
		fires := slices.IndexFunc(stored, func(a *ir.Value) bool { return a != nil && a.Op == ir.OpNeuron })
		if fires >= 0 && slices.ContainsFunc(stored, func(a *ir.Value) bool { return a != nil && canonical.IsFn(a, ir.FnSign) }) {
			o := unsupported.Ternary
			o.At = r.Args[1]
			return o.Refused(stored[fires])
		}
	}
	if d := unsupported.KeptForGreatest(delay, s.readers); d != nil {
		return d
	}
	if s.keepsState(delay) {
		return s.secondState(delay, "numbers that are neither spikes nor pixels are")
	}
	return rewrite.Refuse(delay, diag.NotExact, "keeps numbers from step to step that are neither spikes nor pixels nor a membrane")
}

// sumsSpikes reports whether a current is made of spikes alone, element by element.
func sumsSpikes(x *ir.Value) bool {
	return canonical.DecidedBy(x, func(v *ir.Value) (fires, fits bool) { return v.Type.IsSpike() && !canonical.ByElement(v.Op), true })
}

// keepsState reports whether a delay stores a number made of numbers of the step before.
func (s *scaler) keepsState(delay *ir.Value) bool {
	for _, r := range s.readers[delay] {
		if r.Op != ir.OpLatch {
			continue
		}
		for v := range canonical.ConeOf(r.Args[1]) {
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
			} else if canonical.ByElement(r.Op) && !seen[r] {
				seen[r] = true
				queue = append(queue, r)
			}
		}
	}
	return rewrite.Refuse(at, diag.NotExact, "beside the membrane %s kept from step to step, as of a threshold or a current that adapts, or of an oscillation; a neuron keeps its membrane, and one current that inputs alone make", kept).
		WithHelp(raise.OnlyCurrent)
}

// keptHelp is the help for a number that integers do not keep. One for the whole layer is a state of each neuron where it
// starts as one for each.
func keptHelp(delay *ir.Value) string {
	if delay.Type.Shape.Size() == 1 {
		return "a state that all neurons of a layer share is taken as one of each neuron: start it in the shape of the layer, as torch.ones(1, neurons)"
	}
	return raise.OnlyCurrent
}
