package onnx

import (
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
)

func add(n *node) (*tensor, error) { return n.arith(ir.OpAdd) }
func sub(n *node) (*tensor, error) { return n.arith(ir.OpSub) }
func mul(n *node) (*tensor, error) { return n.arith(ir.OpMul) }

func div(n *node) (*tensor, error) {
	if divisor, ok := n.in[1].ints(); ok && slices.Contains(divisor, 0) {
		return nil, n.errorf(diag.BadConstant, "divides integers by 0")
	}
	return n.arith(ir.OpDiv)
}

func neg(n *node) (*tensor, error) { return n.arith(ir.OpNeg) }

// arith is element-wise arithmetic on all inputs, of one type; bool has none.
func (n *node) arith(op ir.Op) (*tensor, error) {
	x := n.in[0]
	if err := n.numbers(n.in...); err != nil {
		return nil, err
	}
	return n.emit("", x.elem, op, nil, n.in...)
}

// numbers demands inputs of one type that is a number.
func (n *node) numbers(inputs ...*tensor) error {
	x := inputs[0]
	if !x.elem.isReal() && !x.elem.isInt() {
		return n.errorf(diag.TypeMismatch, "computes with %v, wanted numbers", x.elem)
	}
	return n.sameElem(x, inputs...)
}

func greater(n *node) (*tensor, error)        { return n.compare(ir.GT) }
func greaterOrEqual(n *node) (*tensor, error) { return n.compare(ir.GE) }
func less(n *node) (*tensor, error)           { return n.compare(ir.LT) }
func lessOrEqual(n *node) (*tensor, error)    { return n.compare(ir.LE) }
func equal(n *node) (*tensor, error)          { return n.compare(ir.EQ) }

func (n *node) compare(is ir.Compare) (*tensor, error) {
	if err := n.sameElem(n.in[0], n.in[1]); err != nil {
		return nil, err
	}
	return n.emit("", elemBool, ir.OpCompare, ir.CompareAttrs{Is: is}, n.in...)
}

func where(n *node) (*tensor, error) {
	if n.in[0].elem != elemBool {
		return nil, n.errorf(diag.TypeMismatch, "condition %q is %v, wanted bool", n.in[0].name, n.in[0].elem)
	}
	if err := n.sameElem(n.in[1], n.in[2]); err != nil {
		return nil, err
	}
	return n.emit("", n.in[1].elem, ir.OpWhere, nil, n.in...)
}

// cast converts. From one floating-point type to another nothing happens: all
// are float32 here, which is told in a warning.
func cast(n *node) (*tensor, error) {
	x, to := n.in[0], elem(min(max(n.intAttr("to", 0), 0), 1<<20))
	if n.err != nil {
		return nil, n.err
	}
	return n.castTo(x, to)
}

func (n *node) castTo(x *tensor, to elem) (*tensor, error) {
	switch {
	case to == x.elem:
		return x, nil
	case !to.computes():
		return nil, n.errorf(diag.UnsupportedType, "casts to %v, which is not supported", to)
	case x.empty:
		return &tensor{name: n.name(""), elem: to, empty: true, origin: n.at}, nil
	case to.isReal() && x.elem.isReal():
		y := *x
		y.elem = to
		if x.data != nil {
			y.name, y.value = n.name(""), nil
		} else {
			n.imp.noteRounded(to)
		}
		return &y, nil
	}
	if err := n.checkCast(x, to); err != nil {
		return nil, err
	}
	return n.emit("", to, ir.OpCast, nil, x)
}

// checkCast refuses real constants that no integer holds.
func (n *node) checkCast(x *tensor, to elem) error {
	if x.data == nil || !to.isInt() {
		return nil
	}
	for _, f := range x.data.F {
		if !(f >= -1<<61 && f <= 1<<61) {
			return n.errorf(diag.BadConstant, "casts %v to %v, which does not hold it", f, to)
		}
	}
	return nil
}
