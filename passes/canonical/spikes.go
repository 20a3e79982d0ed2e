package canonical

import (
	"nomul/ir"
	"nomul/passes/rewrite"
)

// People write a spike in many ways: relu(sign(u)), floor(v).clamp(0, 1), s == 1,
// h − h + s. All of them are decided by comparisons of one value with constants,
// and a value with only two outcomes is a single comparison.

// nothingAdded: (x − x) + y is y, and g·(x − x) + y too, as in straight-through estimators:
// g − g.detach() + s. x − x alone stays, for it may be the first membrane of a
// neuron whose currents cancel in the first step.
func nothingAdded(_ *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpAdd {
		return nil, nil
	}
	for i, x := range v.Args {
		if isNothing(x) && v.Args[1-i].Type == v.Type {
			return v.Args[1-i], nil
		}
	}
	return nil, nil
}

// isNothing reports whether a value is x − x, or a multiple of that.
func isNothing(x *ir.Value) bool {
	return x.Op == ir.OpSub && x.Args[0] == x.Args[1] || x.Op == ir.OpMul && (isNothing(x.Args[0]) || isNothing(x.Args[1]))
}

// fixedChoice: a choice by a constant that is the same everywhere.
func fixedChoice(_ *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere {
		return nil, nil
	}
	for i, number := range []float64{1, 0} {
		if Every(v.Args[0], number) && v.Args[1+i].Type == v.Type {
			return v.Args[1+i], nil
		}
	}
	return nil, nil
}

