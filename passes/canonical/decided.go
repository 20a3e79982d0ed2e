package canonical

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/rewrite"
)

// decision says that a value is decided, place by place, by how one value u lies
// to the cuts, constants of which comparisons with u are made; or by a spike u, and
// there are no cuts. u is nil for constants.
type decision struct {
	u    *ir.Value
	cuts []*ir.Value
}

// isBit reports whether the decision is by a number that is 0 or 1.
func (d *decision) isBit() bool { return d.u != nil && len(d.cuts) == 0 }

// maxCuts bounds the constants that one value is compared with.
const maxCuts = 4

// decided returns the decision of a canonical value; nil when it depends on more than
// one value.
func (c *Rewriter) decided(v *ir.Value) *decision {
	if d, ok := c.decisions[v]; ok {
		return d
	}
	d := c.decide(v)
	if d == nil && v.Type.IsSpike() && (ByElement(v.Op) || v.Op == ir.OpCompare) {
		d = &decision{u: v} // of several values: nothing but itself
	}
	c.decisions[v] = d
	return d
}

func (c *Rewriter) decide(v *ir.Value) *decision {
	switch {
	case v == nil || v.Const() != nil:
		return &decision{}
	case c.Bits[v]:
		return &decision{u: v}
	}
	if v.Op.Class() != ir.Element {
		return nil
	}
	if d := c.cutAt(v); d != nil && !c.ofOther(d.u) {
		return d
	}
	out := &decision{}
	for _, a := range v.Args {
		d := c.decided(a)
		switch {
		case d == nil:
			return c.cutAt(v)
		case d.u == nil:
			continue
		case out.u != nil && out.u != d.u || a.Type.Shape != v.Type.Shape:
			return nil
		}
		out.u = d.u
		for _, k := range d.cuts {
			if !slices.Contains(out.cuts, k) {
				out.cuts = append(out.cuts, k)
			}
		}
	}
	if len(out.cuts) > maxCuts {
		return nil
	}
	return out
}

// cutAt is the decision of a comparison with a constant, or of a sign or spike of positive numbers;
// nil of other values.
func (c *Rewriter) cutAt(v *ir.Value) *decision {
	at := func(u, cut *ir.Value) *decision {
		if u.Const() != nil || cut.Const() == nil || u.Type.Shape != v.Type.Shape {
			return nil
		}
		return &decision{u, []*ir.Value{cut}}
	}
	_, compares := v.Attrs.(ir.CompareAttrs)
	switch {
	case !compares && !IsFn(v, ir.FnSign) && !castsPositive(v):
		return nil
	case compares && v.Args[0].Const() != nil:
		return at(v.Args[1], v.Args[0])
	case compares:
		return at(v.Args[0], v.Args[1])
	}
	x := v.Args[0]
	if above := atLeastZero(x); above != nil {
		x = above
	}
	if left, right, err := c.difference(x); left != nil && err == nil && right.Const() != nil {
		return at(left, right)
	}
	if zero, err := c.Constant(v.Name+".zero", rewrite.Scalar(0), v); err == nil {
		return at(x, zero)
	}
	return nil
}

// castsPositive reports whether v makes spikes of positive numbers, relu(x).bool().
func castsPositive(v *ir.Value) bool {
	return v.Op == ir.OpCast && v.Type.IsSpike() && v.Args[0].Type.IsReal() && atLeastZero(v.Args[0]) != nil
}

// twoValued: a value that is decided by comparisons of one value and is nothing but 0
// and 1, or one number, is a comparison, its opposite or a constant.
func twoValued(c *Rewriter, v *ir.Value) (*ir.Value, error) {
	if v.Op == ir.OpConst || len(v.Args) == 0 || c.isComparison(v) {
		return nil, nil
	}
	d := c.decide(v)
	if d == nil || d.u == nil {
		return nil, nil
	}
	if d.isBit() {
		return c.ofBit(v, d.u)
	}
	places, results := c.outcomes(v, d)
	if number, same := oneResult(results); same {
		return c.Constant(v.Name, Filled(v.Type, number), v)
	}
	for _, cut := range d.cuts {
		for _, is := range []ir.Compare{ir.GE, ir.GT} {
			switch agreement(places, results, cut.Const(), is) {
			case 1:
				return c.comparisonFor(v, d.u, cut, is)
			case -1:
				return c.oppositeFor(v, d.u, cut, is)
			}
		}
	}
	return nil, nil
}

