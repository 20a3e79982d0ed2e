package reroll

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
	"nomul/passes/unsupported"
)

// RerollTime turns a net in which every time step is written out into one
// step: reads from the step before become delays, values that no step changes
// stay before the loop, and sums over the steps become sum.
//
// Step 0 is special: exporters fold the initial state into it. So the body is
// taken from the last step, lined up with the one before it (unify.go); the
// steps below must match it (template.go); and the body with its delays replaced
// by their initial value must fold to step 0 (first_step.go). Traces of the initial
// state in step 1 are folded too (second_step.go). The result
// therefore computes the same, operation by operation.
func RerollTime(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	if n.Steps > 1 || len(n.All(ir.OpDelay)) > 0 {
		return n, nil // has its loop already
	}
	if o.Steps == 1 {
		return raise.ByThresholds(n, o)
	}
	out, err := rolledOrWritten(n, o)
	counted, failed := raise.ByThresholds(n, o)
	if failed != nil || counted == n || err == nil && isWhole(out) {
		return out, err
	}
	if counted, failed = rolledOrWritten(counted, o); failed == nil && isWhole(counted) {
		return counted, nil
	}
	return out, err
}

// rolledOrWritten is a net as one step, or as it is written where its steps do not show their state. Steps without
// one may read what came in steps before, with the same weights in each (sliding parallel spiking neurons): delays,
// where an input has a frame for each step.
func rolledOrWritten(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	out, err := rerolled(n, o)
	if (err != nil || isUnfolded(out) || endsInStep(out) || out.Steps <= 1 && rounds(out) || framesIn(n) > 0 && repeatsLayers(out)) && !unsupported.MultipliesState(n) {
		if found := ofAnyState(n, o); found != nil {
			return found, nil
		}
	}
	if err != nil || repeatsLayers(out) {
		if written := withoutState(n, o); written != nil {
			return written, nil
		}
	}
	return out, err
}

// rounds reports whether a net rounds numbers to whole ones, which may be the spikes of a step.
func rounds(n *ir.Net) bool {
	return slices.ContainsFunc(n.Values, func(v *ir.Value) bool {
		u, _ := canonical.Rounding(v)
		return u != nil || canonical.IsFn(v, ir.FnSign)
	})
}

// rerolled is a net whose steps are written out as one step.
func rerolled(n *ir.Net, o *rewrite.Options) (*ir.Net, error) {
	n, err := raise.WithOneStepRests(n)
	if err == nil {
		n, err = timing.WithRestCounts(n)
	}
	if err != nil {
		return nil, err
	}
	history, err := timing.MembranesOverTime(n)
	switch {
	case err != nil:
		if named := unsupported.WholeSpikes(n); len(named) > 0 {
			return nil, named.Err()
		}
		if len(timing.SecondMembranes(n, canonical.Comparisons(n))) == 0 && !o.ManySteps {
			return nil, err
		}
		return orAsWritten(n, nil, nil, err, o)
	case history == nil && o.AsksReadout():
		return nil, diag.Errorf(n.All(ir.OpOutput)[0].Origin, diag.NotUnrolled,
			"the readout %s is asked for, but the network has no time steps to read over", o.Asked()).WithHelp("leave --readout out")
	case history == nil:
		return n, nil
	}
	if err := timing.SeemsShort(n, timing.SameLength(history)); err != nil {
		if named := unsupportedLayers(n, history); named != nil {
			return orAsWritten(n, history, nil, named, o)
		}
		return orAsWritten(n, history, nil, err, o)
	}
	if squaresState(n, history) { // no first step that is tried makes a neuron of it
		return orAsWritten(n, history, nil, unsupportedLayers(n, history), o)
	}
	out, err := rolledSomehow(n, history, o)
	return orAsWritten(n, history, out, err, o)
}

// rolledSomehow is the net as one step, with comparisons that the file has left out.
func rolledSomehow(n *ir.Net, history []timing.History, o *rewrite.Options) (*ir.Net, error) {
	n, history, err := timing.WithTurnedFirsts(n, history)
	if err != nil {
		return nil, err
	}
	n, history = timing.WithLastSpikes(n, history)
	out, err := rolled(n, history, o)
	if err == nil {
		return out, nil
	}
	if filled, full := timing.WithSkippedSpikes(n, history); filled != nil {
		if out, filledErr := rolled(filled, full, o); filledErr == nil {
			return out, nil
		}
	}
	if later := timing.WithoutFirsts(history); later != nil {
		if out, laterErr := rolled(n, later, o); laterErr == nil {
			return out, nil
		}
	}
	return nil, err
}

