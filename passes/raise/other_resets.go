package raise

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// keepsPart refuses a reset that leaves some of the membrane. Of a current that is as
// large as the membrane in the first of two steps it cannot be told apart.
func (u *unit) keepsPart(beta, reset *ir.Tensor) *diag.Diagnostic {
	d := rewrite.Refuse(u.fire, diag.NotANeuron,
		"the reset keeps a part of the membrane %%%s: times %s without a spike, times %s after one; a reset subtracts a constant, or sets the membrane to one",
		u.membrane.Name, Shown(beta), Shown(canonical.Combine(beta, reset, canonical.Sum))).WithHelp("reset by where(s > 0, 0, h), or by h - s")
	if u.steps != 2 {
		return d
	}
	return d.WithHelp("in two time steps a synaptic current looks like a part of the membrane, for both start alike; export three steps or more")
}

// maxBetween bounds the number of ops between a comparison and the product with the membrane.
const maxBetween = 6

// comparedBefore is a comparison of the old membrane that x is computed from, another than
// that which fires; nil when there is none.
func (u *unit) comparedBefore(x *ir.Value, depth int) *ir.Value {
	if x == nil || depth > maxBetween {
		return nil
	}
	if x.Op == ir.OpDelay {
		x = u.latched[x]
	}
	if x == nil || x.Op == ir.OpDelay {
		return nil
	}
	for _, a := range x.Args {
		if x.Op == ir.OpCompare && a != nil && (a == u.membrane || u.latched[a] == u.membrane) && !u.alike(x, a) {
			return x
		}
		if found := u.comparedBefore(a, depth+1); found != nil && x.Op != ir.OpCompare {
			return found
		}
	}
	return nil
}

// resetsOtherwise refuses a neuron that is reset by another comparison than it fires by.
func (u *unit) resetsOtherwise(by *ir.Value) *diag.Diagnostic {
	return rewrite.Refuse(u.fire, diag.NotANeuron, "the membrane %%%s fires where it is %s, but its reset goes by another comparison, %s: where it is %s",
		u.membrane.Name, ShownComparison(u.fire), canonical.Where(by), ShownComparison(by)).
		WithHelp("a neuron fires and is reset by one comparison: reset by the spikes themselves")
}

// notLinear refuses a neuron whose membrane is computed by v from the step before in a way
// that no leak and no reset is.
func (u *unit) notLinear(v *ir.Value) *diag.Diagnostic {
	if by := u.comparedBefore(v, 0); by != nil {
		return u.resetsOtherwise(by)
	}
	own, other := u.decided(deciding(v))
	switch {
	case own && other != nil:
		return u.gatedReset(other, v)
	case other != nil:
		return rewrite.Refuse(u.fire, diag.NotANeuron, "what becomes of the membrane %%%s in a step is chosen by a comparison that it does not make, %s: see %s %s",
			u.membrane.Name, canonical.Where(other), v.Op, canonical.Where(v)).
			WithHelp("keep the leak the same in every step, and choose only what is added: b*h + where(x > 0, x, 0)")
	}
	return rewrite.Refuse(u.fire, diag.NotANeuron, "the membrane %%%s is not linear in its past: see %s %s", u.membrane.Name, v.Op, canonical.Where(v)).
		WithHelp("between two steps a membrane may be multiplied by a constant, be reset by its own spike, and have added what comes in")
}

// gatedReset refuses a reset by spikes of which a comparison of something else lets some through.
func (u *unit) gatedReset(other, v *ir.Value) *diag.Diagnostic {
	return rewrite.Refuse(u.fire, diag.NotANeuron, "the reset of the membrane %%%s goes by its spike and by another comparison, %s, which the membrane does not make: see %s %s",
		u.membrane.Name, canonical.Where(other), v.Op, canonical.Where(v)).
		WithHelp("reset by the spike alone, and let the other comparison gate only what is handed on; or take the gated spikes off: h - z")
}

// OfSpikes reports whether comparisons alone decide a value.
func OfSpikes(v *ir.Value) bool {
	return canonical.DecidedBy(v, func(x *ir.Value) (fires, fits bool) { return x.Op == ir.OpCompare || x.Op == ir.OpDelay, true })
}

