// Package unsupported gives the reason why a layer is no neuron that is known, in the words of
// the field. Start at Dissect.
//
// Dissect takes the membrane behind a threshold apart: the values that it is computed of, neuron
// by neuron, with the old membrane, the spikes and the constants among them (neurons.go).
// Anatomy.Reason asks a table of questions about these, in the order in which the answers say
// most: leaks and thresholds that a choice switches (choices.go), spikes that come in again
// later, such as a refractory period (spikes.go), several spikes in one step (many_spikes.go),
// spikes with a sign (ternary_neurons.go). Thresholds that adapt otherwise than is known are told by
// the operation that shows it (thresholds.go), and winners that take all by their greatest (strongest.go).
//
// Nothing here changes a net.
package unsupported
