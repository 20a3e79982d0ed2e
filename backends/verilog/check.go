package verilog

import (
	"nomul/backends/lower"
	"nomul/ir"
	"nomul/ir/diag"
)

// maxWord is the widest update of a neuron.
const maxWord = 32

// Check lists what Emit cannot do with the net.
func (backend) Check(net *ir.Net) diag.List {
	return lower.Limits{Target: "verilog", Input: 16, Also: map[ir.Op]func(*lower.Checker, *ir.Value){
		ir.OpNeuron: func(c *lower.Checker, v *ir.Value) {
			lanes, order := inOrder(v.Type.Size(), DefaultLanes)
			if n := planNeuron(v, newVector(v, lanes, order), net.Steps); n.Work > maxWord {
				c.Refuse(v, "the membrane %v takes %d bits to update, wanted at most %d", v.State, n.Work, maxWord)
			}
		},
	}}.Check(net)
}
