package quantised

import (
	"math/big"

	"nomul/ir"
)

// rules are the ops that forms pass. A rule returns the form of a value; nil where none is known,
// and the value is copied then, on operands that are written out.
var rules = map[ir.Op]func(*reader, *ir.Value) (*form, error){
	ir.OpInput:      (*reader).input,
	ir.OpMul:        (*reader).factor,
	ir.OpDiv:        (*reader).factor,
	ir.OpAdd:        (*reader).sum,
	ir.OpSub:        (*reader).sum,
	ir.OpNeg:        (*reader).negated,
	ir.OpMax:        (*reader).cut,
	ir.OpMin:        (*reader).cut,
	ir.OpMap:        (*reader).function,
	ir.OpCast:       (*reader).cast,
	ir.OpReshape:    (*reader).moved,
	ir.OpTranspose:  (*reader).moved,
	ir.OpSlice:      (*reader).moved,
	ir.OpBroadcast:  (*reader).moved,
	ir.OpConcat:     (*reader).joined,
	ir.OpPad:        (*reader).padded,
	ir.OpLinear:     (*reader).linear,
	ir.OpConv:       (*reader).conv,
	ir.OpMatmul:     (*reader).product,
	ir.OpBatchNorm:  (*reader).normalised,
	ir.OpMaxPool:    (*reader).greatest,
	ir.OpReduceMax:  (*reader).greatest,
	ir.OpReduceSum:  (*reader).added,
	ir.OpReduceMean: (*reader).added,
	ir.OpSumPool:    (*reader).pooled,
	ir.OpAvgPool:    (*reader).pooled,
}

// operandOf is the slot of an operand, integers if there are such, and the form of the other one, a
// constant.
func (q *reader) operandOf(v *ir.Value) (slot int, c *form) {
	for i, other := range v.Args {
		if f := q.of(other); f != nil && f.constant() && (c == nil || f.weights == nil) {
			slot, c = 1-i, f
		}
	}
	return slot, c
}

// bothConstant computes an op of two constants.
func (q *reader) bothConstant(v *ir.Value, f func(a, b numbers) numbers) (*form, bool) {
	a, b := q.of(v.Args[0]), q.of(v.Args[1])
	if a == nil || b == nil || !a.constant() || !b.constant() {
		return nil, false
	}
	x, _ := a.numbers()
	y, _ := b.numbers()
	return &form{shift: f(x, y)}, true
}

// factor is x·c, c·x or x/c.
func (q *reader) factor(v *ir.Value) (*form, error) {
	slot, c := q.operandOf(v)
	x := q.of(v.Args[slot])
	if c == nil && v.Type.IsReal() {
		return q.together(v)
	}
	if c == nil || x == nil || v.Op == ir.OpDiv && (slot != 0 || !v.Type.IsReal()) || v.Type.Shape != v.Args[slot].Type.Shape {
		return nil, nil
	}
	by, _ := c.numbers()
	if v.Op == ir.OpDiv {
		if !by.every(func(r *big.Rat) bool { return r.Sign() != 0 }) {
			return nil, nil
		}
		by = one(whole(1)).over(by)
	}
	x, err := q.integral(v.Args[slot], x)
	if err != nil {
		return nil, err
	}
	if out := x.scaled(by); out != nil {
		return out, nil
	}
	return byCurve(x, func(c *curve) *curve { return c.times(by) }), nil
}

