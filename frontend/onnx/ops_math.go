package onnx

import (
	"slices"
	"strconv"

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

// folded is the row of an operator on any number of inputs, from the left.
func folded(op ir.Op) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		if err := n.numbers(n.in...); err != nil {
			return nil, err
		}
		return n.joined(op, "")
	}
}

// joined combines all inputs, from the left.
func (n *node) joined(op ir.Op, suffix string) (*tensor, error) {
	c := n.chain(n.in[0])
	for i, x := range n.in[1:] {
		last := i == len(n.in)-2
		c.then(suffixOr(last, suffix, strconv.Itoa(i)), x.elem, op, nil, x)
	}
	return c.end()
}

func suffixOr(on bool, suffix, other string) string {
	if on {
		return suffix
	}
	return other
}

// mean is the sum of all inputs over their number.
func mean(n *node) (*tensor, error) {
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	if len(n.in) == 1 {
		return n.in[0], nil
	}
	sum, err := n.joined(ir.OpAdd, "sum")
	if err != nil {
		return nil, err
	}
	return n.emit("", sum.elem, ir.OpDiv, nil, sum, n.number("count", sum.elem, float64(len(n.in))))
}

// mod has the sign of the divisor for integers, and C's with fmod=1.
func mod(n *node) (*tensor, error) {
	fmod := n.intAttr("fmod", 0) != 0
	if err := n.numbers(n.in...); err != nil {
		return nil, err
	}
	if n.in[0].elem.isReal() && !fmod {
		return nil, n.errorf(diag.BadAttribute, "takes %v with fmod=0, wanted integers or fmod=1", n.in[0].elem)
	}
	if divisor, ok := n.in[1].ints(); ok && slices.Contains(divisor, 0) {
		return nil, n.errorf(diag.BadConstant, "divides integers by 0")
	}
	return n.emit("", n.in[0].elem, ir.OpMod, ir.ModAttrs{Fmod: fmod}, n.in...)
}

// pow gives the type of its base, whatever that of the exponent.
func pow(n *node) (*tensor, error) {
	x, e := n.in[0], n.in[1]
	for _, t := range n.in {
		if err := n.numbers(t); err != nil {
			return nil, err
		}
	}
	var err error
	if x.elem.isInt() && e.elem.isReal() {
		wide, err := n.emit("base", elemFloat, ir.OpCast, nil, x)
		if err != nil {
			return nil, err
		}
		return n.chain(wide).then("power", elemFloat, ir.OpPow, nil, e).then("", x.elem, ir.OpCast, nil).end()
	}
	if x.elem.isReal() && e.elem.isInt() {
		if e, err = n.emit("exponent", x.elem, ir.OpCast, nil, e); err != nil {
			return nil, err
		}
	}
	return n.emit("", x.elem, ir.OpPow, nil, x, e)
}

// logic is the row of an operator on two bools.
func logic(op ir.Op) func(*node) (*tensor, error) {
	return func(n *node) (*tensor, error) {
		if err := n.bools(n.in...); err != nil {
			return nil, err
		}
		return n.emit("", elemBool, op, nil, n.in...)
	}
}

func (n *node) bools(inputs ...*tensor) error {
	for _, t := range inputs {
		if t.elem != elemBool {
			return n.errorf(diag.TypeMismatch, "input %q is %v, wanted bool", t.name, t.elem)
		}
	}
	return nil
}

// not is: true, and not x.
func not(n *node) (*tensor, error) {
	if err := n.bools(n.in[0]); err != nil {
		return nil, err
	}
	return n.emit("", elemBool, ir.OpAndNot, nil, n.number("true", elemBool, 1), n.in[0])
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

// castLike takes the type from another input.
func castLike(n *node) (*tensor, error) { return n.castTo(n.in[0], n.in[1].elem) }

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

// trilu is x with 0 below the diagonal that stands k entries right of the main one, or above it.
func trilu(n *node) (*tensor, error) {
	x, rank := n.in[0], n.in[0].shape.Rank()
	k := int64(0)
	if n.arg(1) != nil {
		list, err := n.list(1, "k")
		if err != nil {
			return nil, err
		}
		k = list[0]
	}
	if rank < 2 {
		return nil, n.errorf(diag.BadNet, "input x has %d axes, wanted at least 2", rank)
	}
	rows, columns, upper := x.shape.Dim(rank-2), x.shape.Dim(rank-1), n.intAttr("upper", 1) != 0
	mask := ir.NewTensor(x.elem.of(ir.ShapeOf(rows, columns)))
	for i := range rows {
		for j := range columns {
			if at := int64(j) - int64(i) - k; at == 0 || at > 0 == upper {
				if mask.F != nil {
					mask.F[i*columns+j] = 1
				} else {
					mask.I[i*columns+j] = 1
				}
			}
		}
	}
	return n.emit("", x.elem, ir.OpMul, nil, x, known(n.name("mask"), x.elem, n.at, mask))
}
