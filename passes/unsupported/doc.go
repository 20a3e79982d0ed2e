// Package unsupported gives the reason why a layer is no neuron, in the words of the field: an operation
// on its state that the programs of neurons do not have (neurons.go), the whole number of its membrane
// that it fires (many_spikes.go), or the greatest of the layer, with which it compares (strongest.go).
// multiplied.go tells beforehand that no step of a net can be one.
//
// Dissect takes the membrane behind a threshold apart: the values that it is computed of, neuron
// by neuron, with the old membrane, the spikes and the constants among them.
//
// Nothing here changes a net.
package unsupported
