package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A neuron that rests drops all that drives its membrane, its current included. People may drop the
// input before the current adds it up: the current goes on without it, which no neuron does.

// dropsInput refuses a current of which a rest takes away the input, and not the current.
func dropsInput(fire, current *ir.Value) *diag.Diagnostic {
	return rewrite.Refuse(fire, diag.NotANeuron, "where it rests behind a spike, what comes in is dropped before the current that it adds to, %s; a neuron drops all that drives its membrane, or nothing",
		canonical.Where(current)).WithHelp("let the current go on, and drop it where it drives the membrane: i = a*i + x, h = b*h + torch.where(rests, 0, i)")
}

// losesInput reports whether the update of a current reads the input less its own spikes, and
// the current itself in any case.
func losesInput(update form) bool {
	return slices.ContainsFunc(update, func(t term) bool { return t.s && t.x != nil }) &&
		!slices.ContainsFunc(update, func(t term) bool { return t.s && (t.i || t.j) })
}

// losesInput refuses a rest that takes away the input of a current, if nothing else is unsupported.
func (r *rest) losesInput() diag.List {
	awake, asleep := r.assuming(false), r.assuming(true)
	_, d := awake.form(awake.membrane)
	_, e := asleep.form(asleep.membrane)
	if d != nil || e != nil || len(awake.currents) != 1 || len(asleep.currents) != 1 || awake.currents[0].update.inputs() == 0 || asleep.currents[0].update.inputs() > 0 {
		return nil
	}
	return diag.List{dropsInput(r.fire, r.latched[awake.currents[0].delay])}
}
