package quantised

import (
	"math"
	"math/big"

	"nomul/ir"
	"nomul/ir/eval"
)

// curve is a function of one integer of the new net, element by element: params are each element's own numbers
// in it, which broadcast to the value.
type curve struct {
	n      *ir.Value
	params []numbers
	// at is the number for n; nil where there is none, as for 1/0.
	at func(params []*big.Rat, n int64) *big.Rat
	// rising says that a greater integer never has a smaller number.
	rising bool
}

// maxCurve bounds the integers of a curve that are looked at one by one.
const maxCurve = ir.MaxLevels

// curveOf is a form of one integer as a curve, with its bounds and its rounding; nil of any other form.
func curveOf(f *form) *curve {
	if f == nil || len(f.terms) != 1 || f.terms[0].input != nil || f.anyReal() {
		return nil
	}
	c := f.curve
	if c == nil {
		t := f.terms[0]
		c = (&curve{n: t.n, at: func(_ []*big.Rat, n int64) *big.Rat { return whole(n) }, rising: true}).times(t.gain).plus(f.shift)
	}
	c = c.bounded(f.cut)
	if f.rounded == nil {
		return c
	}
	return c.through(func(x *big.Rat) *big.Rat { return roundAs(f.rounded.fn, x) }, true).plus(f.rounded.offset).bounded(f.rounded.cut)
}

// form is a curve as a form.
func (c *curve) form() *form {
	return &form{curve: c, terms: []term{{n: c.n, gain: one(whole(1))}}, shift: nought}
}

// byCurve is a form of one integer as a function of it; nil of other forms.
func byCurve(f *form, then func(c *curve) *curve) *form {
	if c := curveOf(f); c != nil && f.rounded == nil {
		return then(c).form()
	}
	return nil
}

// through is a function of the curve's numbers.
func (c *curve) through(f func(x *big.Rat) *big.Rat, rising bool) *curve {
	out, at := *c, c.at
	out.rising = c.rising && rising
	out.at = func(params []*big.Rat, n int64) *big.Rat {
		if x := at(params, n); x != nil {
			return f(x)
		}
		return nil
	}
	return &out
}

// with is a function of the curve's numbers, and of others.
func (c *curve) with(by numbers, f func(x, y *big.Rat) *big.Rat) *curve {
	out, at, k := *c, c.at, len(c.params)
	out.params = append(c.params[:k:k], by)
	out.at = func(params []*big.Rat, n int64) *big.Rat {
		if x := at(params, n); x != nil {
			return f(x, params[k])
		}
		return nil
	}
	return &out
}

func (c *curve) times(by numbers) *curve {
	out := c.with(by, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) })
	out.rising = c.rising && by.every(func(r *big.Rat) bool { return r.Sign() >= 0 })
	return out
}

func (c *curve) plus(by numbers) *curve {
	return c.with(by, func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) })
}

func (c *curve) bounded(by cut) *curve {
	if by.uncut() {
		return c
	}
	return c.through(func(x *big.Rat) *big.Rat {
		if by.least != nil {
			x = larger(by.least, x)
		}
		if by.most != nil {
			x = smaller(by.most, x)
		}
		return x
	}, true)
}

// mapped is a function of the curve as float64 has it; leaky-relu and abs are exact.
func (c *curve) mapped(a ir.MapAttrs) *curve {
	switch a.Fn {
	case ir.FnLeakyRelu:
		slope := rational(a.Alpha)
		return c.through(func(x *big.Rat) *big.Rat {
			if x.Sign() >= 0 {
				return x
			}
			return new(big.Rat).Mul(x, slope)
		}, a.Alpha >= 0)
	case ir.FnAbs:
		return c.through(func(x *big.Rat) *big.Rat { return new(big.Rat).Abs(x) }, false)
	}
	return c.through(func(x *big.Rat) *big.Rat {
		f, _ := x.Float64()
		if f = eval.Function(a, f); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
		return rational(f)
	}, rises(a))
}

// rises reports whether a greater number never has a smaller result.
func rises(a ir.MapAttrs) bool {
	switch a.Fn {
	case ir.FnSigmoid, ir.FnTanh, ir.FnErf, ir.FnExp, ir.FnLog, ir.FnSqrt, ir.FnSoftplus, ir.FnSign:
		return true
	case ir.FnElu:
		return a.Alpha >= 0
	}
	return false
}

// operations are those of two numbers of one integer; nil for a quotient by 0.
var operations = map[ir.Op]struct {
	of     func(x, y *big.Rat) *big.Rat
	rising bool // where both operands are
}{
	ir.OpAdd: {func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) }, true},
	ir.OpSub: {func(x, y *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }, false},
	ir.OpMul: {func(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }, false},
	ir.OpDiv: {quotient, false},
	ir.OpMax: {larger, true},
	ir.OpMin: {smaller, true},
}

func quotient(x, y *big.Rat) *big.Rat {
	if y.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(x, y)
}

// together is an op of two numbers that are functions of one integer; nil where they are not.
func (q *reader) together(v *ir.Value) (*form, error) {
	for _, a := range v.Args {
		if f := q.of(a); a.Type.Shape != v.Type.Shape || f == nil || f.constant() {
			return nil, nil
		} else if _, err := q.integral(a, f); err != nil {
			return nil, err
		}
	}
	for a := curveOf(q.of(v.Args[0])); a != nil; a = q.behind(a) {
		for b := curveOf(q.of(v.Args[1])); b != nil; b = q.behind(b) {
			if a.n == b.n {
				return a.and(b, v.Op).form(), nil
			}
		}
	}
	return nil, nil
}

func (c *curve) and(b *curve, op ir.Op) *curve {
	k, do := len(c.params), operations[op]
	return &curve{n: c.n, params: append(c.params[:k:k], b.params...), rising: c.rising && b.rising && do.rising,
		at: func(params []*big.Rat, n int64) *big.Rat {
			x, y := c.at(params[:k], n), b.at(params[k:], n)
			if x == nil || y == nil {
				return nil
			}
			return do.of(x, y)
		}}
}

// behind is a curve as one of the integer that its own was rounded from; nil where its own is an input, a sum
// or anything else.
func (q *reader) behind(c *curve) *curve {
	from := q.origins[c.n]
	if from == nil {
		return nil
	}
	k := len(c.params)
	return &curve{n: from.n, params: append(c.params[:k:k], from.params...), rising: c.rising && from.rising,
		at: func(params []*big.Rat, n int64) *big.Rat {
			if x := from.at(params[k:], n); x != nil {
				return c.at(params[:k], x.Num().Int64())
			}
			return nil
		}}
}

// size is how many integers the curve has.
func (c *curve) size() int64 { return c.n.Range.Hi - c.n.Range.Lo + 1 }

// extremes are the least and the greatest number; nil where that is not known.
func (c *curve) extremes() (lo, hi *big.Rat) {
	step := int64(1)
	switch {
	case c.rising:
		step = max(1, c.n.Range.Hi-c.n.Range.Lo)
	case c.size() > maxCurve:
		return nil, nil
	}
	_, all := elements(c.params...)
	for _, e := range distinct(all) {
		for n := c.n.Range.Lo; n <= c.n.Range.Hi; n += step {
			x := c.at(e, n)
			if x == nil {
				return nil, nil
			}
			lo, hi = smaller(lo, x), larger(hi, x)
		}
	}
	return lo, hi
}
