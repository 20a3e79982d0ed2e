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

// arith is element-wise arithmetic on all inputs. Integers computed at run time
// must be int64, for the IR computes integers without wrapping.
func (n *node) arith(op ir.Op) (*tensor, error) {
	x := n.in[0]
	if err := n.sameElem(x, n.in...); err != nil {
		return nil, err
	}
	folded := x.elem.isInt() && n.folds(x.elem, n.in)
	if x.elem != elemFloat && x.elem != elemInt64 && !folded {
		return nil, n.errorf(diag.TypeMismatch, "computes with %v, wanted float or int64", x.elem)
	}
	return n.emit("", x.elem, op, nil, n.in...)
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

func cast(n *node) (*tensor, error) {
	x, to := n.in[0], elem(min(max(n.intAttr("to", 0), 0), 1<<20))
	if n.err != nil {
		return nil, n.err
	}
	switch {
	case to == x.elem:
		return x, nil
	case !to.computes():
		return nil, n.errorf(diag.UnsupportedType, "casts to %v, which is not supported", to)
	case x.data != nil && !x.data.Type.IsReal() && to.isInt() && !to.holds(x.data.I):
		return nil, n.errorf(diag.BadConstant, "casts a constant to %v that does not fit", to)
	case x.elem == elemDouble && x.data != nil && to == elemFloat:
		return n.roundDouble(x)
	}
	if err := n.checkCast(x, to); err != nil {
		return nil, err
	}
	return n.emit("", to, ir.OpCast, nil, x)
}

// checkCast refuses the casts that lose integer bits, where ONNX wraps around,
// and real constants that no integer holds.
func (n *node) checkCast(x *tensor, to elem) error {
	if x.data != nil {
		for _, f := range x.data.F {
			if to.isInt() && !(f >= -1<<61 && f <= 1<<61) {
				return n.errorf(diag.BadConstant, "casts %v to %v, which does not hold it", f, to)
			}
		}
		return nil
	}
	widens := to == elemFloat || to == elemBool || to == elemInt64 || to == elemInt32 && x.elem != elemInt64 && x.elem != elemUint32
	if !widens {
		return n.errorf(diag.UnsupportedAttribute, "casts from %v to %v at run time, which is not supported", x.elem, to)
	}
	return nil
}

// roundDouble casts a constant to float.
func (n *node) roundDouble(x *tensor) (*tensor, error) {
	if err := n.imp.charge(n.at, len(x.data.F)); err != nil {
		return nil, err
	}
	out := ir.NewTensor(ir.RealType(x.shape))
	for i, f := range x.data.F {
		out.F[i] = float64(float32(f))
	}
	if d := checkFinite(out.F); d != nil {
		d.Origin = n.at
		return nil, d
	}
	return known(n.name(""), elemFloat, n.at, out), nil
}