// ofBit: a value that is decided by a spike of the step before is that spike, its
// opposite or a constant.
func (c *Rewriter) ofBit(v, bit *ir.Value) (*ir.Value, error) {
	var results [2]*ir.Tensor
	for i := range results {
		results[i] = c.Outcome(v, map[*ir.Value]*ir.Tensor{bit: Filled(bit.Type.WithShape(ir.Shape{}), float64(i))})
	}
	low, same := results[0].Uniform()
	high, alsoSame := results[1].Uniform()
	switch {
	case !same || !alsoSame || v.Op == ir.OpCast && low == 0 || v.Op == ir.OpSub && Every(v.Args[0], 1) || v.Op == ir.OpXor:
		return nil, nil
	case low == high:
		return c.Constant(v.Name, Filled(v.Type, low), v)
	case low == 0 && high == 1:
		return c.CastTo(v, bit)
	case low != 1 || high != 0:
		return nil, nil
	}
	op, one := ir.OpSub, Filled(v.Type.WithShape(ir.Shape{}), 1)
	if v.Type.IsSpike() {
		op = ir.OpXor
	}
	number, err := c.CastTo(&ir.Value{Name: v.Name + ".not", Type: v.Type, Origin: v.Origin}, bit)
	if err != nil {
		return nil, err
	}
	k, err := c.Constant(v.Name+".one", one, v)
	if err != nil {
		return nil, err
	}
	if op == ir.OpXor {
		return c.As(v, op, nil, number, k)
	}
	return c.As(v, op, nil, k, number)
}

// isComparison tells a comparison with a constant, its cast, or 1 minus the cast
// of one that fires high: the forms that all others become.
func (c *Rewriter) isComparison(v *ir.Value) bool {
	low := false
	if v.Op == ir.OpSub && Every(v.Args[0], 1) {
		v, low = v.Args[1], true
	}
	if v.Op == ir.OpCast {
		v = v.Args[0]
	}
	m := MembraneOf(v)
	return m != nil && !c.ofOther(m) && !(low && v.Args[0].Const() != nil)
}

// ofOther reports whether a compared number is itself decided by another value: by a spike, or,
// where that is asked for, by any.
func (c *Rewriter) ofOther(u *ir.Value) bool {
	d := c.decided(u)
	return d != nil && (c.Deep || d.isBit())
}

// outcomes evaluates v where u lies just below each cut, on it, and just above:
// that is all that can be told apart.
func (c *Rewriter) outcomes(v *ir.Value, d *decision) (places, results []*ir.Tensor) {
	for _, cut := range d.cuts {
		for _, side := range []int{-1, 0, 1} {
			at := ir.NewTensor(d.u.Type.WithShape(cut.Type.Shape))
			for i := range at.Type.Size() {
				setBeside(at, i, cut.Const().At(i), side)
			}
			places = append(places, at)
			results = append(results, c.Outcome(v, map[*ir.Value]*ir.Tensor{d.u: at}))
		}
	}
	return places, results
}

// setBeside sets an element to a number or to the one before or behind it, if its type
// has one.
func setBeside(t *ir.Tensor, i int, number float64, side int) {
	if !t.Type.IsReal() {
		all := t.Type.Full()
		t.I[i] = min(max(int64(number)+int64(side), all.Lo), all.Hi)
		return
	}
	t.F[i] = float64(math.Nextafter32(float32(number), float32(math.Inf(side))))
	if side == 0 {
		t.F[i] = number
	}
}

