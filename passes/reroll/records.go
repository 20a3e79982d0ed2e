package reroll

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/timing"
)

// noRecord refuses a readout that needs records which no output holds.
func noRecord(n *ir.Net, readout string) *diag.Diagnostic {
	return diag.Errorf(n.All(ir.OpOutput)[0].Origin, diag.NotUnrolled,
		"the readout %s is asked for, but no output is a stack of all time steps of one value", readout).WithHelp("leave --readout out: the outputs are what the file computes")
}

// noRecordOf refuses the readout of an output that holds no steps.
func noRecordOf(out *ir.Value, readout string) *diag.Diagnostic {
	return diag.Errorf(out.Origin, diag.NotUnrolled, "the readout %s is asked for, but the output %s is not a stack of all time steps of one value", readout, out.Name).
		WithHelp("leave it out for this output: it is what the file computes")
}

// unsaid refuses an output that holds every step, v, without a readout.
func unsaid(n *ir.Net, v *ir.Value) *diag.Diagnostic {
	return diag.Errorf(v.Origin, diag.NotUnrolled, "the output holds every time step at %s; how it is read over them is not said", canonical.Where(v)).
		WithHelp("say --readout sum, mean, last, max or first%s", timing.EachReadout(n.All(ir.OpOutput)))
}