// sum is a + b or a − b.
func (q *reader) sum(v *ir.Value) (*form, error) {
	a, b := q.of(v.Args[0]), q.of(v.Args[1])
	if a == nil || b == nil || v.Type.Shape != v.Args[0].Type.Shape && !a.constant() || v.Type.Shape != v.Args[1].Type.Shape && !b.constant() {
		return nil, nil
	}
	minus := v.Op == ir.OpSub
	if b.constant() {
		by, _ := b.numbers()
		if minus {
			by = by.negated()
		}
		if out := a.shifted(by); out != nil {
			return out, nil
		}
		return byCurve(a, func(c *curve) *curve { return c.plus(by) }), nil
	}
	var err error
	if a, err = q.integral(v.Args[0], a); err != nil {
		return nil, err
	}
	if b, err = q.integral(v.Args[1], b); err != nil {
		return nil, err
	}
	if minus {
		b = b.scaled(one(whole(-1)))
	}
	var out *form
	if b != nil {
		out = sum(a, b)
	}
	if out != nil && len(out.terms) == 1 {
		return out, nil
	}
	both, err := q.together(v)
	if err == nil && both != nil && (out == nil || both.curve.size() <= maxCurve+1) {
		return both, nil // two words of one integer are a function of it
	}
	return out, err
}

func (q *reader) negated(v *ir.Value) (*form, error) {
	x := q.of(v.Args[0])
	if x == nil {
		return nil, nil
	}
	x, err := q.integral(v.Args[0], x)
	if err != nil {
		return nil, err
	}
	return x.scaled(one(whole(-1))), nil
}

// cut is max or min with one number.
func (q *reader) cut(v *ir.Value) (*form, error) {
	if out, ok := q.bothConstant(v, func(a, b numbers) numbers {
		if v.Op == ir.OpMax {
			return zip(a, b, larger)
		}
		return zip(a, b, smaller)
	}); ok {
		return out.asWeights(), nil
	}
	slot, c := q.operandOf(v)
	x := q.of(v.Args[slot])
	if c == nil && v.Type.IsReal() {
		return q.together(v)
	}
	if c == nil || x == nil || v.Type.Shape != v.Args[slot].Type.Shape {
		return nil, nil
	}
	all, _ := c.numbers()
	by, ok := all.uniform()
	if !ok {
		return byCurve(x, func(c *curve) *curve { return c.with(all, operations[v.Op].of) }), nil
	}
	out := x.clipped(by, v.Op == ir.OpMax)
	if out == nil || v.Type.IsReal() || out.rounded != nil || len(out.terms) != 1 || out.anyReal() {
		return out, nil
	}
	return q.cutIntegers(v, out)
}

// asWeights shows a constant as integers where all are.
func (f *form) asWeights() *form {
	if n, ok := f.shift.integers(); ok {
		return &form{weights: ir.Ints(f.shift.shape, n), gain: one(whole(1)), shift: nought}
	}
	return f
}

// function is relu, or a rounding.
func (q *reader) function(v *ir.Value) (*form, error) {
	fn, x := v.Attrs.(ir.MapAttrs).Fn, q.of(v.Args[0])
	switch {
	case x != nil && fn == ir.FnRelu && x.constant():
		all, _ := x.numbers()
		return (&form{shift: zip(all, nought, larger)}).asWeights(), nil
	case x != nil && fn == ir.FnRelu:
		return x.clipped(new(big.Rat), true), nil
	case !rounds(fn):
		return q.mapped(v, x)
	case x == nil && (!q.guesses || !clips(v, q.readers)):
		return nil, nil
	case x == nil:
		n, err := q.spell(v.Args[0])
		if err != nil {
			return nil, err
		}
		x = &form{terms: []term{{n: n, gain: one(whole(1))}}, shift: nought}
	case x.constant():
		all, _ := x.numbers()
		return (&form{shift: zip(all, nought, func(a, _ *big.Rat) *big.Rat { return roundAs(fn, a) })}).asWeights(), nil
	}
	x, err := q.integral(v.Args[0], x)
	if err != nil {
		return nil, err
	}
	out := *x
	out.rounded = &rounded{fn: fn, offset: nought}
	return &out, nil
}

// mapped is a function of one integer.
func (q *reader) mapped(v *ir.Value, x *form) (*form, error) {
	if x == nil || x.constant() {
		return nil, nil
	}
	x, err := q.integral(v.Args[0], x)
	if err != nil {
		return nil, err
	}
	return byCurve(x, func(c *curve) *curve { return c.mapped(v.Attrs.(ir.MapAttrs)) }), nil
}

