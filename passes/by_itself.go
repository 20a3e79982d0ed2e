package passes

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/timing"
	"nomul/passes/unsupported"
)

// The steps of a net are told apart by all its layers together, so that one layer that is no neuron
// keeps the others from being known, and the diagnosis then depends on all of them. Where a net is
// refused, each layer is therefore taken by itself, from the first on: its operands are inputs, its
// results are added up, and nothing else is there. The first that is refused even so is told, and
// it alone. A layer of which only the strongest neuron fires is told before: its neurons do not
// show by themselves.

// firstRefused is the reason why the first layer of a net that is refused by itself is; nil
// when none is.
func firstRefused(n *ir.Net, o *Options) *diag.Diagnostic {
	if d := unsupported.Strongest(n); d != nil {
		return d
	}
	for _, layer := range timing.LayersApart(n) {
		if d := refusedByItself(layer, o); d != nil {
			return d
		}
	}
	return nil
}

// becauseOf is an error in making neurons of a net: that of the layer which is the cause.
func becauseOf(n *ir.Net, err error, o *Options) error {
	if n == nil {
		return err
	}
	found := diag.Of(err)
	for _, d := range found {
		if d.Code != diag.NotANeuron && d.Code != diag.NotUnrolled {
			return err
		}
	}
	if len(found) > 0 {
		if d := firstRefused(n, o); d != nil {
			return d
		}
	}
	return err
}

// refused is the reason why a layer by itself is no layer of neurons; nil when it is one, or
// when it does not show by itself how its steps follow each other.
func refusedByItself(l timing.LayerApart, o *Options) *diag.Diagnostic {
	n, err := l.Isolated()
	if err != nil || len(n.All(ir.OpOutput)) == 0 {
		return nil
	}
	_, unlinked := timing.MembranesOverTime(n)
	quiet := &Options{ManySteps: o.ManySteps}
	for _, name := range []string{"reroll-time", "raise-neurons"} {
		pass, _ := Named(name)
		switch n, err = Apply(pass, n, quiet); {
		case err != nil && unlinked != nil:
			return nil
		case err != nil:
			return mainReason(diag.Of(err))
		}
	}
	for _, u := range timing.Unfoldings(n, timing.WithoutMemory) {
		return u.Refused()
	}
	return nil
}

// mainReason is the first of some errors about one layer, one that names its kind if there is one.
func mainReason(errs diag.List) *diag.Diagnostic {
	for _, d := range errs {
		if namesKind(d) {
			return d
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}
