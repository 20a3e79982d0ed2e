package passes

import (
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// What is no neuron here is refused by the name that people know it by. It is
// recognised by what is done to its state, and only once it is known not to fit.

// odd is what keeps a layer from being one of neurons that are known.
type odd struct {
	what string
	at   *ir.Value // where it shows
	help string
	// apart: steps that are layers of their own compute the same.
	apart bool
}

// oddFunctions are the neurons whose state goes through a function.
var oddFunctions = map[ir.Fn]odd{
	ir.FnExp:     {what: "an exponential neuron (EIF or AdEx)"},
	ir.FnRelu:    {what: "a rectified neuron (KLIF), or one whose membrane has a floor", help: "train it without: a reset and a leak hold the membrane too, and relu may go around what comes in: b*h + relu(x)"},
	ir.FnSigmoid: {what: "a gated neuron (an LSTM that spikes)"},
	ir.FnTanh:    {what: "a gated neuron (an LSTM that spikes)"},
	ir.FnRound:   rounded,
	ir.FnFloor:   rounded,
	ir.FnCeil:    rounded,
}

var (
	rounded = odd{what: "a neuron whose state is rounded in every step (snnTorch's state_quant)",
		help: "export it without state_quant: nomul rounds what has to be rounded itself"}
	quadratic = odd{what: "a quadratic neuron (QIF or Izhikevich)"}
	bounded   = odd{what: "a neuron whose membrane is held within bounds (a floor or a ceiling)",
		help: "train it without clamping its membrane: a reset and a leak hold it too"}
	adaptive = odd{what: "a neuron whose threshold adapts to its spikes (ALIF, LSNN)"}
)

// byElement are the ops that work neuron by neuron.
var byElement = map[ir.Op]bool{
	ir.OpAdd: true, ir.OpSub: true, ir.OpNeg: true, ir.OpMul: true, ir.OpDiv: true, ir.OpCast: true, ir.OpWhere: true, ir.OpPow: true,
	ir.OpMin: true, ir.OpMax: true, ir.OpMap: true, ir.OpAnd: true, ir.OpOr: true, ir.OpXor: true, ir.OpAndNot: true,
}

// anatomy is a layer of neurons as far as it was understood: its last membrane, or
// the one of a net of one step, and what that is computed from.
type anatomy struct {
	membrane *ir.Value
	own      map[*ir.Value]int       // the steps of the layer's membranes, from 1
	latched  map[*ir.Value]*ir.Value // what each delay stores; nil for unrolled steps
	values   []*ir.Value             // what is computed neuron by neuron, nearest first
	deep     map[*ir.Value]cone
	moments  map[*ir.Value]moment
	fire     *ir.Value // one of its comparisons that fire; nil: all may
}

func dissect(membrane *ir.Value, own map[*ir.Value]int, latched map[*ir.Value]*ir.Value) *anatomy {
	a := &anatomy{membrane: membrane, own: own, latched: latched, deep: map[*ir.Value]cone{}, moments: map[*ir.Value]moment{}}
	seen := map[*ir.Value]bool{}
	for queue := []*ir.Value{membrane}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if v == nil || seen[v] {
			continue
		}
		seen[v] = true
		a.values = append(a.values, v)
		queue = append(queue, a.sources(v)...)
	}
	return a
}

// sources are what a value is computed from: through its delay, but no comparison.
func (a *anatomy) sources(v *ir.Value) []*ir.Value {
	switch {
	case byElement[v.Op]:
		return v.Args
	case v.Op == ir.OpDelay && a.latched[v] != nil:
		return []*ir.Value{a.latched[v]}
	}
	return nil
}

// oddity finds what is odd about a layer; nil when it is nothing that has a name.
func (a *anatomy) oddity() *odd {
	for _, find := range []func(v *ir.Value) (odd, bool){a.several, a.banded, a.twoSided, a.refractory, a.function, a.bound, a.product, a.choice, a.heldBack} {
		for _, v := range a.values {
			if o, ok := find(v); ok {
				o.at = v
				return &o
			}
		}
	}
	return nil
}

// has tells whether a value that is compared is a membrane of the layer.
func (a *anatomy) has(m *ir.Value) bool {
	return m != nil && (a.own[m] > 0 || slices.Contains(a.values, m))
}

// counts tells whether nothing but spikes and constants comes in.
func (a *anatomy) counts() bool {
	return !slices.ContainsFunc(a.values, func(v *ir.Value) bool {
		return len(a.sources(v)) == 0 && v.Op != ir.OpConst && v.Op != ir.OpCompare
	})
}

