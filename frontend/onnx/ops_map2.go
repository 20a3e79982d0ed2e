package onnx

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// hardSigmoid is max(0, min(1, alpha·x + beta)).
func hardSigmoid(n *node) (*tensor, error) {
	return n.hardSigmoidOf("", n.in[0], n.floatAttr("alpha", 0.2), n.floatAttr("beta", 0.5))
}

func (n *node) hardSigmoidOf(suffix string, x *tensor, alpha, beta float64) (*tensor, error) {
	if err := n.floats(x); err != nil {
		return nil, err
	}
	e := x.elem
	return n.chain(x).then("sloped", e, ir.OpMul, nil, n.number("alpha", e, alpha)).
		then("shifted", e, ir.OpAdd, nil, n.number("beta", e, beta)).
		then("below", e, ir.OpMin, nil, n.number("one", e, 1)).
		then(suffix, e, ir.OpMax, nil, n.number("zero", e, 0)).end()
}

// hardSwish is x·max(0, min(1, x/6 + 1/2)).
func hardSwish(n *node) (*tensor, error) {
	y, err := n.hardSigmoidOf("gate", n.in[0], float64(float32(1)/6), 0.5)
	if err != nil {
		return nil, err
	}
	return n.emit("", y.elem, ir.OpMul, nil, n.in[0], y)
}

// selu is gamma times an Elu.
func selu(n *node) (*tensor, error) {
	return n.scaledElu(n.in[0], n.floatAttr("alpha", 1.67326319217681884765625), n.floatAttr("gamma", 1.05070102214813232421875))
}

func (n *node) scaledElu(x *tensor, alpha, gamma float64) (*tensor, error) {
	if err := n.floats(x); err != nil {
		return nil, err
	}
	return n.chain(x).then("elu", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnElu, Alpha: alpha}).
		then("", x.elem, ir.OpMul, nil, n.number("gamma", x.elem, gamma)).end()
}

// celu is alpha·Elu(x/alpha).
func celu(n *node) (*tensor, error) {
	x, alpha := n.in[0], n.floatAttr("alpha", 1)
	if err := n.floats(x); err != nil {
		return nil, err
	}
	if alpha == 0 {
		return nil, n.errorf(diag.BadAttribute, "attribute \"alpha\" is 0")
	}
	y, err := n.emit("inner", x.elem, ir.OpDiv, nil, x, n.number("alpha", x.elem, alpha))
	if err != nil {
		return nil, err
	}
	return n.scaledElu(y, 1, alpha)
}

// prelu is x where it is positive, and slope·x where it is not.
func prelu(n *node) (*tensor, error) {
	x, slope := n.in[0], n.in[1]
	if err := n.numbers(x, slope); err != nil {
		return nil, err
	}
	if !slope.shape.BroadcastsTo(x.shape) {
		return nil, n.errorf(diag.ShapeMismatch, "slope %q is %v, which does not stretch to %v", slope.name, slope.shape, x.shape)
	}
	zero := n.number("zero", x.elem, 0)
	below, err := n.chain(x).then("negative", x.elem, ir.OpMin, nil, zero).then("sloped", x.elem, ir.OpMul, nil, slope).end()
	if err != nil {
		return nil, err
	}
	return n.chain(x).then("positive", x.elem, ir.OpMax, nil, zero).then("", x.elem, ir.OpAdd, nil, below).end()
}

// thresholdedRelu is x where it exceeds alpha, else 0.
func thresholdedRelu(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	return n.chain(x).then("above", elemBool, ir.OpCompare, ir.CompareAttrs{Is: ir.GT}, n.number("alpha", x.elem, n.floatAttr("alpha", 1))).
		then("", x.elem, ir.OpWhere, nil, x, n.number("zero", x.elem, 0)).end()
}

// softsign is x/(1 + |x|).
func softsign(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	below, err := n.chain(x).then("abs", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnAbs}).then("more", x.elem, ir.OpAdd, nil, n.number("one", x.elem, 1)).end()
	if err != nil {
		return nil, err
	}
	return n.emit("", x.elem, ir.OpDiv, nil, x, below)
}

// mish is x·tanh(softplus(x)).
func mish(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	gate, err := n.chain(x).then("softplus", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnSoftplus}).then("gate", x.elem, ir.OpMap, ir.MapAttrs{Fn: ir.FnTanh}).end()
	if err != nil {
		return nil, err
	}
	return n.emit("", x.elem, ir.OpMul, nil, x, gate)
}

// gelu is x·(1 + erf(x/√2))/2, or with tanh(√(2/π)·(x + 0.044715·x³)) for the erf.
func gelu(n *node) (*tensor, error) {
	x := n.in[0]
	if err := n.floats(x); err != nil {
		return nil, err
	}
	e, c := x.elem, n.chain(x)
	number := func(name string, f float64) *tensor { return n.number(name, e, float64(float32(f))) }
	switch how := n.stringAttr("approximate", "none"); how {
	case "none":
		c.then("part", e, ir.OpMul, nil, number("half.root", math.Sqrt2/2)).then("erf", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnErf})
	case "tanh":
		c.then("square", e, ir.OpMul, nil, x).then("cube", e, ir.OpMul, nil, x).then("bent", e, ir.OpMul, nil, number("bend", 0.044715)).
			then("added", e, ir.OpAdd, nil, x).then("part", e, ir.OpMul, nil, number("root", math.Sqrt(2/math.Pi))).
			then("tanh", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnTanh})
	default:
		return nil, n.errorf(diag.BadAttribute, "attribute \"approximate\" is %q, wanted none or tanh", how)
	}
	return c.then("raised", e, ir.OpAdd, nil, number("one", 1)).then("gate", e, ir.OpMul, nil, number("half", 0.5)).then("", e, ir.OpMul, nil, x).end()
}

// bitShift multiplies by powers of two or divides by them; the distances are known.
func bitShift(n *node) (*tensor, error) {
	x, by := n.in[0], n.in[1]
	if err := n.numbers(x, by); err != nil {
		return nil, err
	}
	distances, err := n.list(1, "distance")
	if err != nil {
		return nil, err
	}
	direction := n.stringAttr("direction", "")
	op, ok := map[string]ir.Op{"LEFT": ir.OpMul, "RIGHT": ir.OpDiv}[direction]
	bits := int64(x.elem.row().typ.Bits)
	switch {
	case n.err != nil:
		return nil, n.err
	case !ok:
		return nil, n.errorf(diag.BadAttribute, "attribute \"direction\" is %q, wanted LEFT or RIGHT", direction)
	case x.elem.row().typ.Kind != ir.Uint || by.empty:
		return nil, n.errorf(diag.TypeMismatch, "input %q is %v, wanted integers without a sign", x.name, x.elem)
	}
	factors := ir.NewTensor(elemInt64.of(by.shape))
	for i, d := range distances {
		if d >= min(bits, 62) {
			return nil, n.errorf(diag.BadConstant, "moves %v by %d bits", x.elem, d)
		}
		factors.I[i] = 1 << d
	}
	factor := known(n.name("factor"), x.elem, n.at, factors)
	factors.Type = x.elem.of(by.shape)
	return n.emit("", x.elem, op, nil, x, factor)
}
