package layers

import (
	"math"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// product is a matrix product of affine integers without shifts whose factors are the same along
// the summed axis: (g·A)(h·B) = (g·h)·(A·B).
func (a *absorber) product(v *ir.Value) (*ir.Value, bool, error) {
	var sides [2]affine
	for i, x := range v.Args {
		f, ok := a.of(x)
		if !ok || AnyNonZero(f.shift.F) || !FlatOn(f.gain, x.Type.Shape, []int{SummedAxis(v, i)}) {
			return nil, false, nil
		}
		sides[i] = affine{f.n, Compact(f.gain), f.shift}
	}
	n, err := a.r.Add(v.Op, a.r.Unique(v.Name), nil, sides[0].n, sides[1].n)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{n, Times(sides[0].gain, sides[1].gain), Constant(0, v.Type.Shape)})
}

// SummedAxis is the axis of operand i that a matrix product sums along.
func SummedAxis(v *ir.Value, i int) int { return v.Args[i].Type.Shape.Rank() - 1 - i }

// gated is a number where there is a spike, else 0: x·s, element by element; or the
// other way round, x·(1 − s).
func (a *absorber) gated(v *ir.Value) (*ir.Value, bool, error) {
	g, x := a.gateOf(v)
	if x == nil {
		return nil, false, nil
	}
	if f, known := a.known[x]; known && !AnyNonZero(f.shift.F) {
		n, err := g.Of(a.r, v, f.n)
		if err != nil {
			return nil, false, err
		}
		return a.note(v, affine{n, f.gain, Constant(0, v.Type.Shape)})
	}
	n, err := a.spell(x)
	if err == nil {
		n, err = g.Of(a.r, v, n)
	}
	if err == nil && !n.Type.IsReal() { // readers of a real number find one
		return a.note(v, affine{n, Constant(1, v.Type.Shape), Constant(0, v.Type.Shape)})
	}
	return n, true, err
}

// Gate lets a number pass where there is a spike, or where there is none.
type Gate struct {
	Spikes *ir.Value // of the new net
	shut   bool      // by a spike
}

// gateOf finds the side of a product that is spikes, or 1 less spikes, and the other one.
func (a *absorber) gateOf(v *ir.Value) (g Gate, x *ir.Value) {
	for i, side := range v.Args {
		f, ok := a.of(side)
		if v.Op != ir.OpMul || !ok || f.n == nil || !f.n.Type.IsSpike() {
			continue
		}
		shown := Plus(f.gain, f.shift)
		for _, one := range []float64{0, 1} {
			if canonical.All(f.shift, one) && canonical.All(shown, 1-one) {
				return Gate{f.n, one == 1}, v.Args[1-i]
			}
		}
	}
	return Gate{}, nil
}

// Of returns x where the gate is open, and 0 elsewhere.
func (g Gate) Of(r *ir.Rebuilder, v, x *ir.Value) (*ir.Value, error) {
	zero := ir.Ints(ir.Shape{}, []int64{0})
	if x.Type.IsReal() {
		zero = Constant(0, ir.Shape{})
	}
	c, err := r.Const(r.Unique(v.Name+".else"), zero)
	if err != nil {
		return nil, err
	}
	open, shut := x, c
	if g.shut {
		open, shut = c, x
	}
	return r.Add(ir.OpWhere, r.Unique(v.Name), nil, g.Spikes, open, shut)
}

// neuron ends the way of an affine integer in a neuron, whose input gain and bias
// take the factor and shift in: g·(c·n + d) + b = (g·c)·n + (g·d + b). A current
// is driven without the bias, so it takes no shift.
func (a *absorber) neuron(v *ir.Value) (*ir.Value, bool, error) {
	f, known := a.known[v.Args[ir.NeuronX]]
	attrs := v.Attrs.(ir.NeuronAttrs)
	positive := func(g float64) bool { return g > 0 && !math.IsInf(g, 0) }
	if !known || attrs.Silent || attrs.Current.Kind != 0 && AnyNonZero(f.shift.F) || !rewrite.Everywhere(f.gain, positive) {
		return nil, false, nil
	}
	gain, bias := f.gain, f.shift
	if own := v.Args[ir.NeuronGain].Const(); own != nil {
		gain, bias = Times(own, gain), Times(own, bias)
	}
	if own := v.Args[ir.NeuronBias].Const(); own != nil {
		bias = Plus(bias, own)
	}
	args := make([]*ir.Value, len(v.Args))
	for i, arg := range v.Args {
		args[i] = a.r.Of(arg)
	}
	args[ir.NeuronX] = f.n
	var err error
	if args[ir.NeuronGain], err = a.r.Const(a.r.Unique(v.Name+".gain"), Compact(gain)); err != nil {
		return nil, false, err
	}
	if args[ir.NeuronBias] = nil; AnyNonZero(bias.F) {
		if args[ir.NeuronBias], err = a.r.Const(a.r.Unique(v.Name+".bias"), Compact(bias)); err != nil {
			return nil, false, err
		}
	}
	out, err := a.r.CopyWith(v, v.Attrs, args...)
	return out, true, err
}
