package dsl

import (
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
)

// neuron is a kind of neuron that a text defines.
type neuron struct {
	def   *Neuron
	src   *source
	scope *scope
}

func (n *neuron) what() string { return "neuron " + n.def.Name }

// neuronFields are the parameters of a neuron, in its definition and again in its
// calls. One of tau, beta and leak is needed; fires and reset too,
// unless it is silent.
var neuronFields = params("tau any, beta any, leak any, decay_input truth = true, gain any, " +
	"threshold any, fires any, reset any, amount any, when word = fire, init any, bias any, " +
	"current any, order word = before, masks truth = false, masks_current truth = false, refractory any, adapt any, jump any, adapt_reset truth = false, silent truth = false, round word = floor, levels any, values any")

// leaks are the fields of which a neuron has one.
var leaks = []string{"tau", "beta", "leak"}

// call adds the neuron on a value; fields of the call replace those of the definition.
func (n *neuron) call(e *elab, f *frame, s *callSite) value {
	inside := &frame{src: n.src, scope: n.scope, counts: map[string]int{}, from: f, at: s.node.Pos, depth: f.depth + 1}
	def := e.bindArgs(inside, n.def.Name, neuronFields, &callSite{node: n.def.Node, args: n.def.Args})
	c := e.bindArgs(f, n.def.Name, append(params("x value"), neuronFields...), s)
	if c.bad || def.bad {
		return bad
	}
	otherLeak := c.anyGiven(leaks)
	for _, p := range neuronFields {
		if !c.args[p.name].given && !(otherLeak && isLeak(p.name)) {
			c.args[p.name] = def.args[p.name]
		}
	}
	return (&neuronCall{call: c, def: n, name: c.label(n.def.Name)}).make()
}

func isLeak(field string) bool { return field == leaks[0] || field == leaks[1] || field == leaks[2] }

func (c *call) anyGiven(fields []string) bool {
	for _, f := range fields {
		if c.args[f].given {
			return true
		}
	}
	return false
}

// neuronCall is a neuron on its way into the net.
type neuronCall struct {
	*call
	def   *neuron
	name  string
	attrs ir.NeuronAttrs
	slots [ir.NeuronAdapt + 1]*ir.Value
}

func (n *neuronCall) make() value {
	if n.leveled() {
		return n.makeLevels()
	}
	n.slots[ir.NeuronX] = n.sig("x")
	n.attrs.Silent, n.attrs.Masks, n.attrs.MasksCurrent = n.args["silent"].truth, n.args["masks"].truth, n.args["masks_current"].truth
	n.word("round", &n.attrs.Round)
	n.word("when", &n.attrs.When)
	n.attrs.Compare, n.attrs.Reset = ir.GE, ir.ResetNone
	resets := !n.attrs.Silent || n.args["reset"].given && n.args["reset"].text != ir.ResetNone.String()
	if resets {
		n.fires()
		n.slots[ir.NeuronThreshold] = n.tensorOr(ir.NeuronThreshold, "threshold", 1)
	}
	n.slots[ir.NeuronBias] = n.tensor(ir.NeuronBias, "bias", nil)
	if resets {
		n.reset()
		n.refractory()
		n.adapt()
	}
	if init := n.args["init"]; init.kind != isNothing && (init.kind != isNumber || init.num != 0) {
		n.slots[ir.NeuronInit] = n.tensor(ir.NeuronInit, "init", nil)
	}
	n.leak()
	n.current()
	if n.bad {
		return bad
	}
	return n.add(ir.OpNeuron, n.name, n.attrs, n.slots[:]...)
}

// word reads a word into an attribute.
func (n *neuronCall) word(field string, to interface{ UnmarshalText([]byte) error }) {
	a := n.args[field]
	if err := to.UnmarshalText([]byte(a.text)); err != nil {
		n.fail(n.node(a), diag.BadAttribute, "%s: %v", field, err)
	}
}

