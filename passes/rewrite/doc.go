// Package rewrite is the ground floor of the passes: the user's choices that they read
// (Options), refusals that name a value (Refuse), and arithmetic on constant tensors.
//
// The rooms above it are packages of passes, each of which imports only those before it:
//
//	canonical    writes equal things of an imported net the same way
//	unsupported  names a layer that is no neuron by the operation that shows it
//	cells        writes the update of a layer as the program of a cell
//	raise        recognises neurons in one time step
//	timing       finds the time steps of a net, and the state between them
//	reroll       folds time steps that are written out into one
//	layers       moves batch-norms, factors and pixels into weights and thresholds
//	quantised    keeps the integers of networks that are quantised
//	words        makes words of functions of numbers, such as ReLU
//	scales       chooses the real number that an integer stands for
//	rounding     rounds weights to few bits, by calibration samples where there are some
//	integers     rounds once, states how far off that is, and leaves integers only
//
// Package passes has the pipeline.
package rewrite