// Outcome is a value's result where others have the given ones. Uniform constants
// are one number, so that the result is no larger than it must be.
func (c *Rewriter) Outcome(v *ir.Value, known map[*ir.Value]*ir.Tensor) *ir.Tensor {
	if t := known[v]; t != nil {
		return t
	}
	if k := v.Const(); k != nil {
		if number, same := k.Uniform(); same {
			return Filled(k.Type.WithShape(ir.Shape{}), number)
		}
		return k
	}
	b := ir.NewBuilder("outcome", c.Level, 1)
	args, data := make([]*ir.Value, len(v.Args)), make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		data[i] = c.Outcome(a, known)
		args[i], _ = b.Const(b.Unique("a"), data[i])
	}
	typ := ir.Type{}
	if v.Op.Typed() {
		typ = v.Type.WithShape(data[0].Type.Shape)
	}
	on, err := b.AddTyped(v.Op, "v", v.Attrs, typ, args...)
	if err != nil {
		panic(err) // shapes that broadcast in the net do so without uniform axes
	}
	out := ir.NewTensor(on.Type)
	eval.Do(on, data, out)
	if c.Level == ir.Source {
		eval.RoundFloat32(out)
	}
	known[v] = out
	return out
}

// oneResult returns the number that all results are, and reports whether there is one.
func oneResult(results []*ir.Tensor) (float64, bool) {
	first := results[0].At(0)
	for _, t := range results {
		if number, same := t.Uniform(); !same || number != first {
			return 0, false
		}
	}
	return first, true
}

// agreement is 1 where the results are those of the comparison with the cut at all
// places, −1 where they are the opposite, and else 0.
func agreement(places, results []*ir.Tensor, cut *ir.Tensor, is ir.Compare) int {
	high, low := true, true
	for p, at := range places {
		shape, _ := ir.Broadcast(at.Type.Shape, results[p].Type.Shape)
		shape, _ = ir.Broadcast(shape, cut.Type.Shape)
		x, r, k := ir.Index(at.Type.Shape, shape), ir.Index(results[p].Type.Shape, shape), ir.Index(cut.Type.Shape, shape)
		for i := range shape.Size() {
			u, bound := at.At(indexed(x, i)), cut.At(indexed(k, i))
			want := 0.0
			if u > bound || u == bound && is == ir.GE {
				want = 1
			}
			got := results[p].At(indexed(r, i))
			high, low = high && got == want, low && got == 1-want
		}
	}
	switch {
	case high:
		return 1
	case low:
		return -1
	}
	return 0
}

// Opposed is how a cut compares with u where u does not compare so with the cut.
var Opposed = map[ir.Compare]ir.Compare{ir.GE: ir.GT, ir.GT: ir.GE}

// comparisonFor is the comparison of u with a cut in the place of v.
func (c *Rewriter) comparisonFor(v, u, cut *ir.Value, is ir.Compare) (*ir.Value, error) {
	if v.Type.IsSpike() {
		return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: is}, u, cut)
	}
	fires, err := c.Make(&ir.Value{Name: v.Name + ".fires", Op: ir.OpCompare, Attrs: ir.CompareAttrs{Is: is}, Args: []*ir.Value{u, cut}, Origin: v.Origin})
	if err != nil {
		return nil, err
	}
	return c.CastTo(v, fires)
}

// oppositeFor is the opposite of that comparison.
func (c *Rewriter) oppositeFor(v, u, cut *ir.Value, is ir.Compare) (*ir.Value, error) {
	if v.Type.IsSpike() {
		return c.As(v, ir.OpCompare, ir.CompareAttrs{Is: Opposed[is]}, cut, u)
	}
	quiet := *v
	quiet.Name = v.Name + ".not"
	number, err := c.comparisonFor(&quiet, u, cut, is)
	if err != nil {
		return nil, err
	}
	one, err := c.Constant(v.Name+".one", Filled(v.Type.WithShape(ir.Shape{}), 1), v)
	if err != nil {
		return nil, err
	}
	return c.As(v, ir.OpSub, nil, one, number)
}
