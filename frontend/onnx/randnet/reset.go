package randnet

import "nomul/frontend/onnx/onnxpb"

// reset is the membrane h behind the spikes s.
func (n *cell) reset(h, s tensor) tensor {
	kind := n.get("reset")
	if kind == "none" {
		return h
	}
	target := n.number(0)
	if kind == "value" {
		target = n.number(0.25)
	}
	switch n.get("spelling") {
	case "where":
		g := n.node("Cast", n.dims, []tensor{s}, integer("to", int(onnxpb.TensorProto_BOOL)))
		if kind == "subtract" {
			target = n.elementwise("Sub", h, n.taken())
		}
		return n.node("Where", n.dims, []tensor{g, target, h})
	case "detached":
		return n.minus(kind, h, s, target)
	case "swapped":
		return n.arithmetic(kind, h, s, target, true)
	}
	return n.arithmetic(kind, h, s, target, false)
}

// minus returns the membrane less the amount that a spike takes: h − s·(h − target).
func (n *cell) minus(kind string, h, s, target tensor) tensor {
	off := n.taken()
	switch kind {
	case "zero":
		off = h
	case "value":
		off = n.elementwise("Sub", h, target)
	}
	return n.elementwise("Sub", h, n.elementwise("Mul", s, off))
}

// arithmetic is h·(1 − s) + target·s, or h − s·θ.
func (n *cell) arithmetic(kind string, h, s, target tensor, swapped bool) tensor {
	mul := func(a, b tensor) tensor {
		if swapped {
			a, b = b, a
		}
		return n.elementwise("Mul", a, b)
	}
	if kind == "subtract" {
		return n.elementwise("Sub", h, mul(s, n.taken()))
	}
	kept := mul(h, n.elementwise("Sub", n.number(1), s))
	if kind == "value" {
		kept = n.elementwise("Add", kept, mul(s, target))
	}
	return kept
}