// node is the place of an argument in the call; an argument of the definition, which
// may be in another text, has the place of the call as a whole.
func (n *neuronCall) node(a arg) Node {
	if a.given && n.has(a.node) {
		return a.node
	}
	return n.site.node
}

func (n *neuronCall) has(inner Node) bool {
	for _, a := range n.site.args {
		if a.Value.Pos == inner.Pos {
			return true
		}
	}
	return false
}

const fires = "snnTorch and Norse fire at >, SpikingJelly at >="

func (n *neuronCall) fires() {
	switch a := n.args["fires"]; {
	case a.kind == isWord && a.text == ">=":
		n.attrs.Compare = ir.GE
	case a.kind == isWord && a.text == ">":
		n.attrs.Compare = ir.GT
	case a.kind == isNothing:
		n.fail(n.site.node, diag.BadCall, "neuron %s does not say when it fires; wanted fires: >= or fires: >", n.def.def.Name).Help = fires
	default:
		n.fail(n.node(a), diag.BadAttribute, "fires is %v, wanted >= or >", a.value).Help = fires
	}
}

// reset is zero, subtract (the threshold, or an amount), none, or a membrane.
func (n *neuronCall) reset() {
	a := n.args["reset"]
	switch {
	case a.kind == isWord && a.text == "zero":
		n.attrs.Reset = ir.ResetZero
	case a.kind == isWord && a.text == "none":
	case a.kind == isWord && a.text == "subtract":
		n.attrs.Reset = ir.ResetSubtract
		if n.args["amount"].kind == isNothing {
			n.args["amount"] = n.args["threshold"]
		}
		n.slots[ir.NeuronReset] = n.tensorOr(ir.NeuronReset, "amount", 1)
	case a.kind == isNumber, a.kind == isSignal:
		n.attrs.Reset = ir.ResetValue
		n.slots[ir.NeuronReset] = n.tensor(ir.NeuronReset, "reset", nil)
	case a.kind == isNothing:
		n.fail(n.site.node, diag.BadCall, "neuron %s does not say its reset; wanted reset: zero, subtract, none or a number", n.def.def.Name)
	default:
		n.fail(n.node(a), diag.BadAttribute, "reset is %v, wanted zero, subtract, none or a number", a.value)
	}
}

// leak is one of tau (steps: H = V + (x − V)/tau), beta (H = beta·V + x) and leak.
func (n *neuronCall) leak() {
	field := ""
	for _, l := range leaks {
		if n.args[l].kind == isNothing {
			continue
		}
		if field != "" {
			n.fail(n.node(n.args[l]), diag.BadCall, "neuron %s says both %s and %s; wanted one of them", n.def.def.Name, field, l)
			return
		}
		field = l
	}
	gain := n.args["gain"]
	switch {
	case field == "":
		n.fail(n.site.node, diag.BadCall, "neuron %s does not say its leak; wanted tau: STEPS, beta: FACTOR or leak: none", n.def.def.Name)
	case field == "tau":
		n.attrs.Leak.Kind = ir.LeakFactor
		n.slots[ir.NeuronLeak] = n.tensor(ir.NeuronLeak, "tau", func(tau float64) float64 { return 1 - 1/tau })
		if gain.kind == isNothing && n.args["decay_input"].truth {
			n.slots[ir.NeuronGain] = n.tensor(ir.NeuronGain, "tau", func(tau float64) float64 { return 1 / tau })
		}
	default:
		n.attrs.Leak, n.slots[ir.NeuronLeak] = n.leakOf(field, ir.NeuronLeak)
	}
	if gain.kind != isNothing {
		n.slots[ir.NeuronGain] = n.tensor(ir.NeuronGain, "gain", nil)
	}
}