// spikesTogether: a spike that another one lets through, as people write it in numbers.
func spikesTogether(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	by, number := v, v
	switch {
	case v.Op == ir.OpMul && v.Type.IsReal():
		by, number = v.Args[0], v.Args[1]
	case v.Op == ir.OpWhere && Every(v.Args[2], 0):
		by, number = v.Args[0], v.Args[1]
	}
	if by == number || number.Type.IsSpike() {
		return nil, nil
	}
	one, other := asSpike(by), asSpike(number)
	if one == nil || other == nil || one.Type.Shape != v.Type.Shape || other.Type.Shape != v.Type.Shape {
		return nil, nil
	}
	both, err := c.Make(&ir.Value{Name: v.Name + ".both", Op: ir.OpAnd, Args: []*ir.Value{one, other}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.CastTo(v, both)
}

// chosenSpikes: a choice between a spike and a constant is logic. where(c, s, 0) is c ∧ s,
// where(c, 0, s) is s ∧ ¬c, where(c, 1, s) is c ∨ s. One between spikes is logic, too.
func chosenSpikes(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Args[1].Type.IsSpike() || !v.Args[2].Type.IsSpike() {
		return nil, nil
	}
	cond, yes, no := v.Args[0], v.Args[1], v.Args[2]
	both := &ir.Value{Name: v.Name + ".spikes", Origin: v.Origin}
	switch {
	case Every(no, 0):
		both.Op, both.Args = ir.OpAnd, []*ir.Value{cond, yes}
	case Every(yes, 0):
		both.Op, both.Args = ir.OpAndNot, []*ir.Value{no, cond}
	case Every(yes, 1):
		both.Op, both.Args = ir.OpOr, []*ir.Value{cond, no}
	default:
		return c.chosenOf(v)
	}
	spikes, err := c.Make(both)
	if err != nil {
		return nil, err
	}
	return c.CastTo(v, spikes)
}

// chosenOf makes where(c, s, t) of spikes the spike (c ∧ s) ∨ (t ∧ ¬c), as the number that its type is.
func (c *Rewriter) chosenOf(v *ir.Value) (*ir.Value, error) {
	parts := [2]*ir.Value{}
	for i, op := range []ir.Op{ir.OpAnd, ir.OpAndNot} {
		part, err := c.Make(&ir.Value{Name: v.Name + ".chosen", Op: op, Args: []*ir.Value{v.Args[1+i], v.Args[0]}, Origin: v.Origin})
		if err != nil {
			return nil, err
		}
		parts[i] = part
	}
	either, err := c.Make(&ir.Value{Name: v.Name + ".spikes", Op: ir.OpOr, Args: parts[:], Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.CastTo(v, either)
}

// askedSpike: a reset that asks for the number of a spike, where(s > 0, …), asks for the spike
// itself, for it reads the membrane that the spike compares. The same comparison beside no such
// membrane may be that of another layer, whose first membrane is the spike.
func askedSpike(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[0].Op != ir.OpCompare {
		return nil, nil
	}
	for i, a := range v.Args[0].Args {
		spike := asSpike(a)
		if spike == nil || MembraneOf(spike) == nil || v.Args[0].Args[1-i].Const() == nil || !ConeOf(v.Args[1])[MembraneOf(spike)] && !ConeOf(v.Args[2])[MembraneOf(spike)] {
			continue
		}
		asked, err := c.ofBit(v.Args[0], spike)
		if asked == nil || err != nil {
			return nil, err
		}
		return c.As(v, ir.OpWhere, nil, asked, v.Args[1], v.Args[2])
	}
	return nil, nil
}

// turnedChoice: where(not c, a, b) is where(c, b, a).
func turnedChoice(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || v.Args[0].Op != ir.OpXor || !Every(v.Args[0].Args[1], 1) || v.Args[0].Args[0].Type != v.Args[0].Type {
		return nil, nil
	}
	return c.As(v, ir.OpWhere, nil, v.Args[0].Args[0], v.Args[2], v.Args[1])
}

// chosenSize: a spike of another size than 1, or one of either sign, that is written as a
// choice. It is exact: 2·k − k is k.
func chosenSize(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[1].Const() == nil || v.Args[2].Const() == nil || v.Args[0].Const() != nil {
		return nil, nil
	}
	cond, high, low := v.Args[0], v.Args[1].Const(), v.Args[2].Const()
	size := rewrite.Zip(high, low, func(h, l float64) float64 { return h - l })
	signed := All(rewrite.Zip(high, low, func(h, l float64) float64 { return h + l }), 0)
	shape, ok := ir.Broadcast(cond.Type.Shape, size.Type.Shape)
	if !ok || shape != v.Type.Shape || !signed && !All(low, 0) {
		return nil, nil
	}
	number, err := c.numberOf(v, cond)
	if err != nil {
		return nil, err
	}
	k, err := c.Constant(v.Name+".size", size, v)
	if err != nil {
		return nil, err
	}
	if All(low, 0) {
		return c.As(v, ir.OpMul, nil, number, k)
	}
	part, err := c.Make(&ir.Value{Name: v.Name + ".part", Op: ir.OpMul, Args: []*ir.Value{number, k}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpAdd, nil, part, v.Args[2])
}

// numberOf makes the real number of a spike, 0 or 1, beside v.
func (c *Rewriter) numberOf(v, spike *ir.Value) (*ir.Value, error) {
	return c.Make(&ir.Value{Name: v.Name + ".cast", Op: ir.OpCast, Args: []*ir.Value{spike}, Type: ir.RealType(spike.Type.Shape), Origin: v.Origin})
}

// chosenDifference: a soft reset that is written as a choice. It is exact: x − k·0 is x. Of
// −a the sum −a + k stands as k − a.
func chosenDifference(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpWhere || !v.Type.IsReal() || v.Args[2].Type != v.Type {
		return nil, nil
	}
	cond, then, x := v.Args[0], v.Args[1], v.Args[2]
	if then.Op != ir.OpAdd && then.Op != ir.OpSub {
		return nil, nil
	}
	op, from, by := then.Op, then.Args[0], then.Args[1]
	if op == ir.OpSub && x.Op == ir.OpNeg && by == x.Args[0] {
		op, from, by = ir.OpAdd, x, from
	}
	if from != x || by.Const() == nil {
		return nil, nil
	}
	number, err := c.numberOf(v, cond)
	if err != nil {
		return nil, err
	}
	k, err := c.Make(&ir.Value{Name: v.Name + ".part", Op: ir.OpMul, Args: []*ir.Value{number, by}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.As(v, op, nil, x, k)
}

// straightThrough: a spike less something, and that added again, is the spike, as
// in (s − h).detach() + h; so is a number that is rounded between bounds. Only here a last bit may differ: float32 rounds s − h.
func straightThrough(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpAdd {
		return nil, nil
	}
	for i, x := range v.Args {
		if x.Op == ir.OpSub && x.Args[1] == v.Args[1-i] && x.Args[0].Type == v.Type && (c.isComparison(x.Args[0]) || isRounded(x.Args[0])) {
			return x.Args[0], nil
		}
	}
	return nil, nil
}

// isRounded reports whether a value is a rounded number, held between constants.
func isRounded(v *ir.Value) bool {
	for (v.Op == ir.OpMin || v.Op == ir.OpMax) && v.Args[1].Const() != nil || IsFn(v, ir.FnRelu) {
		v = v.Args[0]
	}
	u, _ := Rounding(v)
	return u != nil
}

// clampWhole: a whole number cut to 0 and 1 is the cast of its comparison with 1.
func clampWhole(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	x := clampedToOne(v)
	if x == nil || x.Type.Shape != v.Type.Shape {
		return nil, nil
	}
	if u, _ := Rounding(x); u == nil {
		return nil, nil
	}
	one, err := c.Constant(v.Name+".one", Filled(x.Type.WithShape(ir.Shape{}), 1), v)
	if err != nil {
		return nil, err
	}
	fires, err := c.Make(&ir.Value{Name: v.Name + ".reached", Op: ir.OpCompare, Attrs: ir.CompareAttrs{Is: ir.GE}, Args: []*ir.Value{x, one}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.CastTo(v, fires)
}

// clampedToOne is x of min(max(x, 0), 1) or max(min(x, 1), 0), else nil.
func clampedToOne(v *ir.Value) *ir.Value {
	if x := atMostOne(v); x != nil {
		return wholesOf(atLeastZero(uncast(x)))
	}
	return wholesOf(atMostOne(uncast(atLeastZero(v))))
}

// wholesOf is a value without casts of whole numbers, also those to real numbers that round
// large ones: a clamp to 0 and 1 behind them gives the same.
func wholesOf(v *ir.Value) *ir.Value {
	for x := uncast(v); ; x = uncast(x.Args[0]) {
		if x == nil || x.Op != ir.OpCast || x.Args[0].Type.IsReal() || !x.Type.IsReal() {
			return x
		}
	}
}

func atLeastZero(v *ir.Value) *ir.Value {
	if v != nil && (v.Op == ir.OpMax && Every(v.Args[1], 0) || v.Op == ir.OpMap && v.Attrs.(ir.MapAttrs).Fn == ir.FnRelu) {
		return v.Args[0]
	}
	return nil
}

func atMostOne(v *ir.Value) *ir.Value {
	if v != nil && v.Op == ir.OpMin && Every(v.Args[1], 1) {
		return v.Args[0]
	}
	return nil
}

// uncast is a value without casts that change none of its whole numbers.
func uncast(v *ir.Value) *ir.Value {
	for v != nil && v.Op == ir.OpCast && !v.Args[0].Type.IsReal() && holds(v.Type, v.Args[0].Range) {
		v = v.Args[0]
	}
	return v
}

// Filled is a tensor of one number.
func Filled(t ir.Type, number float64) *ir.Tensor {
	out := ir.NewTensor(t)
	for i := range out.F {
		out.F[i] = number
	}
	for i := range out.I {
		out.I[i] = int64(number)
	}
	return out
}

// compareSpikes: two spikes are compared by logic. a > b is a and not b, a ≥ b that b has
// not fired without a, a ≠ b either of them alone, and a = b its opposite.
func compareSpikes(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	is := Comparison(v)
	if is == 0 {
		return nil, nil
	}
	a, b := asSpike(v.Args[0]), asSpike(v.Args[1])
	if a == nil || b == nil {
		return nil, nil
	}
	switch is {
	case ir.GT:
		return c.As(v, ir.OpAndNot, nil, a, b)
	case ir.NE:
		return c.As(v, ir.OpXor, nil, a, b)
	}
	op := ir.OpAndNot
	if is == ir.EQ {
		op = ir.OpXor
	}
	part, err := c.As(&ir.Value{Name: v.Name + ".not", Origin: v.Origin}, op, nil, b, a)
	if err != nil {
		return nil, err
	}
	one, err := c.Constant(v.Name+".one", Filled(v.Type.WithShape(ir.Shape{}), 1), v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpXor, nil, part, one)
}

// asSpike returns the spike that a value is, as such or cast to numbers; nil when it is
// none, or constant.
func asSpike(v *ir.Value) *ir.Value {
	if v.Op == ir.OpCast && v.Args[0].Type.IsSpike() {
		v = v.Args[0]
	}
	if !v.Type.IsSpike() || v.Const() != nil {
		return nil
	}
	return v
}

// neutralSpikes: spikes that are the same everywhere decide of others, or say nothing.
func neutralSpikes(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op != ir.OpAnd && v.Op != ir.OpAndNot && v.Op != ir.OpOr {
		return nil, nil
	}
	number, ok := UniformOf(v.Args[1])
	if !ok || v.Args[0].Type != v.Type {
		return nil, nil
	}
	is := number == 1
	switch {
	case v.Op == ir.OpOr && is:
		return nil, nil
	case v.Op == ir.OpAndNot == is && v.Op != ir.OpOr:
		return c.Constant(v.Name, ir.NewTensor(v.Type), v)
	}
	return v.Args[0], nil
}
