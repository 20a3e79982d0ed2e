package metrics

import "nomul/ir"

// knowledge describes the numbers that values take.
type knowledge map[*ir.Value]numbers

// numbers describes those of one value.
type numbers struct {
	// constant reports whether the compiler can compute the value.
	constant bool
	class    class
}

// class bounds the elements of a value.
type class uint8

// The classes, each within the next.
const (
	binary  class = iota // 0 or 1
	ternary              // −1, 0 or 1
	other
)

// know looks at all values of a net, in its order.
func know(net *ir.Net) knowledge {
	k := knowledge{}
	for _, v := range net.Values {
		k[v] = numbers{k.computable(v), k.classOf(v)}
	}
	return k
}

// computable reports whether a value depends on constants only and does not
// change from step to step.
func (k knowledge) computable(v *ir.Value) bool {
	if v.Op == ir.OpInput || v.Op == ir.OpUnknown || v.Op.Temporal() {
		return false
	}
	for _, a := range v.Args {
		if a != nil && !k[a].constant {
			return false
		}
	}
	return true
}

// classOf finds spikes behind their types too: an exporter writes them as
// floats that were cast from a comparison, and 1 − spike for neurons that did not fire.
func (k knowledge) classOf(v *ir.Value) class {
	switch {
	case v.Const() != nil:
		return classOfData(v.Const())
	case !v.Type.IsReal():
		return classOfRange(v.Range)
	}
	within := v.Selected()
	switch v.Op {
	case ir.OpCast, ir.OpMul, ir.OpReduceProd:
		within = v.Args
	}
	if within != nil {
		return k.loosest(within)
	}
	if f, ok := uniform(v.Arg(0)); ok && v.Op == ir.OpSub && f == 1 && k[v.Arg(1)].class == binary {
		return binary
	}
	return other
}

// loosest is the class that all operands are within; so are their products.
func (k knowledge) loosest(args []*ir.Value) class {
	c := binary
	for _, a := range args {
		c = max(c, k[a].class)
	}
	return c
}

func classOfRange(r ir.Range) class {
	switch {
	case r.Lo >= 0 && r.Hi <= 1:
		return binary
	case r.Lo >= -1 && r.Hi <= 1:
		return ternary
	}
	return other
}

func classOfData(t *ir.Tensor) class {
	c := binary
	for i := range t.Type.Size() {
		switch t.At(i) {
		case 0, 1:
		case -1:
			c = max(c, ternary)
		default:
			return other
		}
	}
	return c
}

// uniform is the number that all elements of a constant are.
func uniform(v *ir.Value) (float64, bool) {
	if data := v.Const(); data != nil {
		return data.Uniform()
	}
	return 0, false
}
