package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/timing"
)

// WithOutputs returns the net with those of its outputs that are named, each of which must
// be there, and those that are the state of one time step, where options say how it is run.
func WithOutputs(n *ir.Net, names []string, o *Options) (*ir.Net, error) {
	kept := map[*ir.Value]bool{}
	for _, name := range names {
		out := timing.Port(n, ir.OpOutput, name)
		if out == nil {
			return nil, diag.Errorf(timing.PlaceOf(n), diag.UnknownName, "there is no output %s; wanted some of the outputs %s", name, timing.Ports(n, ir.OpOutput))
		}
		kept[out] = true
	}
	if o != nil && n.Level == ir.Source {
		states, err := timing.StateOf(n, &Options{State: o.State, Steps: o.Steps})
		if err != nil {
			return nil, err
		}
		for _, s := range states {
			if kept[s.Out] && o.Steps > 0 {
				return nil, diag.Errorf(timing.PlaceOf(n), diag.NotUnrolled, "the output %s is the state that each step gives to the next, and no result", s.Out.Name)
			}
			kept[s.Out] = true
		}
	}
	only := *n
	only.Values = slices.DeleteFunc(slices.Clone(n.Values), func(v *ir.Value) bool { return v.Op == ir.OpOutput && !kept[v] })
	return ir.Prune(&only), nil
}

// StateInputs returns the inputs of one time step that are its state, as said or found; none where they are not clear.
func StateInputs(n *ir.Net, o *Options) []*ir.Value {
	if n.Level != ir.Source || o.Steps == 0 && len(o.State) == 0 {
		return nil
	}
	states, err := timing.StateOf(n, &Options{State: o.State, Steps: o.Steps})
	if err != nil {
		return nil
	}
	var out []*ir.Value
	for _, s := range states {
		out = append(out, s.In)
	}
	return out
}
