package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/raise"
	"nomul/passes/reroll"
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
	if d := risingIn(n, false); d != nil {
		return d
	}
	_, unlinked := timing.MembranesOverTime(n)
	quiet, written := &Options{ManySteps: o.ManySteps}, n
	for _, name := range []string{"reroll-time", "raise-neurons"} {
		pass, _ := Named(name)
		switch n, err = Apply(pass, n, quiet); {
		case err != nil && unlinked != nil:
			return nil
		case err != nil:
			return mainReason(written, diag.Of(err))
		}
	}
	for _, u := range timing.Unfoldings(n, timing.WithoutMemory) {
		if d := risingIn(written, true); d != nil {
			return d
		}
		return u.Refused()
	}
	return nil
}

// mainReason is the first of some errors about one layer, one that names its kind if there is one.
func mainReason(n *ir.Net, errs diag.List) *diag.Diagnostic {
	for _, d := range errs {
		if namesKind(d) {
			return d
		}
	}
	switch {
	case len(errs) == 0:
		return nil
	case errs[0].Code == diag.NotUnrolled:
		if d := coupledIn(n); d != nil {
			return d
		}
	}
	return errs[0]
}

// rising is a neuron that fires by how its membrane changes.
var rising = unsupported.Reason{What: "a neuron that compares its membrane with that of another step", Help: "compare the membrane with a constant"}

// risingIn refuses a comparison of a membrane with one that it is made of, or else of the
// difference of both with a constant; nil when there is none.
func risingIn(n *ir.Net, difference bool) *diag.Diagnostic {
	for _, v := range n.All(ir.OpCompare) {
		pair := v.Args
		if m := canonical.MembraneOf(v); difference {
			if m == nil || m.Op != ir.OpSub {
				continue
			}
			pair = m.Args
		}
		for i, a := range pair {
			under := canonical.ConeOf(a)
			if b := pair[1-i]; b.Const() == nil && a.Type.IsReal() && a != b && under[b] && canonical.ByElement(b.Op) && canonical.SpikeOf(b) == nil {
				o := rising
				o.At = a
				return o.Refused(v)
			}
		}
	}
	return nil
}

// coupled are two numbers of a neuron that feed each other.
var coupled = unsupported.Reason{What: "a neuron that keeps a second state, which its membrane makes and is made of", Help: raise.OnlyCurrent}

// coupledIn refuses a layer whose membrane reads that of the step before, and one from further
// back by another way; nil when it does not.
func coupledIn(n *ir.Net) *diag.Diagnostic {
	fires := canonical.Comparisons(n)
	layers := timing.Chained(n, fires)
	if len(layers) != 1 || reroll.LooksAgain(n) || reroll.ThresholdsDiffer(n, layers) {
		return nil
	}
	h := layers[0].Membranes
	steps, seen := 0, canonical.Cone{}
	for queue := slices.Clone(h[len(h)-1].Args); len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		switch {
		case x == nil || seen[x]:
			continue
		case slices.Contains(h, x):
			steps++
		case canonical.ByElement(x.Op):
			queue = append(queue, x.Args...)
		}
		seen[x] = true
	}
	fire := reroll.FireOf(layers[0], fires)
	if steps < 2 || fire == nil {
		return nil
	}
	o := coupled
	o.At = h[len(h)-1]
	return o.Refused(fire)
}
