// Package cells writes layers as cells: neurons by a program of their own (ir/cell.go). Start at Find.
//
// A region has all values that are made of state element by element, through delays and the operands that these
// store (region.go). Read from outside of it are targets: spikes, and numbers that a readout or another layer reads (targets.go).
// Whatever in a target's cone is not made of state comes in as an operand, and so do spikes of other neurons.
//
//	%s.past = delay %none                   state2, loaded and stored as 0 or 1
//	%v.past = delay %zero                   membrane
//	%keep = sub 1, (cast %s.past)           1 where the bit is not
//	%left = mul %keep, %v.past              select s zero old
//	%half = mul %left, 0.5                  times left half
//	%h = add %half, %x                      %x is an operand: a layer of weights, or an input
//	%s = compare %h, 1 {is=gt}              above h one, the target
//
// Operations, their order and their operands are those of the net, so that results are the same, bit for
// bit (numbers.go). Numbers that are 0 or 1 are bits, and written as logic (bits.go); a product with a number
// that bits choose among constants is a choice among products (choices.go). A number that old state alone
// makes is kept in its place, as %left above, and %s.past need not be kept then (state.go).
//
// What a layer's own spikes make together within their step would be read by its cells in the same step, where a file of one step
// stores it: delays are moved before those (retimed.go, first_state.go).
//
// Targets that share state are a group, and cells together or none of them (cells.go). A group has a reason
// why it cannot be cells: an operation that programs do not have, or an operand that its own result makes in
// the same step.
package cells
