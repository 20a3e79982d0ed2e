// Package onnx reads ONNX files (operator sets 7 to 23) into the IR's source level.
//
// The life of a file: decode the protobuf, check the graph's names, decode the
// initializers, order the nodes, then convert node by node through the table in
// table.go. A tensor of the graph is either computed at run time, and then has
// an ir.Value, or its contents are known, as those of initializers, constants
// and everything that exporters compute from shapes: integer arithmetic on known
// tensors, and the mere movement of known data, is done here, because the
// targets of reshapes come out of it. Arithmetic on real constants is left to a pass.
//
// The batch axis is axis 0 of every input and has extent 1: an open axis 0 is
// set to 1, and so is its symbol everywhere.
//
// Operators without a row become unknown values, so that all gaps of a file can
// be listed at once (see Unsupported); everything else that is wrong is reported
// in the list of diagnostics, and the file is refused.
package onnx
