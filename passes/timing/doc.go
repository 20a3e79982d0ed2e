// Package timing finds the time steps of an imported net, and the state between them.
//
// A file has them in one of three forms. One step with its state as inputs and outputs
// becomes the body of a loop: BindState pairs them, as the user says (--state IN=OUT) or as names
// and shapes leave no choice (find_state.go). Steps that lie in one axis, [T,N,…], are taken
// apart by UnbatchTime, op by op (unbatch_rules.go), also where weights multiply the stack
// (weigh_steps.go; mix_steps.go where something fires on the products). Steps that are written out one behind another are the business of package
// reroll, for which membranes.go and hidden_state.go find the membranes of each layer in each
// step: a History (MembranesOverTime, in over_time.go; memoryless.go where a layer keeps nothing).
// Before that, files are completed: last steps get the spikes that nothing reads there
// (last_spikes.go), stored numbers are written as a row of values (stored_over_time.go), and an
// input of which each step reads entries of its own gets a row of them (take_frames.go).
//
// WidenIntegers proves that integers of the file do not wrap (intervals.go), for which it has
// to know how often a step runs, and gives all of them one wide type.
package timing
