package layers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/passes/rewrite"
)

// greatest is the greatest of elements that have one gain, of no sign, and one shift. Spikes
// whose gain is below 0 are turned into their opposites: g·s + c is −g·(1 − s) + g + c.
func (a *absorber) greatest(v *ir.Value) (*ir.Value, bool, error) {
	x := v.Args[0]
	f, ok := a.of(x)
	if !ok || Least(f.gain.F) < 0 && !f.n.Type.IsSpike() {
		return nil, false, nil
	}
	turned := rewrite.Zip(f.gain, rewrite.Scalar(0), math.Min)
	g := affine{f.n, Compact(Magnitude(f.gain)), Compact(Plus(f.shift, turned))}
	if axes := JoinedAxes(v); !FlatOn(g.gain, x.Type.Shape, axes) || !FlatOn(g.shift, x.Type.Shape, axes) {
		return nil, false, nil
	}
	var err error
	if AnyNonZero(turned.F) {
		if g.n, err = a.opposite(v, f.n, Compact(turned)); err != nil {
			return nil, false, err
		}
	}
	shift, err := keptAxes(v, g.shift)
	if err != nil {
		return nil, false, err
	}
	return a.joined(v, g, shift)
}

// opposite returns spikes that are turned where a tensor is not 0.
func (a *absorber) opposite(v, spikes *ir.Value, where *ir.Tensor) (*ir.Value, error) {
	turned := ir.NewTensor(ir.SpikeType(where.Type.Shape))
	for i, f := range where.F {
		if f != 0 {
			turned.I[i] = 1
		}
	}
	c, err := a.r.Const(a.r.Unique(v.Name+".turned"), turned)
	if err != nil {
		return nil, err
	}
	return a.r.Add(ir.OpXor, a.r.Unique(v.Name+".opposite"), nil, spikes, c)
}

// greater is the greater or the lesser of two values of one gain and one shift; a gain
// below 0 turns them around.
func (a *absorber) greater(v *ir.Value) (*ir.Value, bool, error) {
	f, ok := a.of(v.Args[0])
	g, alsoOk := a.of(v.Args[1])
	if !ok || !alsoOk || !sameOver(v, f.gain, g.gain) || !sameOver(v, f.shift, g.shift) {
		return nil, false, nil
	}
	op := v.Op
	switch {
	case Least(f.gain.F) > 0:
	case slices.Max(f.gain.F) < 0:
		op = map[ir.Op]ir.Op{ir.OpMax: ir.OpMin, ir.OpMin: ir.OpMax}[v.Op]
	default:
		return nil, false, nil
	}
	n, err := a.r.Add(op, a.r.Unique(v.Name), nil, f.n, g.n)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{n, SpreadTo(f.gain, v.Type.Shape), SpreadTo(f.shift, v.Type.Shape)})
}

// sameOver reports whether two tensors are the same, stretched to a value.
func sameOver(v *ir.Value, a, b *ir.Tensor) bool {
	return slices.Equal(SpreadTo(a, v.Type.Shape).F, SpreadTo(b, v.Type.Shape).F)
}

// rectified is max(x, 0) or |x| of a value that is never below 0, such as pixels whose
// mean is 0: the value itself.
func (a *absorber) rectified(v *ir.Value) (*ir.Value, bool, error) {
	f, ok := a.of(v.Args[0])
	if fn := v.Attrs.(ir.MapAttrs).Fn; !ok || fn != ir.FnRelu && fn != ir.FnAbs {
		return nil, false, nil
	}
	rng := f.n.Range
	for _, n := range []int64{rng.Lo, rng.Hi} {
		if ends := Plus(Times(f.gain, rewrite.Scalar(float64(n))), f.shift); Least(ends.F) < 0 {
			return nil, false, nil
		}
	}
	return a.note(v, f)
}