// clips reports whether what is rounded is cut on both sides behind, by the one reader that it has.
func clips(v *ir.Value, readers map[*ir.Value][]*ir.Value) bool {
	bounds := map[ir.Op]bool{}
	for len(readers[v]) == 1 {
		v = readers[v][0]
		switch v.Op {
		case ir.OpMax, ir.OpMin:
			bounds[v.Op] = true
		case ir.OpAdd, ir.OpSub:
		default:
			return len(bounds) == 2
		}
	}
	return len(bounds) == 2
}

// cast is a form where no number changes.
func (q *reader) cast(v *ir.Value) (*form, error) {
	x := q.of(v.Args[0])
	if x == nil || v.Type.IsSpike() {
		return nil, nil
	}
	if v.Type.IsReal() {
		return x, nil
	}
	if x.constant() {
		all, _ := x.numbers()
		out := (&form{shift: all}).asWeights()
		if x.weights != nil {
			out = x
		}
		if out.weights == nil || !v.Type.Full().Contains(out.weights.Range()) {
			return nil, nil
		}
		return out, nil
	}
	lo, hi := x.span()
	if x.rounded != nil {
		lo, hi, _ = x.roundedSpan()
	}
	full := v.Type.Full()
	if lo == nil || hi == nil || lo.Cmp(whole(full.Lo)) < 0 || hi.Cmp(whole(full.Hi)) > 0 || x.rounded == nil && !x.whole() {
		return nil, nil
	}
	if x.rounded != nil && !clipped(q.readers[v]) {
		return q.staircase(v, x)
	}
	return x, nil
}

// clipped reports whether the one reader of a value cuts it, so that it has fewer levels than its type.
func clipped(readers []*ir.Value) bool {
	return len(readers) == 1 && (readers[0].Op == ir.OpMax || readers[0].Op == ir.OpMin)
}

// whole reports whether a form has whole numbers only.
func (f *form) whole() bool {
	if _, ok := f.shift.integers(); !ok || !f.plain() {
		return false
	}
	for _, t := range f.terms {
		if _, ok := t.gain.integers(); !ok || t.n.Type.IsReal() {
			return false
		}
	}
	return true
}

// anyReal reports whether a form has real terms.
func (f *form) anyReal() bool {
	for _, t := range f.terms {
		if t.input == nil && t.n.Type.IsReal() {
			return true
		}
	}
	return false
}

// ready is the form of an operand as one integer times a gain, plus a shift: bounds are cut in
// integers. nil where it is no such thing.
func (q *reader) ready(v *ir.Value) (*form, error) {
	f := q.of(v)
	if f == nil || f.constant() {
		return nil, nil
	}
	f, err := q.settled(v, f)
	if err != nil || len(f.terms) != 1 || f.anyReal() {
		return nil, err
	}
	if f.plain() {
		return f, nil
	}
	return q.cutIntegers(v, f)
}

// cutIntegers applies the bounds of a form to its integer, where they are some of its numbers.
func (q *reader) cutIntegers(v *ir.Value, f *form) (*form, error) {
	gain, ok := f.terms[0].gain.uniform()
	if !ok || gain.Sign() <= 0 {
		return nil, nil
	}
	out := *f
	n := f.terms[0].n
	for _, b := range f.cut.bounds() {
		at := one(b.at).plus(f.shift.negated()).over(one(gain))
		data, whole := at.integers()
		if !whole {
			return nil, nil
		}
		c, err := q.r.Const(q.r.Unique(v.Name+".bound"), ir.Ints(at.shape, data))
		if err != nil {
			return nil, err
		}
		if n, err = q.r.Add(b.op, q.r.Unique(v.Name+".cut"), nil, n, c); err != nil {
			return nil, err
		}
	}
	out.cut = cut{}
	out.terms = []term{{n: n, gain: f.terms[0].gain}}
	q.known[v] = &out
	return &out, nil
}