// function: a number of the state goes through a function that is not linear.
func (a *anatomy) function(v *ir.Value) (odd, bool) {
	if v.Op != ir.OpMap || !a.recurs(v, v.Args[0]) {
		return odd{}, false
	}
	fn := v.Attrs.(ir.MapAttrs).Fn
	if v == a.membrane && (fn == ir.FnSigmoid || fn == ir.FnTanh) {
		return odd{what: "a neuron that compares the " + fn.String() + " of its membrane", help: "compare the membrane itself, with the number whose " + fn.String() + " the threshold is"}, true
	}
	if o, ok := oddFunctions[fn]; ok {
		return o, true
	}
	return odd{what: "a neuron whose state goes through " + fn.String()}, true
}

// bound: a number of the state is held above or below a constant.
func (a *anatomy) bound(v *ir.Value) (odd, bool) {
	if v.Op != ir.OpMax && v.Op != ir.OpMin || v.Args[1].Const() == nil {
		return odd{}, false
	}
	return bounded, a.recurs(v, v.Args[0])
}

// product: two numbers of the state are multiplied.
func (a *anatomy) product(v *ir.Value) (odd, bool) {
	return quadratic, v.Op == ir.OpPow && a.recurs(v, v.Args[0]) || v.Op == ir.OpMul && a.recurs(v, v.Args[0]) && a.recurs(v, v.Args[1])
}

// recurs tells whether an operand of v depends on numbers of the step before: on a
// delay, on an earlier membrane, or on what is computed as v is.
func (a *anatomy) recurs(v, operand *ir.Value) bool {
	for u := range a.under(operand) {
		switch {
		case a.latched == nil && (u != a.membrane && a.own[u] > 0 || u != v && v.Op != ir.OpMul && sameForm(u, v)):
			return true
		case u.Op == ir.OpDelay && a.latched[u] != nil && u.Type.IsReal() && !dissect(a.latched[u], nil, a.latched).counts():
			return true
		}
	}
	return false
}

// under is what a value is computed from in its step, and in unrolled steps before.
func (a *anatomy) under(v *ir.Value) cone {
	if c := a.deep[v]; c != nil {
		return c
	}
	c := coneOf(v)
	a.deep[v] = c
	return c
}

// isSpike tells whether a value is a comparison, or the cast of one.
func isSpike(v *ir.Value) bool {
	for v.Op == ir.OpCast {
		v = v.Args[0]
	}
	return v.Op == ir.OpCompare
}

// refused is the error of a layer that is odd; fire is its comparison.
func (o *odd) refused(fire *ir.Value) *diag.Diagnostic {
	d := refuse(fire, diag.NotANeuron, "fires %s, see %s %s"+onlyLinear, o.what, o.at.Op, where(o.at))
	d.Help = o.help
	return d
}

const onlyLinear = "; only neurons that are linear but for a threshold are known"

// namesKind reports whether a refusal names the kind of neuron that it is of.
func namesKind(d *diag.Diagnostic) bool { return strings.HasSuffix(d.Message, onlyLinear) }

// oddLayers names what is odd in unrolled steps that do not fit; nil when nothing
// has a name.
func oddLayers(n *ir.Net, h []history) error {
	return oddAmong(n, h, func(*odd) bool { return true })
}

// oddApart names what is odd in a layer and stays so where each step is a layer of its own;
// nil when nothing is.
func oddApart(n *ir.Net, h []history) error {
	return oddAmong(n, h, func(o *odd) bool { return !o.apart })
}

func oddAmong(n *ir.Net, h []history, named func(o *odd) bool) error {
	fires := thresholds(n)
	place := map[*ir.Value]int{}
	for i, v := range n.Values {
		place[v] = i
	}
	layers := make([]*anatomy, len(h))
	for i, layer := range h {
		layers[i] = dissect(layer.membranes[len(layer.membranes)-1], ownSteps(n, layer, fires), nil)
		layers[i].fire = fireOf(layer, fires)
	}
	errs, signed := ternaryNeurons(n)
	errs = append(errs, wholeSpikes(n)...)
	adapt := adaptiveThresholds(n)
	told := subjects(adapt)
	for _, a := range layers {
		if signed[a.membrane] {
			continue
		}
		isPart := slices.ContainsFunc(layers, func(b *anatomy) bool { return a.partOf(b, place) })
		if o := a.oddity(); o != nil && named(o) && a.fire != nil && !isPart {
			if d := o.refused(a.fire); !told[subject(d.Message)] {
				errs = append(errs, d)
			}
		}
	}
	return append(errs, adapt...).Err()
}

