package unsupported

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A neuron whose update has operations that programs of neurons do not have is refused by its common
// name. It is recognised by the ops on its state.

// Reason is the reason why a layer is not one of known neurons.
type Reason struct {
	What string
	At   *ir.Value // where it shows
	Help string
}

// UseCompared is in place of a quotient that is compared.
const UseCompared = "where a quotient is compared, compare the two numbers: v > th in place of v / th > 1"

// throughFunction is of a neuron that keeps a function of its state.
const throughFunction = "a neuron whose state goes through "

// What is taken in place of a neuron that is not.
const (
	useLinear = "a neuron with a leak, an adaptive threshold or a current that spikes feed is taken, as LIF, ALIF and AdLIF are"
	useBounds = "a membrane with bounds is taken: torch.clamp, or F.hardtanh; where the function is only compared, compare the membrane itself with another threshold"
)

// functionReasons are the neurons whose state goes through a function.
var functionReasons = map[ir.Fn]Reason{
	ir.FnExp:     {What: "an exponential neuron (EIF or AdEx)", Help: useLinear},
	ir.FnSigmoid: {What: throughFunction + "sigmoid", Help: useBounds},
	ir.FnTanh:    {What: throughFunction + "tanh", Help: useBounds},
	ir.FnRound:   rounded,
	ir.FnFloor:   rounded,
	ir.FnCeil:    rounded,
}

var (
	rounded = Reason{What: "a neuron whose state is rounded in every step (snnTorch's state_quant)",
		Help: "export it without state_quant: nomul rounds what has to be rounded itself"}
	// Quadratic is of a neuron that multiplies numbers of its state.
	Quadratic = Reason{What: "a quadratic neuron (QIF or Izhikevich)", Help: useLinear}
	// Product is of a neuron that multiplies two numbers that its steps make.
	Product = Reason{What: "a neuron that multiplies two numbers that its steps make, as a conductance and a membrane",
		Help: "products with constants are taken, and with a number that is 0 or 1: add the current g * (E - V) of a constant V, or compare one of the two, as in m * (g > 0.5)"}
	// Gated is of a neuron whose state is multiplied by a number that comes in.
	Gated = Reason{What: "a gated neuron, whose state is multiplied by a number that comes in",
		Help: "a gate that is 0 or 1 is taken, as in m * (gate > 0.5)"}
	// spikingLSTM is of a neuron with gates that its own state makes.
	spikingLSTM = Reason{What: "a gated neuron (an LSTM that spikes)", Help: Gated.Help}
	// Divided is of a neuron that divides by its state.
	Divided = Reason{What: "a neuron that divides by a number of its state", Help: UseCompared}
)

// Anatomy is a layer of neurons as far as it was understood: its last membrane, or the one of a net
// of one step, and the values from which that is computed.
type Anatomy struct {
	Membrane *ir.Value
	own      map[*ir.Value]int       // the steps of the layer's membranes, from 1
	latched  map[*ir.Value]*ir.Value // operand stored by each delay; nil for unrolled steps
	Values   []*ir.Value             // computed neuron by neuron, nearest first
	deep     map[*ir.Value]canonical.Cone
}

// Dissect takes the membrane of a layer apart, by the steps of its own state.
func Dissect(membrane *ir.Value, own map[*ir.Value]int, latched map[*ir.Value]*ir.Value) *Anatomy {
	a := &Anatomy{Membrane: membrane, own: own, latched: latched, deep: map[*ir.Value]canonical.Cone{}}
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{membrane}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if v == nil || seen[v] {
			continue
		}
		seen[v] = true
		a.Values = append(a.Values, v)
		queue = append(queue, a.sources(v)...)
	}
	return a
}

// sources are the operands of a value, through its delay, but through no comparison.
func (a *Anatomy) sources(v *ir.Value) []*ir.Value {
	switch {
	case canonical.ByElement(v.Op):
		return v.Args
	case v.Op == ir.OpDelay && a.latched[v] != nil:
		return []*ir.Value{a.latched[v]}
	}
	return nil
}

// Reason returns the reason of a layer; nil when it has no name.
func (a *Anatomy) Reason() *Reason {
	for _, find := range []func(v *ir.Value) (Reason, bool){a.function, a.product} {
		for _, v := range a.Values {
			if o, ok := find(v); ok {
				o.At = v
				return &o
			}
		}
	}
	return nil
}

// Counts reports whether nothing but spikes and constants comes in.
func (a *Anatomy) Counts() bool {
	return !slices.ContainsFunc(a.Values, func(v *ir.Value) bool {
		return len(a.sources(v)) == 0 && v.Op != ir.OpConst && v.Op != ir.OpCompare
	})
}

// function: a number of the state goes through a function that is not linear.
func (a *Anatomy) function(v *ir.Value) (Reason, bool) {
	if v.Op != ir.OpMap || !a.recurs(v, v.Args[0]) {
		return Reason{}, false
	}
	fn := v.Attrs.(ir.MapAttrs).Fn
	if fn == ir.FnRelu || fn == ir.FnAbs || fn == ir.FnSign {
		return Reason{}, false
	}
	sigmoidal := fn == ir.FnSigmoid || fn == ir.FnTanh
	if sigmoidal && slices.ContainsFunc(a.Values, func(v *ir.Value) bool { return v.Op == ir.OpMul && gates(v) }) {
		return spikingLSTM, true
	}
	if v == a.Membrane && sigmoidal {
		if a.keeps(v) {
			return OfFunction(fn), true
		}
		return Reason{What: "a neuron that compares the " + fn.String() + " of its membrane", Help: "compare the membrane itself, with the number whose " + fn.String() + " the threshold is"}, true
	}
	return OfFunction(fn), true
}

