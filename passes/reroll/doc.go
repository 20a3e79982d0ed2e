// Package reroll folds time steps that are written out into one. Start at RerollTime.
//
// Exporters write a loop of T steps T times. The membranes of a layer in each step are known
// (package timing); the last two steps are unified, value by value (unify.go): whatever step
// T−1 reads of itself is the body, and whatever it reads of step T−2 is a delay. Every other
// step must match this template (template.go). Step 0 is special, as exporters fold the
// initial state into it: it must be the body with its delays at zero, or at constants that it
// shows (first_step.go, initial_state.go). roll.go builds the body.
//
// Neurons that keep more than a membrane show no such layers: any_state.go tells their steps by
// values that are computed alike, and proves that by unrolling the body again. Initial values of
// several states at once are in shown_states.go.
//
// Outputs read the steps: sums, means, maxima and the last one become readouts (readout.go,
// readout_terms.go); any other function of them is computed behind the loop. An input that
// each step reads elsewhere becomes one that is given in each step (frames.go, given_steps.go;
// WithFrames of package timing).
//
// Two steps leave the state of a layer open; as_written.go takes those that do not depend on it, two_steps.go those where one neuron explains both. Neurons that keep
// nothing, as parallel ones, are without_state.go's. Steps of a neuron that is not recognised are told by odd_neurons.go and told_apart.go.
package reroll
