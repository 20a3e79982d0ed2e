package onnx

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// oneNumber reads a known input of one number.
func (n *node) oneNumber(i int, is string) (float64, error) {
	t, err := n.known(n.in[i])
	if err != nil || t == nil {
		return 0, n.notKnown(is, n.in[i], err)
	}
	if t.Type.Size() != 1 {
		return 0, n.errorf(diag.ShapeMismatch, "%s %q is %v, wanted one number", is, n.in[i].name, n.in[i].shape)
	}
	return t.At(0), nil
}

// bitWidth is a known number of bits.
func (n *node) bitWidth(i int) (int, error) {
	f, err := n.oneNumber(i, "bit width")
	if err == nil && (f != math.Trunc(f) || f < 1 || f > 32) {
		err = n.errorf(diag.BadAttribute, "bit width %q is %v, wanted 1 to 32", n.in[i].name, f)
	}
	return int(f), err
}

// rounding is QONNX's name of a rounding.
func (n *node) rounding(absent string) (ir.Fn, error) {
	switch mode := n.stringAttr("rounding_mode", absent); mode {
	case "ROUND", "HALF_EVEN", "round", "half_even":
		return ir.FnRound, n.err
	case "FLOOR", "floor":
		return ir.FnFloor, n.err
	case "CEIL", "ceil":
		return ir.FnCeil, n.err
	default:
		return 0, n.errorf(diag.UnsupportedAttribute, "attribute \"rounding_mode\" is %q, wanted ROUND, FLOOR or CEIL", mode)
	}
}

// quant is QONNX's Quant: (clip(round(x/scale + zero)) − zero)·scale.
func quant(n *node) (*tensor, error) {
	x, scale, zero := n.in[0], n.in[1], n.in[2]
	if err := n.floats(x, scale, zero); err != nil {
		return nil, err
	}
	width, err := n.bitWidth(3)
	if err != nil {
		return nil, err
	}
	fn, err := n.rounding("ROUND")
	if err != nil {
		return nil, err
	}
	signed, narrow := n.intAttr("signed", 0), n.intAttr("narrow", 0)
	lo, hi := 0.0, math.Ldexp(1, width)-1
	switch {
	case signed != 0:
		lo, hi = -math.Ldexp(1, width-1), math.Ldexp(1, width-1)-1
		lo += float64(min(max(narrow, 0), 1))
	case narrow != 0:
		hi--
	}
	e := x.elem
	return n.chain(x).then("scaled", e, ir.OpDiv, nil, scale).then("shifted", e, ir.OpAdd, nil, zero).
		then("rounded", e, ir.OpMap, ir.MapAttrs{Fn: fn}).
		then("above", e, ir.OpMax, nil, n.number("least", e, lo)).then("below", e, ir.OpMin, nil, n.number("most", e, hi)).
		then("centred", e, ir.OpSub, nil, zero).then("", e, ir.OpMul, nil, scale).end()
}

// bipolarQuant is scale where x is not below 0, else −scale: (2·clip(floor(x), −1, 0) + 1)·scale.
func bipolarQuant(n *node) (*tensor, error) {
	x, scale := n.in[0], n.in[1]
	if err := n.floats(x, scale); err != nil {
		return nil, err
	}
	e := x.elem
	return n.chain(x).then("floor", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnFloor}).
		then("above", e, ir.OpMax, nil, n.number("least", e, -1)).then("below", e, ir.OpMin, nil, n.number("most", e, 0)).
		then("double", e, ir.OpMul, nil, n.number("two", e, 2)).then("sign", e, ir.OpAdd, nil, n.number("one", e, 1)).
		then("", e, ir.OpMul, nil, scale).end()
}

// trunc is QONNX's Trunc, which drops the lowest bits of an integer: (round(n/2^bits) − zero)·scale with
// n = round(x/scale + zero).
func trunc(n *node) (*tensor, error) {
	x, scale, zero := n.in[0], n.in[1], n.in[2]
	if err := n.floats(x, scale, zero); err != nil {
		return nil, err
	}
	from, err := n.bitWidth(3)
	if err != nil {
		return nil, err
	}
	to, err := n.bitWidth(4)
	if err != nil {
		return nil, err
	}
	fn, err := n.rounding("FLOOR")
	if err != nil {
		return nil, err
	}
	e := x.elem
	return n.chain(x).then("scaled", e, ir.OpDiv, nil, scale).then("shifted", e, ir.OpAdd, nil, zero).
		then("whole", e, ir.OpMap, ir.MapAttrs{Fn: ir.FnRound}).
		then("parts", e, ir.OpDiv, nil, n.number("unit", e, math.Ldexp(1, from-to))).then("cut", e, ir.OpMap, ir.MapAttrs{Fn: fn}).
		then("centred", e, ir.OpSub, nil, zero).then("", e, ir.OpMul, nil, scale).end()
}
