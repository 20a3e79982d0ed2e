package passes

import (
	"cmp"
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

// readoutOf is how an output is to be read over the time steps; empty when it is not said.
func (o *Options) readoutOf(out *ir.Value) string { return cmp.Or(o.Readouts[out.Name], o.Readout) }

// asksReadout reports whether it is said of any output how it is read over the time steps.
func (o *Options) asksReadout() bool { return o.Readout != "" || len(o.Readouts) > 0 }

// asked is a readout that was asked for, for messages.
func (o *Options) asked() string {
	if o.Readout != "" {
		return o.Readout
	}
	for _, name := range ReadoutNames {
		for _, said := range o.Readouts {
			if said == name {
				return name
			}
		}
	}
	return ""
}

// readAs are the attributes of an output that was read as one of ReadoutNames says.
func readAs(name string) ir.OutputAttrs {
	return ir.OutputAttrs{Read: ir.Readout(slices.Index(ReadoutNames, name)) + ir.ReadSum}
}

// WithOutputs returns the net with those of its outputs that are named, each of which must
// be there, and those that are the state of one time step, where options say how it is run.
func WithOutputs(n *ir.Net, names []string, o *Options) (*ir.Net, error) {
	kept := map[*ir.Value]bool{}
	for _, name := range names {
		out := port(n, ir.OpOutput, name)
		if out == nil {
			return nil, diag.Errorf(placeOf(n), diag.UnknownName, "there is no output %s; wanted some of the outputs %s", name, ports(n, ir.OpOutput))
		}
		kept[out] = true
	}
	if o != nil && n.Level == ir.Source {
		states, err := stateOf(n, &Options{State: o.State, Steps: o.Steps})
		if err != nil {
			return nil, err
		}
		for _, s := range states {
			if kept[s.out] && o.Steps > 0 {
				return nil, diag.Errorf(placeOf(n), diag.NotUnrolled, "the output %s is the state that each step gives to the next, and no result", s.out.Name)
			}
			kept[s.out] = true
		}
	}
	only := *n
	only.Values = slices.DeleteFunc(slices.Clone(n.Values), func(v *ir.Value) bool { return v.Op == ir.OpOutput && !kept[v] })
	return ir.Prune(&only), nil
}

// noRecord refuses a readout of what no output holds.
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
	return diag.Errorf(v.Origin, diag.NotUnrolled, "the output holds every time step at %s; how it is read over them is not said", where(v)).
		WithHelp("say --readout sum, mean, last, max or first%s", each(n))
}

// each tells how several outputs are read in ways of their own.
func each(n *ir.Net) string {
	outputs := n.All(ir.OpOutput)
	if len(outputs) == 1 {
		return ""
	}
	return fmt.Sprintf("; or one for each output: --readout %s=sum,%s=last; those not wanted are left out by --outputs", outputs[0].Name, outputs[1].Name)
}
