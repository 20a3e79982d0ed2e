// Package raise recognises neurons in a net of one time step. Start at RaiseNeurons.
//
// A neuron is a threshold unit: a comparison of a membrane h with a constant, whose membrane
// depends on its own past. No exporter says "neuron"; it writes arithmetic, in one of six
// shapes (x is the input, delay and latch hold the state):
//
//  1. hard reset by a product (SpikingJelly, Norse)
//
//     %v = mul %h.past, (1 − %s.past)         h = β·(1−s)·h + x
//     %h = add (mul %v, β), %x
//     %s = compare %h, θ {is=ge}
//
//  2. hard reset by a choice, to 0 or to another value (hand-written)
//
//     %v = where %s.past, r, %h.past          h = β·(1−s)·h + β·r·s + x
//
//  3. soft reset when firing (SpikingJelly with v_reset=None, Lava)
//
//     %v = sub %h.past, (mul %s.past, θ)      h = β·h − β·θ·s + x
//
//  4. soft reset in the next step, behind the leak (snnTorch's subtract)
//
//     %s.past = compare %h.past, θ {is=gt}    the spike is found again, not kept
//     %h = sub (add (mul %h.past, β), %x), (mul %s.past, θ)
//
//  5. hard reset in the next step (snnTorch's zero): the spike takes the input away, too
//
//     %h = mul (add (mul %h.past, β), %x), (1 − %s.past)
//
//  6. a synaptic current with a leak of its own (snnTorch's Synaptic, Norse)
//
//     %i = add (mul %i.past, α), %x           i = α·i + x
//     %h = add (mul %h.past, β), %i           h = β·h + i
//
// All of them are one equation. A membrane is written as a form, a polynomial that is linear
// in the old membrane h, its spike s and its current i (membrane_form.go, linear_form.go), and
// the coefficients say which neuron it is (unit.classify, in classify_neuron.go):
//
//	h' = β·h + b·s·h + c·s + p·i + Σ q·x + d
//
// Before that, RaiseNeurons rewrites the net, in this order. State that is no part of the form is
// taken out and kept by the name of the comparison: refractory counts (withoutRests, in rests.go),
// currents that a spike drops the input of (withoutGates, in one_step_rests.go), thresholds that adapt (withoutGrowths, in
// growths.go). Then spikes are brought into one spelling: numbers that a spike decides are kept as
// the spike (KeepsSpikes of package canonical), deeply nested choices are cut (past_spikes.go), resets that were
// written for the opposite spike are turned (turned_resets.go), neurons that fire on the
// membrane they have stored are spikes that are delayed (FiresLate, there), and comparisons of
// the membrane before its reset are those of the one behind it (before_reset.go). Behind it, real
// state that is left becomes the membranes of silent neurons (silent_neurons.go).
//
// A layer that is no such neuron becomes a cell, if package cells writes its update as a program; so does
// one of which state is left beside the neurons (own_updates.go). A layer stays a neuron where it is one while
// all others are cells. Here a count of steps holds the membrane of a neuron back, and not its reset:
//
//	%busy = compare %n.past, 0 {is=gt}      rests where a count is above 0
//	%h = where %busy, %v.past, %sum         and holds its membrane then
//	%all = compare %h, 1 {is=ge}
//	%s = and-not %all, %busy
//	%v = where %all, 0, %h                  the reset is by all comparisons
//	%n = where %s, 2, (relu (%n.past − 1))
//
//	%s = cell %half, %x {do=[state membrane; state state2; … rests = above n zero; h = select rests old sum; …]}
//
// A new spelling of a neuron that the equation has is one more rewrite there, or a rule of package
// canonical if it holds of any arithmetic; without it the neuron is a cell. It needs an archive
// testdata/passes/raise-neurons-*.txtar, which the interpreter runs before and after the pass.
package raise
