package cells

import (
	"math"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// A number of which spikes alone decide, as 1 − s or 0.9 − 0.4·s, is chosen among constants. A
// product with one is a choice among products with constants.

// choice is a number that bits choose among constants.
type choice struct {
	leaf    *ir.Tensor // nil where a bit chooses
	by      update.Value
	yes, no *choice
}

// mostLeaves bounds the constants that a number is chosen among.
const mostLeaves = mostStairs + 1

func (c *choice) leaves() int {
	if c.leaf != nil {
		return 1
	}
	return c.yes.leaves() + c.no.leaves()
}

// with is the choice where a bit is known.
func (c *choice) with(by update.Value, is bool) *choice {
	switch {
	case c.leaf != nil:
		return c
	case c.by == by && is:
		return c.yes.with(by, is)
	case c.by == by:
		return c.no.with(by, is)
	}
	return chosen(c.by, c.yes.with(by, is), c.no.with(by, is))
}

func chosen(by update.Value, yes, no *choice) *choice {
	if yes.leaf != nil && no.leaf != nil {
		a, same := yes.leaf.Uniform()
		b, also := no.leaf.Uniform()
		if same && also && a == b {
			return yes
		}
	}
	return &choice{by: by, yes: yes, no: no}
}

// together is a function of two choices, constant by constant, as float32 computes it.
func together(a, b *choice, f func(x, y float64) float64) *choice {
	if a.leaf != nil && b.leaf != nil {
		return &choice{leaf: rewrite.Zip(a.leaf, b.leaf, func(x, y float64) float64 { return float64(float32(f(x, y))) })}
	}
	by := a.by
	if a.leaf != nil {
		by = b.by
	}
	return chosen(by, together(a.with(by, true), b.with(by, true), f), together(a.with(by, false), b.with(by, false), f))
}

func number(f float64) *choice { return &choice{leaf: rewrite.Scalar(f)} }

// choices returns the constants that bits choose a number among; nil when more decides.
func (w *moment) choices(v *ir.Value) *choice {
	if c, ok := w.chosen[v]; ok {
		return c
	}
	c := w.choose(v)
	if c != nil && c.leaves() > mostLeaves {
		c = nil
	}
	w.chosen[v] = c
	return c
}

func (w *moment) choose(v *ir.Value) *choice {
	switch {
	case v.Const() != nil:
		return &choice{leaf: reals(v.Const())}
	case w.bits[v]:
		return w.bit(v).choose(number(1), number(0))
	case w.state[v] && w.stairs[v] != nil:
		return w.climb(w.stairs[v])
	case w.analog[v] || v.Op.Class() != ir.Element:
		return nil
	}
	return w.chooseBy(v)
}

// functions are those of constants that are computed where a choice is made of others.
var functions = map[ir.Op]func(x, y float64) float64{
	ir.OpAdd: func(x, y float64) float64 { return x + y }, ir.OpSub: func(x, y float64) float64 { return x - y },
	ir.OpMul: func(x, y float64) float64 { return x * y }, ir.OpDiv: func(x, y float64) float64 { return x / y },
	ir.OpMin: math.Min, ir.OpMax: math.Max, ir.OpNeg: func(x, _ float64) float64 { return -x },
}

func (w *moment) chooseBy(v *ir.Value) *choice {
	of := make([]*choice, len(v.Args))
	for i, a := range v.Args {
		if of[i] = w.choices(a); of[i] == nil {
			return nil
		}
	}
	f := functions[v.Op]
	switch {
	case v.Op == ir.OpWhere:
		return w.bit(v.Args[0]).choose(of[1], of[2])
	case v.Op == ir.OpCast && (v.Type.IsReal() || w.bits[v.Args[0]]):
		return of[0]
	case canonical.IsFn(v, ir.FnRelu):
		return together(of[0], number(0), math.Max)
	case canonical.IsFn(v, ir.FnAbs):
		return together(of[0], number(0), func(x, _ float64) float64 { return math.Abs(x) })
	case f == nil || v.Op == ir.OpDiv && !v.Type.IsReal():
		return nil
	case len(of) == 1:
		return together(of[0], number(0), f)
	}
	return together(of[0], of[1], f)
}

// reals are the elements of a constant as real numbers.
func reals(t *ir.Tensor) *ir.Tensor {
	if f, same := t.Uniform(); same {
		return rewrite.Scalar(f)
	}
	return rewrite.Reals(t)
}