// ownSteps numbers a layer's membranes from 1, with those of steps that other layers lack:
// a counter of spikes begins a step late, and shortens all.
func ownSteps(n *ir.Net, layer history, fires map[*ir.Value][]*ir.Value) map[*ir.Value]int {
	own, first := map[*ir.Value]int{}, coneOf(layer.membranes[0])
	for _, v := range n.Values {
		if first[v] && len(fires[v]) > 0 && v != layer.membranes[0] && !dissect(v, nil, nil).counts() {
			own[v] = len(own) + 1
		}
	}
	for _, m := range layer.membranes {
		own[m] = len(own) + 1
	}
	return own
}

// partOf tells whether a layer is nothing of its own: what another one counts its
// spikes in, or its membranes compared once more.
func (a *anatomy) partOf(b *anatomy, place map[*ir.Value]int) bool {
	met := false
	for m := range b.reached() {
		met = met || a.own[m] > 0
	}
	if a == b || !met {
		return false
	}
	return a.counts() && !b.counts() || a.counts() == b.counts() && place[a.membrane] < place[b.membrane]
}

// reached are the layer's values, and what is compared in it, with that of which spikes
// alone are counted there.
func (a *anatomy) reached() cone {
	c := cone{}
	for queue := slices.Clone(a.values); len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		if c[v] {
			continue
		}
		c[v] = true
		m := membraneOf(v)
		if m == nil {
			continue
		}
		if counter := dissect(m, nil, a.latched); counter.counts() {
			queue = append(queue, counter.values...)
		} else {
			c[m] = true
		}
	}
	return c
}

// adaptiveThresholds refuses comparisons of two numbers of which one depends on
// spikes, for each layer the last.
func adaptiveThresholds(n *ir.Net) diag.List {
	var errs diag.List
	latched, followed := map[*ir.Value]*ir.Value{}, map[*ir.Value]bool{}
	for _, v := range n.All(ir.OpLatch) {
		latched[v.Args[0]] = v.Args[1]
	}
	for _, v := range slices.Backward(n.Values) {
		if is := comparison(v); is != ir.GE && is != ir.GT || v.Args[0].Const() != nil || v.Args[1].Const() != nil || !v.Args[0].Type.IsReal() {
			continue
		}
		spikes := false
		for _, a := range v.Args {
			for u := range coneOf(a) {
				if u.Op == ir.OpCompare || u.Op == ir.OpDelay {
					spikes, followed[u] = true, true
				}
			}
		}
		switch x := givenThreshold(v); {
		case !spikes || followed[v] || ofOneMembrane(v, latched):
		case x != nil:
			errs = append(errs, refuse(v, diag.NotANeuron, "compares a membrane with the input %s, and a threshold is a constant", x.Name).
				WithHelp("if it is the same for all samples, say what it is: --bind %s=FILE", x.Name))
		default:
			o := adaptive
			o.at = v.Args[1]
			errs = append(errs, o.refused(v))
		}
	}
	slices.Reverse(errs)
	return errs
}

// ofOneMembrane reports whether a comparison is of a membrane with its own spikes: of what
// these have left of it, with 0.
func ofOneMembrane(v *ir.Value, latched map[*ir.Value]*ir.Value) bool {
	a := &anatomy{latched: latched}
	for i, m := range v.Args {
		if decidedBy(v.Args[1-i], func(x *ir.Value) (fires, fits bool) {
			by := membraneOf(a.now(x))
			return by != nil, by == a.now(m) && (x.Op == ir.OpDelay) == (m.Op == ir.OpDelay)
		}) {
			return true
		}
	}
	return false
}

// givenThreshold returns the input that one operand of a comparison is made of, element by
// element, and the other is not; nil when there is none.
func givenThreshold(v *ir.Value) *ir.Value {
	var inputs []*ir.Value
	for _, a := range v.Args {
		if x := inputOf(a); x != nil {
			inputs = append(inputs, x)
		}
	}
	if len(inputs) != 1 {
		return nil
	}
	return inputs[0]
}

// inputOf returns the one input that a value is made of, element by element or moved.
func inputOf(v *ir.Value) *ir.Value {
	var x *ir.Value
	for u := range coneOf(v) {
		for moves[u.Op] && len(u.Args) == 1 {
			u = u.Args[0]
		}
		switch {
		case u.Op == ir.OpInput && (x == nil || x == u):
			x = u
		case !byElement[u.Op]:
			return nil
		}
	}
	return x
}
