package cgen

import "nomul/ir"

// row is what the back end knows of an op.
type row struct {
	keeps  keeps
	weighs bool // reads its first operand as data, and the others as parameters
	single bool // reads a constant as data also where it is one number everywhere
	plan   func(*plan, *ir.Value)
	run    func(*printer, *ir.Value) // prints the value's function; nil when it has none
	when   when
}

// keeps says where a value's elements are.
type keeps uint8

const (
	slots     keeps = iota // in memory that is shared while nothing reads them
	given                  // with the caller
	operands               // where the operand's are
	flash                  // in flash
	state                  // in memory of their own, from step to step
	membranes              // likewise, with those of a neuron
	nowhere                // it has none
)

// when says when a value's function runs: by its clock, or at the end of each
// step, when all values of the step are there.
type when uint8

const (
	byClock when = iota
	readout      // at the end of each step
	closing      // behind all readouts
)

// rowOf returns the row of an op: its own, or that of its kind.
func rowOf(op ir.Op) row {
	own, ok := rows[op]
	switch {
	case ok:
		return own
	case op.ReadsOut():
		return row{keeps: state, run: (*printer).readout, when: readout}
	}
	return row{run: (*printer).elements}
}

// rows has the ops that are neither elementwise nor readouts, and products with constants.
var rows = map[ir.Op]row{
	ir.OpInput:  {keeps: given},
	ir.OpConst:  {keeps: flash},
	ir.OpOutput: {keeps: operands},

	ir.OpCSD: {weighs: true, plan: (*plan).planCSD, run: (*printer).scaled},

	ir.OpReshape:   {keeps: operands},
	ir.OpTranspose: {run: (*printer).move},
	ir.OpConcat:    {run: (*printer).move},
	ir.OpSlice:     {run: (*printer).move},
	ir.OpPad:       {run: (*printer).move},
	ir.OpBroadcast: {run: (*printer).move},

	ir.OpReduceSum: {single: true, run: (*printer).reduce},
	ir.OpReduceMax: {single: true, run: (*printer).reduce},
	ir.OpReduceMin: {single: true, run: (*printer).reduce},
	ir.OpMaxPool:   {single: true, plan: (*plan).planPool, run: (*printer).pool},
	ir.OpSumPool:   {single: true, plan: (*plan).planPool, run: (*printer).pool},

	ir.OpLinear: {weighs: true, plan: (*plan).planLinear, run: (*printer).linear},
	ir.OpConv:   {weighs: true, plan: (*plan).planConv, run: (*printer).conv},
	ir.OpMatmul: {single: true, plan: (*plan).planProduct, run: (*printer).product},
	ir.OpNeuron: {keeps: membranes, weighs: true, plan: (*plan).planNeuron, run: (*printer).neuron},

	ir.OpDelay: {keeps: state, plan: (*plan).planDelay, run: (*printer).delay},
	ir.OpLatch: {keeps: nowhere, run: (*printer).latch, when: closing},
}