// deciding are the operands that decide a choice or a product.
func deciding(v *ir.Value) []*ir.Value {
	switch v.Op {
	case ir.OpWhere:
		return v.Args[:1]
	case ir.OpMul:
		return slices.DeleteFunc(slices.Clone(v.Args), func(a *ir.Value) bool { return !OfSpikes(a) })
	}
	return nil
}

// decided returns the decisions of some values: the neuron's own spike, of this step or of the one
// before, and a comparison that does not depend on its membrane, nil for none.
func (u *unit) decided(by []*ir.Value) (own bool, other *ir.Value) {
	seen := canonical.Cone{}
	for queue := slices.Clone(by); len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		if stored := u.latched[x]; stored != nil {
			x = stored
		}
		m := canonical.MembraneOf(x)
		switch {
		case x == nil || seen[x]:
		case m != nil && (m == u.membrane || u.latched[m] == u.membrane):
			own = true
		case m != nil && OfSpikes(m):
			queue = append(queue, m)
		case m != nil && !slices.Contains(unsupported.Dissect(m, nil, u.latched).Values, u.membrane):
			other = x
		case canonical.ByElement(x.Op):
			queue = append(queue, x.Args...)
		}
		seen[x] = true
	}
	return own, other
}

// symbols are comparisons as people write them.
var symbols = map[ir.Compare]string{ir.GE: "≥", ir.GT: ">", ir.LE: "≤", ir.LT: "<", ir.EQ: "=", ir.NE: "≠"}

// turnedRound are comparisons with their operands exchanged.
var turnedRound = map[ir.Compare]ir.Compare{ir.GE: ir.LE, ir.GT: ir.LT, ir.LE: ir.GE, ir.LT: ir.GT, ir.EQ: ir.EQ, ir.NE: ir.NE}

// ShownComparison is a comparison without its membrane: > 1.
func ShownComparison(v *ir.Value) string {
	is, threshold := canonical.Comparison(v), v.Args[1].Const()
	if threshold == nil {
		is, threshold = turnedRound[is], v.Args[0].Const()
	}
	if threshold == nil {
		return symbols[is]
	}
	return symbols[is] + " " + Shown(threshold)
}

// resetTo is the value c/β that a reset sets membranes to. Where a leak of 0 leaves
// nothing of it any value is right: that of the other neurons, where they have one. Nil
// when a spike adds something there.
func resetTo(c, beta *ir.Tensor) *ir.Tensor {
	of := canonical.Ratio(c, beta)
	var kept []float64
	for _, f := range of.F {
		switch {
		case math.IsInf(f, 0):
			return nil
		case !math.IsNaN(f):
			kept = append(kept, f)
		}
	}
	return canonical.Combine(of, rewrite.Scalar(0), func(f, _ float64) float64 {
		if math.IsNaN(f) {
			return kept[0]
		}
		return f
	})
}

// OnlyCurrent is the help for a second state of a neuron.
const OnlyCurrent = "leave that state out, or let it be a current that drives the membrane: i = a*i + x, h = b*h + i"

// keepsSecond refuses a membrane that reads a state beside it, which the membrane makes: two
// numbers that feed each other. Nil when the form reads none.
func (u *unit) keepsSecond(f form) *diag.Diagnostic {
	for _, t := range f {
		if t.x == nil {
			continue
		}
		for _, x := range unsupported.Dissect(t.x, nil, nil).Values {
			if x.Op == ir.OpDelay && x.Type.IsReal() && u.latched[x] != nil && slices.Contains(unsupported.Dissect(u.latched[x], nil, u.latched).Values, u.membrane) {
				return rewrite.Refuse(u.fire, diag.NotANeuron, "the membrane %%%s and a second state, %s, are made of each other from step to step; a neuron keeps its membrane, and one current that inputs alone make",
					u.membrane.Name, canonical.Where(u.latched[x])).WithHelp(OnlyCurrent)
			}
		}
	}
	return nil
}
