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
// A delay is an array that is written once before the steps, and by its latch behind each:
//
//	once
//		move d                              stages in order: d has its first value,
//			piece [2] to d@0[1] from zero@0[1]
//	step
//		fold i sum places=[2] taps=[2]      … is read,
//			x d@0[0,1]
//			weight w@0[2,1]
//		each n                              … and the neuron behind the sums runs;
//			0 i@0[1]
//			…
//		latch d                             then the next step's value is set.
//			piece [2] to d@0[1] from n@0[1]
//
// Stages behind the steps read a delay through a copy of its elements in the last step (keepShown).
//
// A plan (NewPlan) is made in five moves: fuse joins stages to sweeps, as far as a target can;
// schedule cuts a time step into groups, each of which runs all steps before the next one
// begins, if the target asks for it; hold orders latches, and holds those apart that must not
// write until all have read; number gives all of that its order of running; place gives arrays
// memory by the time from their writer to their last reader, and states theirs.
// An array that one group hands to another has a copy for each step. The programs of a sweep
// are one to print (Body). Machine runs a plan on that memory, and spoils it when it is free.
//
// A new kind of stage is a field of Stage beside Each, Fold and Move, in all that asks which of
// them is set: reads, print, parse, verify, Machine.run and Grid here, then each back end's plan.
//
// Constants that a grid goes through have few classes of places where padding is the cause of their
// differences; ClassesOf finds them, for targets that keep such a constant once for each class.
//
// A program and its plan have texts (Print and Parse, Plan.Print and ParsePlan) and a meaning
// (Machine.Run), which the interpreter of the IR takes no part in: a wrong spike is either
// lowering's fault (lowered differs from fixed) or that of one back end (it differs from lowered).
package lower
