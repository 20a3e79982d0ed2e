package passes

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/timing"
)

// notOneLayer are the reasons why a net of neurons has layers that are steps of one: that of the
// first one, by itself, in the net as it is written, if it shows there, else of the first of each kind.
func notOneLayer(written, raised *ir.Net, o *Options) diag.List {
	if raised == nil {
		return nil
	}
	all := timing.Unfoldings(raised, timing.WithoutMemory)
	if len(all) > 0 && written != nil {
		if d := firstRefused(written, o); d != nil {
			return diag.List{d}
		}
	}
	var errs diag.List
	told := map[string]bool{}
	for _, u := range all {
		if kind := u.Kind(); !told[kind] {
			told[kind], errs = true, append(errs, u.Refused())
		}
	}
	return errs
}

const withoutMemoryEach = "; each of its steps is compiled as a layer without memory"

// tellUnfolded warns of layers that are steps of a neuron that was not recognised.
func tellUnfolded(written, raised *ir.Net, o *Options) {
	for _, d := range notOneLayer(written, raised, o) {
		o.Say(&diag.Diagnostic{Severity: diag.Warning, Code: d.Code, Origin: d.Origin, Message: d.Message + withoutMemoryEach +
			": the same in real numbers, but rounded more in integers, and larger with every step", Help: d.Help})
	}
}

// becauseUnfolded is an error in lowering a net of neurons, behind those of neurons that were not
// recognised: the misfit is a consequence of that.
func becauseUnfolded(written, raised *ir.Net, err error, o *Options) error {
	found := diag.Of(err)
	if found == nil {
		return err
	}
	var errs diag.List
	for _, d := range notOneLayer(written, raised, o) {
		told := *d
		told.Message += withoutMemoryEach + ", and these do not fit"
		errs = append(errs, &told)
	}
	if len(errs) == 0 {
		return err
	}
	return append(errs, found...)
}
