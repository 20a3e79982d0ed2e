// Package randnet draws random spiking networks and writes them as ONNX files,
// the way people and exporters write them. A network is a plan: for each of a
// table of dimensions (the kind of its neurons, its readout, where batch-norm
// stands, …) one of a few features, the simplest first. So plans can be drawn
// such that every pair of features occurs, and a plan that fails can be made simpler
// until it is small.
package randnet
