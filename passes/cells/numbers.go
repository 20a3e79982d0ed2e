package cells

import (
	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// number writes a value as a number.
func (w *moment) number(v *ir.Value) update.Value {
	if n, ok := w.numbers[v]; ok {
		return n
	}
	n := w.writeNumber(v)
	w.numbers[v] = n
	return n
}

func (w *moment) writeNumber(v *ir.Value) update.Value {
	switch {
	case v.Const() != nil:
		return w.constant(v.Const(), v)
	case w.isOperand(v):
		return w.b.Operand(w.slot(v))
	case v.Op == ir.OpDelay || w.now == nil && w.joined[v]:
		return w.load(v)
	case w.bits[v]:
		return w.chosenNumber(w.choices(v))
	}
	if c := w.choices(v); c != nil && (c.leaves() <= 2 || w.stairs[v] != nil || v.Op == ir.OpMul || v.Op == ir.OpMap) {
		return w.chosenNumber(c)
	}
	if of := pairs[v.Op]; of != nil {
		return of(&w.b, w.number(v.Args[0]), w.number(v.Args[1]))
	}
	return w.operation(v)
}

// pairs writes the operations that programs have as they are.
var pairs = map[ir.Op]func(b *update.Builder, x, y update.Value) update.Value{
	ir.OpAdd: (*update.Builder).Add, ir.OpSub: (*update.Builder).Sub, ir.OpMin: (*update.Builder).Min, ir.OpMax: (*update.Builder).Max,
}

// operation writes those that programs have in part.
func (w *moment) operation(v *ir.Value) update.Value {
	switch v.Op {
	case ir.OpNeg:
		return w.b.Sub(w.zero(), w.number(v.Args[0]))
	case ir.OpMul:
		return w.product(v)
	case ir.OpDiv:
		return w.ratio(v)
	case ir.OpWhere:
		return w.where(v)
	case ir.OpCast:
		return w.cast(v)
	case ir.OpMap:
		return w.function(v)
	}
	if v.Op == ir.OpPow {
		return w.none(v, unsupported.Quadratic)
	}
	return w.none(v, unsupported.Reason{What: "a neuron whose state goes through " + v.Op.String()})
}

// none refuses an operation, and is a number in its place.
func (w *moment) none(v *ir.Value, reason unsupported.Reason) update.Value {
	w.refuse(v, reason)
	return w.zero()
}

func (w *moment) chosenNumber(c *choice) update.Value {
	if c.leaf != nil {
		return w.constant(c.leaf, nil)
	}
	return w.b.Select(c.by, w.chosenNumber(c.yes), w.chosenNumber(c.no))
}

func (w *moment) where(v *ir.Value) update.Value {
	l := w.bit(v.Args[0])
	yes, no := w.number(v.Args[1]), w.number(v.Args[2])
	if l.not {
		yes, no = no, yes
	}
	return w.b.Select(l.bit, yes, no)
}

// product is that of a number with one that bits choose among constants.
func (w *moment) product(v *ir.Value) update.Value {
	for i, a := range v.Args {
		if c := w.choices(v.Args[1-i]); c != nil {
			return w.each(c, func(by *ir.Tensor) update.Value { return w.times(w.number(a), by, w.constOf(v.Args[1-i])) })
		}
	}
	if w.isOperand(v.Args[0]) || w.isOperand(v.Args[1]) {
		return w.none(v, unsupported.Gated)
	}
	return w.none(v, unsupported.OfProduct(v))
}

// constOf is the value itself where it is a constant.
func (w *writer) constOf(v *ir.Value) *ir.Value {
	if v.Const() == nil {
		return nil
	}
	return v
}

func (w *moment) each(c *choice, of func(by *ir.Tensor) update.Value) update.Value {
	if c.leaf != nil {
		return of(c.leaf)
	}
	return w.b.Select(c.by, w.each(c.yes, of), w.each(c.no, of))
}

func (w *moment) times(x update.Value, by *ir.Tensor, v *ir.Value) update.Value {
	f, same := by.Uniform()
	switch {
	case same && f == 0:
		return w.zero()
	case same && f == 1:
		return x
	case same && f == -1:
		return w.b.Sub(w.zero(), x)
	}
	return w.b.Times(x, w.constant(by, v))
}

func (w *moment) ratio(v *ir.Value) update.Value {
	c := w.choices(v.Args[1])
	if c == nil || !v.Type.IsReal() {
		return w.none(v, unsupported.Divided)
	}
	x := w.number(v.Args[0])
	return w.each(c, func(by *ir.Tensor) update.Value {
		if f, same := by.Uniform(); same && f == 1 {
			return x
		}
		return w.b.Over(x, w.constant(by, w.constOf(v.Args[1])))
	})
}

// cast writes numbers that keep their size.
func (w *moment) cast(v *ir.Value) update.Value {
	x := v.Args[0]
	if x.Type.IsReal() && !v.Type.IsReal() && !w.bits[x] || !v.Type.IsReal() && !x.Type.IsReal() && !v.Type.Full().Contains(x.Range) {
		return w.none(v, unsupported.OfFunction(ir.FnFloor))
	}
	return w.number(x)
}

func (w *moment) function(v *ir.Value) update.Value {
	x := w.number(v.Args[0])
	switch {
	case canonical.IsFn(v, ir.FnRelu):
		return w.b.Max(x, w.zero())
	case canonical.IsFn(v, ir.FnAbs):
		return w.b.Max(x, w.b.Sub(w.zero(), x))
	case canonical.IsFn(v, ir.FnLeakyRelu):
		return w.leakyRelu(x, v.Attrs.(ir.MapAttrs).Alpha)
	}
	return w.none(v, unsupported.OfFunction(v.Attrs.(ir.MapAttrs).Fn))
}

// leakyRelu is x where it is not less than 0, else alpha·x.
func (w *moment) leakyRelu(x update.Value, alpha float64) update.Value {
	return w.b.Select(w.b.AtLeast(x, w.zero()), x, w.times(x, rewrite.Scalar(alpha), nil))
}
