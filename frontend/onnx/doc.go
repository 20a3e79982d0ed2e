// Package onnx reads ONNX files (operator sets 7 to 23) into the IR's source level.
//
// The life of a file: decode the protobuf, check the graph's names, decode the
// initializers, order the nodes, then convert node by node through the table in
// table.go. A tensor of the graph is either computed at run time, and then has
// an ir.Value, or its contents are known, as those of initializers, constants
// and everything that exporters compute from shapes: integer arithmetic on known
// tensors, and the mere movement of known data, is done here, because the
// targets of reshapes come out of it. Arithmetic on real constants is left to a
// pass, unless a shape comes out of it.
//
// Loop, Scan and the functions that a file defines are written out: their bodies
// are converted again for each turn and call, with the names of the values told
// apart (scope.go). The number of turns must be known, and is bounded.
//
// Inputs have the axes that the file gives them; one axis may be open, the batch,
// which is set to 1, and so is its symbol everywhere. Which axis is the batch is
// found by a pass.
//
// Integers have ONNX's widths and wrap; bool is the spike type. All floating-point
// types are computed as float32, with a warning where the file says another.
//
// Operators without a row become unknown values, so that all gaps of a file can
// be listed at once (see Unsupported); everything else that is wrong is reported
// in the list of diagnostics, and the file is refused. The package reads no
// files: data that a model keeps in others comes through Options.
package onnx
