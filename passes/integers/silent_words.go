package integers

import (
	"slices"

	"nomul/ir"
	"nomul/passes/layers"
)

// absentWords are the words of an input that stand for 0, where there are such.
func absentWords(v *ir.Value) *ir.Tensor {
	out := ir.NewTensor(v.Type)
	if out.I == nil {
		return nil
	}
	if zero := layers.ZeroPixels(v); zero != nil {
		for i, f := range zero.F {
			whole, exact := layers.Snapped(f)
			if !exact {
				return nil
			}
			out.I[i] = int64(whole)
		}
	}
	for _, p := range out.I {
		if p < v.Range.Lo || p > v.Range.Hi {
			return nil
		}
	}
	return out
}

// quietInput is the input of a neuron in silence, real and in integers. A layer on
// pixels none of which stands for 0 has one where all its weights are 0: its bias.
func (q *quantiser) quietInput(x *ir.Value) (drive, counted *ir.Tensor) {
	out := q.r.Of(x)
	if drive, counted = q.realQuiet.of(x), q.fixedQuiet.of(out); drive != nil {
		return drive, counted
	}
	w, ok := layers.AsWeighted(x)
	if !ok || out.Op != x.Op || !slices.Contains(w.RowMax(), 0) {
		return nil, nil
	}
	return biasOf(w, x.Args[2]), biasOf(w, out.Args[2])
}

// biasOf is a bias of a layer, spread to its result.
func biasOf(w layers.Weighted, bias *ir.Value) *ir.Tensor {
	c := layers.Constant(0, ir.Shape{})
	if t := bias.Const(); t != nil {
		c = ir.Reals(t.Type.Shape, contents(t))
		if t.Type.Shape.Rank() == 1 {
			c = w.PerOutput(c.F)
		}
	}
	return layers.SpreadTo(c, w.Type.Shape)
}

// changing is not 0 where the quiet input of a neuron is none, as other pixels change it.
func (q *quantiser) changing(x *ir.Value) *ir.Tensor {
	w, ok := layers.AsWeighted(x)
	if q.realQuiet.of(x) != nil || !ok {
		return layers.Constant(0, ir.Shape{})
	}
	return w.PerOutput(w.RowMax())
}