// leakOf reads a leak: none, all, a factor, or an integer one such as "shift:1".
func (n *neuronCall) leakOf(field string, slot int) (ir.Leak, *ir.Value) {
	a := n.args[field]
	switch {
	case a.kind == isNumber && a.num == 0:
		return ir.Leak{Kind: ir.LeakAll}, nil
	case a.kind == isNumber && a.num == 1:
		return ir.Leak{Kind: ir.LeakNone}, nil
	case a.kind == isNumber, a.kind == isSignal:
		return ir.Leak{Kind: ir.LeakFactor}, n.tensor(slot, field, nil)
	}
	var l ir.Leak
	if err := l.UnmarshalText([]byte(a.text)); err != nil || l.Kind == ir.LeakFactor {
		n.fail(n.node(a), diag.BadAttribute, "%s is %v, wanted none, all, a number, or shift, decay or csd in a string", field, a.value)
	}
	return l, nil
}

func (n *neuronCall) current() {
	if n.args["current"].kind == isNothing {
		return
	}
	n.attrs.Current, n.slots[ir.NeuronCurrent] = n.leakOf("current", ir.NeuronCurrent)
	n.word("order", &n.attrs.Order)
}

// adapt reads the jump, by which each spike raises the threshold, and the leak of that growth.
func (n *neuronCall) adapt() {
	n.attrs.AdaptReset = n.args["adapt_reset"].truth
	n.slots[ir.NeuronJump] = n.tensor(ir.NeuronJump, "jump", nil)
	if adapts, jumps := n.args["adapt"].kind != isNothing, n.args["jump"].kind != isNothing; adapts != jumps {
		n.fail(n.site.node, diag.BadCall, "neuron %s says one of adapt and jump; wanted both, or none", n.def.def.Name)
	} else if adapts {
		n.attrs.Adapt, n.slots[ir.NeuronAdapt] = n.leakOf("adapt", ir.NeuronAdapt)
	}
}

// refractory reads the steps of rest after a spike: a number, in which the membrane is held, or
// a kind and a number, such as "drive:2" for steps without input.
func (n *neuronCall) refractory() {
	a := n.args["refractory"]
	text := a.text
	switch {
	case a.kind == isNothing || a.kind == isNumber && a.num == 0:
		return
	case a.kind == isNumber:
		text = ir.RestHold.String() + ":" + strconv.FormatFloat(a.num, 'g', -1, 64)
	}
	if err := n.attrs.Refractory.UnmarshalText([]byte(text)); err != nil {
		n.fail(n.node(a), diag.BadAttribute, "%v; a number alone is of hold", err)
	}
}

// tensorOr is a field as a constant, or a number when it is absent.
func (n *neuronCall) tensorOr(slot int, field string, none float64) *ir.Value {
	if n.args[field].kind == isNothing {
		n.args[field] = arg{value: number(none), node: n.site.node}
	}
	return n.tensor(slot, field, nil)
}

// tensor is a field as a constant named after the neuron and the slot, with a
// function applied to its numbers; nil when the field is absent.
func (n *neuronCall) tensor(slot int, field string, f func(float64) float64) *ir.Value {
	a := n.args[field]
	data := (*ir.Tensor)(nil)
	switch {
	case a.kind == isNothing || n.bad:
		return nil
	case a.kind == isNumber:
		data = ir.Reals(ir.Shape{}, []float64{float32s(a.num)})
	case a.kind == isSignal && a.sig.Const() != nil:
		if f == nil {
			return a.sig
		}
		data = a.sig.Const()
	default:
		n.fail(n.node(a), diag.BadAttribute, "%s is %v, wanted a number or trained constants", field, a.value)
		return nil
	}
	if field == "tau" && !positive(data) {
		n.fail(n.node(a), diag.BadAttribute, "tau must be positive, got %v", a.value)
		return nil
	}
	if f != nil {
		mapped := ir.Reals(data.Type.Shape, make([]float64, data.Type.Size()))
		for i := range mapped.F {
			mapped.F[i] = f(data.At(i))
		}
		data = mapped
	}
	return n.e.constant(n.f, n.at(), n.name+"."+ir.OpNeuron.Operands()[slot].Name, data)
}

func positive(t *ir.Tensor) bool {
	for i := range t.Type.Size() {
		if !(t.At(i) > 0) {
			return false
		}
	}
	return true
}
