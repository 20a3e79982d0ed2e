package layers

import (
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// mostTerms bounds the integers that the operand of one layer is a sum of.
const mostTerms = 64

// weightsOnTerms makes a layer on a sum of integers, each times factors of its own for each channel, a sum of layers:
// W·(g·n + h·m) = (W·diag(g))·n + (W·diag(h))·m. Spikes of several steps are such a sum where each neuron has a delay
// of its own, or a share of each.
func (a *absorber) weightsOnTerms(w Weighted) (*ir.Value, bool, error) {
	x := w.Args[0]
	t := &termsOf{a: a, shift: ir.NewTensor(ir.RealType(ir.Shape{}))}
	if ok, err := t.add(x, Constant(1, ir.Shape{})); !ok || err != nil {
		return nil, false, err
	}
	flat := func(f affine) bool { return FlatOn(f.gain, x.Type.Shape, w.others()) }
	if len(t.terms) == 0 || len(t.terms) > mostTerms || slices.ContainsFunc(t.terms, func(f affine) bool { return !flat(f) }) {
		return nil, false, nil
	}
	shift := t.shift
	var sum *ir.Value
	for i, f := range t.terms {
		weights, bias, err := w.absorb(f.gain, shift)
		if err != nil {
			return nil, false, err
		}
		if i > 0 {
			bias = nil
		}
		one, err := layers(a.r, w, f.n, weights, bias)
		if err == nil && sum != nil {
			one, err = a.r.Add(ir.OpAdd, a.r.Unique(w.Name), nil, sum, one)
		}
		if err != nil {
			return nil, false, err
		}
		sum = one
	}
	return sum, true, nil
}

// termsOf is a value as a sum of integers with factors, and a shift. The shifts of the terms are in that.
type termsOf struct {
	a     *absorber
	terms []affine
	shift *ir.Tensor
}

// add adds the terms of by·v; false where v is no such sum.
func (t *termsOf) add(v *ir.Value, by *ir.Tensor) (bool, error) {
	switch x, c := FactorOf(v); {
	case RealConst(v):
		t.shift = Plus(t.shift, Times(by, v.Const()))
		return true, nil
	case t.known(v):
		f, _ := t.a.of(v)
		t.put(f.n, Times(by, f.gain), Times(by, f.shift))
		return true, nil
	case c != nil && x.Type.Shape == v.Type.Shape && v.Op == ir.OpMul:
		return t.add(x, Times(by, c))
	case c != nil && x.Type.Shape == v.Type.Shape:
		return t.add(x, Divide(by, c))
	}
	minus := Times(by, Constant(-1, ir.Shape{}))
	switch v.Op {
	case ir.OpNeg:
		return t.add(v.Args[0], minus)
	case ir.OpAdd, ir.OpSub:
		second := by
		if v.Op == ir.OpSub {
			second = minus
		}
		if !t.spans(v) {
			return false, nil
		}
		ok, err := t.add(v.Args[0], by)
		if !ok || err != nil {
			return false, err
		}
		return t.add(v.Args[1], second)
	case ir.OpReduceSum:
		return t.reduced(v, by)
	case ir.OpReshape, ir.OpTranspose:
		return t.moved(v, by)
	}
	return false, nil
}

func (t *termsOf) known(v *ir.Value) bool {
	_, ok := t.a.of(v)
	return ok
}

// spans reports whether the operands of a sum have its shape, but for constants.
func (t *termsOf) spans(v *ir.Value) bool {
	return !slices.ContainsFunc(v.Args, func(x *ir.Value) bool { return !RealConst(x) && x.Type.Shape != v.Type.Shape })
}

// put adds a term; that of an integer which has one already adds to its factors.
func (t *termsOf) put(n *ir.Value, gain, shift *ir.Tensor) {
	t.shift = Plus(t.shift, shift)
	if i := slices.IndexFunc(t.terms, func(f affine) bool { return f.n == n }); i >= 0 {
		t.terms[i].gain = Plus(t.terms[i].gain, gain)
		return
	}
	t.terms = append(t.terms, affine{n: n, gain: gain})
}

// moved adds the terms of a value that is moved as a whole.
func (t *termsOf) moved(v *ir.Value, by *ir.Tensor) (bool, error) {
	x := v.Args[0]
	of := &termsOf{a: t.a, shift: ir.NewTensor(ir.RealType(ir.Shape{}))}
	if ok, err := of.add(x, Constant(1, ir.Shape{})); !ok || err != nil {
		return false, err
	}
	move := func(part *ir.Tensor) (*ir.Tensor, error) {
		return rewrite.Compute(v.Op, v.Attrs, SpreadTo(part, x.Type.Shape))
	}
	shift, err := move(of.shift)
	if err != nil {
		return false, err
	}
	for _, f := range of.terms {
		n, err := t.a.r.Add(v.Op, t.a.r.Unique(v.Name+".part"), v.Attrs, f.n)
		if err != nil {
			return false, err
		}
		gain, err := move(f.gain)
		if err != nil {
			return false, err
		}
		t.put(n, Times(by, gain), ir.NewTensor(ir.RealType(ir.Shape{})))
	}
	t.shift = Plus(t.shift, Times(by, shift))
	return true, nil
}

// reduced adds the terms of a sum along one axis, as of spikes in a ring times the delays of their neurons: one for
// each place of it.
func (t *termsOf) reduced(v *ir.Value, by *ir.Tensor) (bool, error) {
	x, red := v.Args[0], v.Attrs.(ir.ReduceAttrs)
	f, ok := t.a.known[x]
	if !ok || red.Keep || len(red.Axes) != 1 || x.Type.Shape.Dim(red.Axes[0]) > mostTerms {
		return false, nil
	}
	dims := v.Type.Shape.Dims()
	for i := range x.Type.Shape.Dim(red.Axes[0]) {
		at := ir.SliceAttrs{Axis: red.Axes[0], Start: i, Count: 1, Step: 1}
		n, err := t.a.r.Add(ir.OpSlice, t.a.r.Unique(x.Name+".part"), at, f.n)
		if err == nil {
			n, err = t.a.r.Add(ir.OpReshape, t.a.r.Unique(x.Name+".place"), ir.ShapeAttrs{Shape: dims}, n)
		}
		if err != nil {
			return false, err
		}
		of := func(part *ir.Tensor) (*ir.Tensor, error) {
			out, err := rewrite.Compute(ir.OpSlice, at, SpreadTo(part, x.Type.Shape))
			if err != nil {
				return nil, err
			}
			return rewrite.Compute(ir.OpReshape, ir.ShapeAttrs{Shape: dims}, out)
		}
		gain, err := of(f.gain)
		if err != nil {
			return false, err
		}
		shift, err := of(f.shift)
		if err != nil {
			return false, err
		}
		t.put(n, Times(by, gain), Times(by, shift))
	}
	return true, nil
}
