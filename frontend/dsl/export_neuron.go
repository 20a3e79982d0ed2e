package dsl

import (
	"fmt"
	"strconv"
	"strings"

	"nomul/ir"
)

// neuron writes a neuron as one of a kind; numbers that differ from neuron to
// neuron of the layer stand at the call.
func (x *exporter) neuron(v *ir.Value) string {
	a := v.Attrs.(ir.NeuronAttrs)
	n := &neuronText{x: x, v: v}
	n.leak(a)
	if a.Fires() {
		n.constant("threshold", ir.NeuronThreshold)
		n.def("fires", compareSigns[a.Compare])
		n.reset(a)
	}
	n.constant("bias", ir.NeuronBias)
	n.constant("init", ir.NeuronInit)
	if a.Current.Kind != 0 {
		n.leakField("current", a.Current, ir.NeuronCurrent)
		n.word("order", a.Order.String(), "before")
	}
	n.word("when", a.When.String(), "fire")
	n.word("round", a.Round.String(), "floor")
	n.word("masks", strconv.FormatBool(a.Masks), "false")
	n.word("masks_current", strconv.FormatBool(a.MasksCurrent), "false")
	if a.Adapt.Kind != 0 {
		n.leakField("adapt", a.Adapt, ir.NeuronAdapt)
		n.constant("jump", ir.NeuronJump)
		n.word("adapt_reset", strconv.FormatBool(a.AdaptReset), "false")
	}
	switch a.Refractory.Kind {
	case 0:
	case ir.RestHold:
		n.def("refractory", strconv.Itoa(a.Refractory.Steps))
	default:
		n.def("refractory", strconv.Quote(a.Refractory.String()))
	}
	n.word("silent", strconv.FormatBool(a.Silent), "false")
	call := x.kind(a, strings.Join(n.defs, ", "))
	if len(n.calls) > 0 {
		call += "(" + strings.Join(n.calls, ", ") + ")"
	}
	return call + x.label(v)
}

// kind is the name of the neuron with a definition.
func (x *exporter) kind(a ir.NeuronAttrs, def string) string {
	if name := x.kinds[def]; name != "" {
		return name
	}
	name := "lif"
	switch {
	case a.Silent:
		name = "integrator"
	case a.Leak.Kind == ir.LeakNone:
		name = "integrate_and_fire"
	}
	name = x.ident(name)
	x.kinds[def] = name
	x.neurons = append(x.neurons, fmt.Sprintf("neuron %s(%s)", name, def))
	return name
}

// neuronText collects the fields of the definition, and those of the call.
type neuronText struct {
	x           *exporter
	v           *ir.Value
	defs, calls []string
}

func (n *neuronText) def(field, text string) { n.defs = append(n.defs, field+": "+text) }

func (n *neuronText) word(field, word, none string) {
	if word != none {
		n.def(field, word)
	}
}

// constant writes an operand: a number in the definition, or trained constants
// at the call.
func (n *neuronText) constant(field string, slot int) {
	a := n.v.Args[slot]
	if a == nil {
		return
	}
	if text, ok := literal(a); ok {
		n.def(field, text)
		return
	}
	n.calls = append(n.calls, field+": "+n.x.constReference(a))
}

// leak writes tau where leak and gain are 1 − 1/tau and 1/tau, else both.
func (n *neuronText) leak(a ir.NeuronAttrs) {
	leak, gain := n.v.Args[ir.NeuronLeak], n.v.Args[ir.NeuronGain]
	if a.Leak.Kind == ir.LeakFactor && gain != nil && leak.Type.Shape.Rank() == 0 && gain.Type.Shape.Rank() == 0 {
		tau := float32s(1 / gain.Const().F[0])
		if 1/tau == gain.Const().F[0] && 1-1/tau == leak.Const().F[0] {
			n.def("tau", shortest(tau))
			return
		}
	}
	field := "leak"
	if a.Leak.Kind == ir.LeakFactor {
		field = "beta"
	}
	n.leakField(field, a.Leak, ir.NeuronLeak)
	n.constant("gain", ir.NeuronGain)
}

func (n *neuronText) leakField(field string, l ir.Leak, slot int) {
	if l.Kind == ir.LeakFactor {
		n.constant(field, slot)
		return
	}
	text, err := l.MarshalText()
	if err == nil && l.Kind != ir.LeakNone && l.Kind != ir.LeakAll {
		text = []byte(strconv.Quote(string(text)))
	}
	n.def(field, string(text))
}

func (n *neuronText) reset(a ir.NeuronAttrs) {
	switch a.Reset {
	case ir.ResetValue:
		n.constant("reset", ir.NeuronReset)
		return
	case ir.ResetSubtract:
		n.def("reset", "subtract")
		amount, threshold := n.v.Args[ir.NeuronReset], n.v.Args[ir.NeuronThreshold]
		if x, ok := literal(amount); ok {
			if y, same := literal(threshold); same && x == y {
				return
			}
		}
		n.constant("amount", ir.NeuronReset)
		return
	}
	n.def("reset", a.Reset.String())
}
