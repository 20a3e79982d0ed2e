package cells

import (
	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/unsupported"
)

// literal is a bit of a program, or its opposite. No membrane is NaN, so that the opposite of a
// comparison is a comparison, too.
type literal struct {
	bit update.Value
	not bool
}

func (l literal) opposite() literal { return literal{l.bit, !l.not} }

// choose is a number by the bit.
func (l literal) choose(yes, no *choice) *choice {
	if l.not {
		yes, no = no, yes
	}
	return chosen(l.bit, yes.with(l.bit, true), no.with(l.bit, false))
}

// bit writes a value that is 0 or 1 as a bit.
func (w *moment) bit(v *ir.Value) literal {
	if l, ok := w.literals[v]; ok {
		return l
	}
	l := w.writeBit(v)
	w.literals[v] = l
	return l
}

func (w *moment) writeBit(v *ir.Value) literal {
	f, same := uniform(v)
	switch {
	case same && (f == 0 || f == 1):
		return literal{w.always(), f == 0}
	case w.isOperand(v) && v.Type.IsSpike():
		return literal{bit: w.b.Operand(w.slot(v))}
	case v.Op == ir.OpDelay && w.now != nil:
		return w.now.bit(w.latched[v])
	case w.isOperand(v), v.Op == ir.OpDelay, w.now == nil && w.joined[v]:
		return literal{bit: w.above(w.number(v), w.zero())}
	case v.Op == ir.OpCast && w.bits[v.Args[0]]:
		return w.bit(v.Args[0])
	case v.Op == ir.OpCast && v.Type.IsSpike():
		x := w.number(v.Args[0])
		return literal{bit: w.b.Or(w.above(x, w.zero()), w.above(w.zero(), x))}
	case v.Op == ir.OpCompare:
		return w.compare(v)
	case v.Op == ir.OpWhere:
		return w.bitChoice(w.bit(v.Args[0]), w.bit(v.Args[1]), w.bit(v.Args[2]))
	case v.Op == ir.OpSub:
		return w.bit(v.Args[1]).opposite()
	case v.Op == ir.OpMap:
		return w.bit(v.Args[0])
	case BoundedSum(v) != nil:
		return w.either(BoundedSum(v))
	case logic[v.Op] != nil:
		return logic[v.Op](w, w.bit(v.Args[0]), w.bit(v.Args[1]))
	}
	w.refuse(v, unsupported.Reason{What: "a neuron whose spikes go through " + v.Op.String()})
	return literal{bit: w.always()}
}

// either is the bit of some that are added up to 1 at most.
func (w *moment) either(bits []*ir.Value) literal {
	out := w.bit(bits[0])
	for _, b := range bits[1:] {
		out = w.or(out, w.bit(b))
	}
	return out
}

// uniform is the one number of a constant.
func uniform(v *ir.Value) (float64, bool) {
	if v.Const() == nil {
		return 0, false
	}
	return v.Const().Uniform()
}

// always is the bit 1.
func (w *moment) always() update.Value { return w.b.AtLeast(w.b.Const(1), w.zero()) }

// ofChoice is a choice among 0 and 1 as a bit; false for another one.
func (w *moment) ofChoice(c *choice) (literal, bool) {
	if c.leaf != nil {
		f, same := c.leaf.Uniform()
		return literal{w.always(), f == 0}, same && (f == 0 || f == 1)
	}
	yes, ok := w.ofChoice(c.yes)
	no, also := w.ofChoice(c.no)
	return w.bitChoice(literal{bit: c.by}, yes, no), ok && also
}

// bitChoice is a bit that another one chooses.
func (w *moment) bitChoice(by, yes, no literal) literal {
	switch {
	case yes.bit == w.always():
		if yes.not {
			return w.and(by.opposite(), no)
		}
		return w.or(by, no)
	case no.bit == w.always():
		if no.not {
			return w.and(by, yes)
		}
		return w.and(by, yes.opposite()).opposite()
	}
	return w.or(w.and(by, yes), w.and(by.opposite(), no))
}

