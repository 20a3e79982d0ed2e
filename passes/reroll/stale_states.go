package reroll

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
	"nomul/passes/unsupported"
)

// A network that was not reset before its export begins where its last run ended: the
// numbers of its state stand in the file as constants, one for each neuron, and time step 0
// alone reads them. An initial membrane that they show is warned of where neurons are known;
// here are those that show none, as of a membrane above its threshold, whose reset comes
// a step late.

// leftStates gives the constants of several numbers that time step 0 alone reads, with the
// values that read them.
func leftStates(n *ir.Net, layers []timing.History) map[*ir.Value]*ir.Value {
	out, readers := map[*ir.Value]*ir.Value{}, n.Readers()
	for _, h := range layers {
		steps := len(h.Membranes)
		if steps < 2 {
			continue
		}
		near, all := canonical.ConeOf(h.Membranes[min(1, steps-2)]), canonical.ConeOf(h.Membranes[steps-1])
		seen := map[*ir.Value]bool{}
		var walk func(v *ir.Value)
		walk = func(v *ir.Value) {
			if v == nil || seen[v] {
				return
			}
			seen[v] = true
			for _, a := range v.Args {
				if a == nil || !canonical.ByElement(v.Op) || readLater(readers[a], near, all) {
					continue
				}
				if c := a.Const(); c != nil && a.Type.IsReal() {
					if _, same := c.Uniform(); !same {
						out[a] = v
					}
				}
				walk(a)
			}
		}
		walk(h.Membranes[0])
	}
	return out
}

// readLater reports whether one of a value's readers belongs to a later step than the near
// ones: the value comes from outside, as a current that is the same in all steps.
func readLater(readers []*ir.Value, near, all canonical.Cone) bool {
	for _, r := range readers {
		if all[r] && !near[r] {
			return true
		}
	}
	return false
}

// resetFirst is the help against states that a run has left.
const resetFirst = "a run before the export may have left this state: if so, reset the network and export it again"

// stepAlone is the help where a first step is not understood.
const stepAlone = "one step with its state as inputs and outputs has no first step that differs: export that, and say --state, --steps and --readout"

// firstLeft returns the first value of a net that reads a left state; nil when none does.
func firstLeft(n *ir.Net, left map[*ir.Value]*ir.Value) *ir.Value {
	reads := map[*ir.Value]bool{}
	for _, v := range left {
		reads[v] = true
	}
	for _, v := range n.Values {
		if reads[v] {
			return v
		}
	}
	return nil
}

// notTheFirst is the error of a value of step 0 that differs from the body value v there.
func (f *firstStep) notTheFirst(u *unrolled, v *ir.Value) *diag.Diagnostic {
	if at := firstLeft(u.net, leftStates(u.net, u.history)); at != nil {
		return diag.Errorf(at.Origin, diag.NotUnrolled,
			"time step 0 starts from a state of its own: %s reads numbers there, another for each neuron, that no other step has", canonical.Where(at)).WithHelp(resetFirst)
	}
	if at := unsupported.ProductOfState(u.net); at != nil {
		reason := unsupported.Product
		reason.At = at
		return reason.Refused(at)
	}
	return diag.Errorf(u.at[0][v].Origin, diag.NotUnrolled,
		"time step 0 is not the first of the steps that follow: %s, and none of the constants that were tried as its state makes it so%s",
		otherThan(u.at[0][v], v), f.apart(u, v)).WithHelp(stepAlone)
}

// withLeft adds to the error of steps that differ that their state may be one that was left.
func (u *unrolled) withLeft(err error) error {
	if firstLeft(u.net, leftStates(u.net, u.history)) == nil {
		return err
	}
	for _, d := range diag.Of(err) {
		if d.Help == "" {
			d.Help = resetFirst
		}
	}
	return err
}

// tellLeft warns of states that time step 0 reads as part of its input.
func (u *unrolled) tellLeft(o *rewrite.Options) {
	if len(u.given[0]) == 0 {
		return
	}
	left, read := leftStates(u.net, u.history), map[*ir.Value]*ir.Value{}
	for _, a := range u.given[0] {
		under := canonical.ConeOf(a)
		for k, v := range left {
			if k == a || under[v] {
				read[k] = v
			}
		}
	}
	if at := firstLeft(u.net, read); at != nil {
		o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: diag.NotUnrolled, Origin: at.Origin,
			Message: "membranes that do not start from 0: time step 0 reads numbers that no other step has, another for each neuron", Help: resetFirst})
	}
}
