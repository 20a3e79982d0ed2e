// Package rounding rounds the weights of layers to integers of few bits. Start at Round.
//
// Without calibration samples a row is rounded by itself (plain.go). With them each layer is rounded by
// error feedback, as GPTQ and OBQ do: what one weight loses, the later weights of its row make
// good, as far as their inputs are alike (feedback.go). How alike they are is the Gram matrix
// of the layer's inputs (gram.go), measured on vectors that its operand has in the calibration
// (patches.go), in the network whose earlier layers are rounded already (round.go). Units of few bits are chosen by it,
// too, before any layer is rounded (units.go).
package rounding