// keeps reports whether a function of the state is a part of the state: the next step is computed
// of it by more than comparisons.
func (a *Anatomy) keeps(v *ir.Value) bool {
	return slices.ContainsFunc(a.Values, func(u *ir.Value) bool {
		if kept := a.latched[u]; u.Op == ir.OpDelay && kept != nil {
			return slices.Contains(Dissect(kept, nil, a.latched).Values, v)
		}
		return a.latched == nil && u != v && canonical.SameForm(u, v)
	})
}

// OfFunction is the reason of a neuron whose state goes through a function.
func OfFunction(fn ir.Fn) Reason {
	if o, ok := functionReasons[fn]; ok {
		return o
	}
	return Reason{What: throughFunction + fn.String()}
}

// FunctionOfState is the reason of a number that is kept in a delay by way of a function of it; nil
// when it is by none.
func FunctionOfState(delay, kept *ir.Value) *Reason {
	for v := range canonical.ConeOf(kept) {
		if v.Op == ir.OpMap && canonical.ConeOf(v)[delay] {
			o := OfFunction(v.Attrs.(ir.MapAttrs).Fn)
			o.At = v
			return &o
		}
	}
	return nil
}

// product: two numbers of the state are multiplied.
func (a *Anatomy) product(v *ir.Value) (Reason, bool) {
	if v.Op == ir.OpPow && a.recurs(v, v.Args[0]) || v.Op == ir.OpMul && a.recurs(v, v.Args[0]) && a.recurs(v, v.Args[1]) {
		return OfProduct(v), true
	}
	return Reason{}, false
}

// OfProduct is the reason of a neuron that multiplies two numbers of its state, or takes the power of one.
func OfProduct(v *ir.Value) Reason {
	if v.Op == ir.OpPow || shifted(v.Args[0]) == shifted(v.Args[1]) {
		return Quadratic
	}
	return Product
}

// gates reports whether a value is a product with a sigmoid, or with a part of one.
func gates(v *ir.Value) bool {
	return slices.ContainsFunc(v.Args, func(a *ir.Value) bool {
		for a = shifted(a); a.Op.Class() == ir.Move; {
			a = a.Args[0]
		}
		return canonical.IsFn(a, ir.FnSigmoid)
	})
}

// shifted is the number that a value is but for a constant factor and a shift.
func shifted(v *ir.Value) *ir.Value {
	for {
		switch {
		case v.Op == ir.OpNeg:
			v = v.Args[0]
		case byConstant(v):
			v = v.Args[0]
		case (v.Op == ir.OpMul || v.Op == ir.OpAdd || v.Op == ir.OpSub) && v.Args[0].Const() != nil:
			v = v.Args[1]
		default:
			return v
		}
	}
}

// recurs reports whether an operand of v depends on numbers of the step before: on a delay, on an
// earlier membrane, or on a value that is computed as v is.
func (a *Anatomy) recurs(v, operand *ir.Value) bool {
	for u := range a.under(operand) {
		switch {
		case a.latched == nil && (u != a.Membrane && a.own[u] > 0 || u != v && v.Op != ir.OpMul && canonical.SameForm(u, v)):
			return true
		case u.Op == ir.OpDelay && a.latched[u] != nil && u.Type.IsReal() && !Dissect(a.latched[u], nil, a.latched).Counts():
			return true
		}
	}
	return false
}

// under holds the values from which a value is computed in its step, and in unrolled steps before.
func (a *Anatomy) under(v *ir.Value) canonical.Cone {
	if c := a.deep[v]; c != nil {
		return c
	}
	c := canonical.ConeOf(v)
	a.deep[v] = c
	return c
}

// IsSpike reports whether a value is a comparison, or the cast of one.
func IsSpike(v *ir.Value) bool {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	return v.Op == ir.OpCompare
}

// Refused is the error of a layer that is unsupported; fire is its comparison.
func (o *Reason) Refused(fire *ir.Value) *diag.Diagnostic {
	d := rewrite.Refuse(fire, diag.NotANeuron, "fires %s, see %s %s"+OnlyLinear, o.What, o.At.Op, canonical.Where(o.At))
	d.Help = o.Help
	return d
}

// Kept is the error of a layer that is unsupported; delay keeps its state.
func (o *Reason) Kept(delay *ir.Value) *diag.Diagnostic {
	d := rewrite.Refuse(delay, diag.NotANeuron, "keeps the state of %s, see %s %s"+OnlyLinear, o.What, o.At.Op, canonical.Where(o.At))
	d.Help = o.Help
	return d
}

// OnlyLinear ends the reasons for which a neuron is refused.
const OnlyLinear = "; the update of a neuron has sums, comparisons, choices, and products with constants only"
