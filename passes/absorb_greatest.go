package passes

import (
	"slices"

	"nomul/ir"
)

// greatest is the greatest of elements that have one gain, above 0, and one shift.
func (a *absorber) greatest(v *ir.Value) (*ir.Value, bool, error) {
	x := v.Args[0]
	if f, ok := a.of(x); !ok || !flatOn(f.shift, x.Type.Shape, joinedAxes(v)) || least(f.gain.F) <= 0 {
		return nil, false, nil
	}
	return a.joined(v, func(f affine) (*ir.Tensor, error) { return keptAxes(v, f.shift) })
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
	case least(f.gain.F) > 0:
	case slices.Max(f.gain.F) < 0:
		op = map[ir.Op]ir.Op{ir.OpMax: ir.OpMin, ir.OpMin: ir.OpMax}[v.Op]
	default:
		return nil, false, nil
	}
	n, err := a.r.Add(op, a.r.Unique(v.Name), nil, f.n, g.n)
	if err != nil {
		return nil, false, err
	}
	return a.note(v, affine{n, spreadTo(f.gain, v.Type.Shape), spreadTo(f.shift, v.Type.Shape)})
}

// sameOver reports whether two tensors are the same, stretched to a value.
func sameOver(v *ir.Value, a, b *ir.Tensor) bool {
	return slices.Equal(spreadTo(a, v.Type.Shape).F, spreadTo(b, v.Type.Shape).F)
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
		if ends := plus(times(f.gain, scalar(float64(n))), f.shift); least(ends.F) < 0 {
			return nil, false, nil
		}
	}
	return a.note(v, f)
}
