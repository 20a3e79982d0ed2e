// Package lower takes a net at the fixed level one floor down: to stages over arrays of
// integers, which no longer say which op they come from. Whatever is the same for all
// targets is decided here once; back ends tile, vectorise, schedule and print.
//
// There are three kinds of stage:
//
//   - Each runs a straight-line program (package update) for each element: elementwise ops,
//     neurons, readouts over time. State variables are its own.
//   - Fold combines the elements that each place sees: linear, convolution, matmul, pools,
//     reductions. A place is an element of the result; a tap is one of those it sees.
//   - Move copies, where no view of a reader can say how, such as of concat and pad.
//
// Reshape, transpose, slice and broadcast are no stages: they change how a reader's view goes
// through the array. Stages run once before the time steps, in each step, or at the end, in
// the order of the text; latches run when all else of a step has.
//
// A plan (NewPlan) joins stages to sweeps, as far as a target can fuse them, and gives arrays
// and states their memory; the programs of a sweep are one to print (Body).
//
// A program has a text (Print, Parse) and a meaning (Run), which the interpreter of the IR
// takes no part in: a wrong spike is either lowering's fault (lowered differs from fixed) or
// that of one back end (it differs from lowered).
package lower
