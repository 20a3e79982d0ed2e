// Package integers rounds a net to integers, once, in the units that package scales chose.
// Start at Quantise. How weights are rounded is package rounding's.
//
// A real value x with unit s becomes the integer n with x ≈ s·n + offset. How far that is off,
// and why, is carried along as a deviation (deviation.go), a bound for each cause: weights,
// bias, leak, reset, threshold, conversion, factor. Each op inherits the deviations of its
// operands by a rule; membranes add them up over the steps, damped by their leak
// (deviation_neuron.go). A bound above the tolerance of readers is refused (precision.go).
//
//	quantise.go          dispatch by op, weights
//	quantise_sums.go     sums, means and concats of values in different units
//	quantise_bias.go     where a bias goes: into the layer, or on into the neuron
//	quantise_neuron.go   threshold, leak, reset and guard bits of a neuron
//	convert.go           from one unit to another, by signed powers of two
//	silence.go           values of a step without spikes, which a bias may start from
//
// FoldConstantNeurons leaves out neurons that can be proved never to fire, and ProveWidths
// demands the 32 bits of engines for everything that is left.
package integers