// rolled is the net as one step, by its layers' membranes in every step.
func rolled(n *ir.Net, history []timing.History, o *rewrite.Options) (*ir.Net, error) {
	n, history, err := timing.WithFrames(n, timing.SameLength(history))
	if err != nil {
		return nil, err
	}
	history = append(history, timing.StoredOverTime(n, history)...)
	n, rests := withLastRests(n, history)
	history = append(append(history, rests...), heldSpikes(n, history)...)
	silent := silentOverTime(n, history)
	n, history = timing.WithAllSpikes(n, silent), append(history, silent...)
	n, ends := completed(n, history)
	first, err := newFirstStep(n)
	if err != nil {
		return nil, err
	}
	u := newUnrolled(n, history, ends, framesOf(n, len(history[0].Membranes)))
	err = u.findBody(first)
	if err != nil && len(u.frames) > 0 && !rowsTaken(n) { // frames may be of other steps than their place says
		if chosen := newUnrolled(n, history, ends, nil); chosen.findBody(first) == nil {
			u, err = chosen, nil
		}
	}
	if err != nil && u.steps > 2 {
		kept := newUnrolled(n, history, append(ends, sizesKept(n, history)...), u.frames)
		if kept.numbers = true; kept.findBody(first) == nil {
			u, err = kept, nil
		}
	}
	if err != nil {
		if named := unsupportedLayers(n, history); named != nil && !ThresholdsDiffer(n, history) {
			return nil, named
		}
		return nil, u.withLeft(err)
	}
	u.tellLeft(o)
	sums, err := u.readouts(first, o)
	if err != nil {
		return nil, err
	}
	return roll(u, first, sums)
}

// rowsTaken reports whether an input has rows that were taken from the file's, one for
// each step: they are no input of all steps.
func rowsTaken(n *ir.Net) bool {
	return slices.ContainsFunc(n.All(ir.OpInput), func(v *ir.Value) bool { return v.Attrs.(ir.InputAttrs).Of != nil })
}

// unrolled is a net with its time steps told apart. The values of the last step
// stand for all: they are the body.
type unrolled struct {
	net     *ir.Net
	steps   int
	history []timing.History
	ends    []seed // of states that only the last step but one had
	frames  frames
	numbers bool // kept as such, not as spikes (unify.go)
	span    map[*ir.Value]span
	body    map[*ir.Value][]edge
	// at[t] are the values of step t, by those of the body for which they stand.
	at []map[*ir.Value]*ir.Value
	// given[t] are the values in step t of operands that are no state, where they differ
	// from those in the last step (given_steps.go).
	given []map[operand]*ir.Value
	// late are the values of the body that look otherwise in step 1, with the error
	// of one that is (second_step.go).
	late map[*ir.Value]*diag.Diagnostic
	// anyState: every step is held against the body, as no membranes tell the steps (any_state.go).
	anyState bool
	begins   map[*ir.Value]*ir.Tensor // initial values of delayed body values that the net has
	// todo are entries of at whose operands are still to be matched; made are all, to undo.
	todo, made []entry
}

// edge is an operand of a body value.
type edge struct {
	kind edgeKind
	v    *ir.Value // the value before the loop, or the value of the body
}

type edgeKind uint8

const (
	fromOnce edgeKind = iota // the same value in every step
	fromStep                 // computed in this step
	fromPast                 // computed in the step before
)

type entry struct {
	step int
	v    *ir.Value
}

func newUnrolled(n *ir.Net, h []timing.History, ends []seed, f frames) *unrolled {
	u := &unrolled{net: n, steps: len(h[0].Membranes), history: h, ends: ends, frames: f}
	u.span = spans(n, h, u.frames)
	u.clear()
	return u
}

// clear forgets the body.
func (u *unrolled) clear() {
	u.body = map[*ir.Value][]edge{}
	u.at = make([]map[*ir.Value]*ir.Value, u.steps)
	u.given = make([]map[operand]*ir.Value, u.steps)
	for t := range u.at {
		u.at[t], u.given[t] = map[*ir.Value]*ir.Value{}, map[operand]*ir.Value{}
	}
	u.todo, u.made, u.late = nil, nil, map[*ir.Value]*diag.Diagnostic{}
}

// findBody finds the body and holds all steps against it.
func (u *unrolled) findBody(first *firstStep) error {
	find := u.unifyBody
	if u.steps == 2 {
		find = u.guessBody
	}
	d := find(first)
	if d == nil {
		return nil
	}
	if u.steps < 4 && timing.LooksAgain(u.net) {
		d.Help = "a neuron that resets at once what it stores, as snnTorch's with reset_delay=False, shows itself in three steps or more"
	}
	return d
}

func (u *unrolled) unifyBody(first *firstStep) *diag.Diagnostic {
	d := u.unify()
	if d == nil {
		d = u.match()
	}
	if d == nil {
		d = first.check(u)
	}
	return d
}
