package randnet

import "nomul/frontend/onnx/onnxpb"

// restSteps is a refractory period.
const restSteps = 2

// secondState reads the neuron's state besides its membrane: the steps of rest that are left,
// or the growth of its threshold.
func (n *cell) secondState(when string) {
	if !n.keepsMore(when) {
		return
	}
	old, ok := n.old(n.name+"_k", n.dims, n.level("start") == "omitted")
	if !ok {
		return
	}
	if n.rests() {
		awake := n.node("Greater", n.dims, []tensor{old, n.number(0)})
		open := n.elementwise("Sub", n.number(1), n.node("Cast", n.dims, []tensor{awake}, integer("to", int(onnxpb.TensorProto_FLOAT))))
		n.open = &open
		n.used["keeps="+n.level("keeps")] = true
		return
	}
	n.grown = &old
	n.used["keeps="+n.level("keeps")] = true
}

// keepsMore reports whether the neuron has a second state. Of two steps, its part in
// the second may as well be part of an output.
func (n *cell) keepsMore(when string) bool {
	return when == "now" && n.level("keeps") != "nothing" && (n.loop || n.steps > 2)
}

func (n *cell) rests() bool {
	switch n.level("keeps") {
	case "rest-hold", "rest-drive", "rest-spike":
		return true
	}
	return false
}

// gated reports whether spikes are dropped where the neuron rests.
func (n *cell) gated() bool { return n.open != nil && n.level("keeps") != "rest-drive" }

// keepSecond keeps the second state for the next step.
func (n *cell) keepSecond(s tensor) {
	if !n.keepsMore(n.level("when")) {
		return
	}
	name := n.name + "_k"
	old, ok := n.state[name]
	if n.loop {
		old, ok = n.old(name, n.dims, false)
	}
	by := n.number(0.5)
	if n.rests() {
		by = n.number(restSteps)
	}
	added := n.elementwise("Mul", s, by)
	switch {
	case !ok:
		n.keep(name, added)
	case n.rests():
		n.keep(name, n.elementwise("Max", added, n.elementwise("Sub", old, n.number(1))))
	default:
		n.keep(name, n.elementwise("Add", n.elementwise("Mul", old, n.number(0.75)), added))
	}
}

// taken is the amount that a reset subtracts.
func (n *cell) taken() tensor {
	if n.grown != nil && n.is("keeps", "growth-reset") {
		return n.elementwise("Add", n.theta, *n.grown)
	}
	return n.theta
}