// logic writes operations of bits, and those of numbers that are 0 or 1 and make such.
var logic = map[ir.Op]func(w *moment, a, b literal) literal{
	ir.OpAnd: (*moment).and, ir.OpMul: (*moment).and, ir.OpMin: (*moment).and,
	ir.OpOr: (*moment).or, ir.OpAdd: (*moment).or, ir.OpMax: (*moment).or,
	ir.OpAndNot: func(w *moment, a, b literal) literal { return w.and(a, b.opposite()) },
	ir.OpXor:    (*moment).xor,
}

func (w *moment) or(a, b literal) literal {
	return w.and(a.opposite(), b.opposite()).opposite()
}

func (w *moment) and(a, b literal) literal {
	for i, l := range []literal{a, b} {
		if l.bit == w.always() && !l.not {
			return []literal{b, a}[i]
		}
		if l.bit == w.always() {
			return l
		}
	}
	switch {
	case a == b:
		return a
	case a.bit == b.bit:
		return literal{w.always(), true}
	case a.not && b.not:
		return literal{w.b.Or(a.bit, b.bit), true}
	case a.not:
		return literal{bit: w.b.AndNot(b.bit, a.bit)}
	case b.not:
		return literal{bit: w.b.AndNot(a.bit, b.bit)}
	}
	return literal{bit: w.b.And(a.bit, b.bit)}
}

func (w *moment) xor(a, b literal) literal {
	switch w.always() {
	case a.bit:
		return literal{b.bit, b.not != !a.not}
	case b.bit:
		return literal{a.bit, a.not != !b.not}
	}
	return literal{w.b.Xor(a.bit, b.bit), a.not != b.not}
}

// compare writes a comparison. That of choices among constants is a choice, too.
func (w *moment) compare(v *ir.Value) literal {
	is := v.Attrs.(ir.CompareAttrs).Is
	if a, b := w.choices(v.Args[0]), w.choices(v.Args[1]); a != nil && b != nil {
		if l, ok := w.ofChoice(together(a, b, holds[is])); ok {
			return l
		}
	}
	a, b := w.number(v.Args[0]), w.number(v.Args[1])
	switch is {
	case ir.GE:
		return literal{bit: w.atLeast(a, b)}
	case ir.GT:
		return literal{bit: w.above(a, b)}
	case ir.LT:
		return literal{w.atLeast(a, b), true}
	case ir.LE:
		return literal{w.above(a, b), true}
	}
	return literal{w.b.And(w.atLeast(a, b), w.atLeast(b, a)), is == ir.NE}
}

// holds are the comparisons of constants, 1 where they hold.
var holds = map[ir.Compare]func(x, y float64) float64{
	ir.GE: func(x, y float64) float64 { return oneIf(x >= y) }, ir.GT: func(x, y float64) float64 { return oneIf(x > y) },
	ir.LE: func(x, y float64) float64 { return oneIf(x <= y) }, ir.LT: func(x, y float64) float64 { return oneIf(x < y) },
	ir.EQ: func(x, y float64) float64 { return oneIf(x == y) }, ir.NE: func(x, y float64) float64 { return oneIf(x != y) },
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// compared is a comparison of the program, a > b or a ≥ b.
type compared struct {
	a, b   update.Value
	strict bool
}

func (w *moment) above(a, b update.Value) update.Value {
	v := w.b.Above(a, b)
	w.compared[v] = compared{a, b, true}
	return v
}

func (w *moment) atLeast(a, b update.Value) update.Value {
	v := w.b.AtLeast(a, b)
	w.compared[v] = compared{a, b, false}
	return v
}

// as returns a literal as a bit of the program.
func (w *moment) as(l literal) update.Value {
	c, ok := w.compared[l.bit]
	switch {
	case !l.not:
		return l.bit
	case ok && c.strict:
		return w.atLeast(c.b, c.a)
	case ok:
		return w.above(c.b, c.a)
	}
	return w.b.AndNot(w.always(), l.bit)
}
