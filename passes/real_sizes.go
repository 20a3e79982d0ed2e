package passes

import (
	"math"

	"nomul/ir"
)

// realSize is how large and how finely told a value is: most is the magnitude that
// the largest of its addends may have, unit the real number of one unit of its numbers.
type realSize struct{ most, unit float64 }

// realSizes estimates the values of a net that are not constants. Integers are told
// in units of 1.
func realSizes(n *ir.Net) map[*ir.Value]realSize {
	z := &sizing{steps: n.Steps, of: map[*ir.Value]realSize{}}
	for _, v := range n.Values {
		if v.Op != ir.OpConst && v.Op != ir.OpLatch {
			z.of[v] = z.size(v)
		}
	}
	return z.of
}

type sizing struct {
	steps int
	of    map[*ir.Value]realSize
}

func (z *sizing) size(v *ir.Value) realSize {
	if !v.Type.IsReal() {
		return realSize{max(1, float64(largestMagnitude(v.Range))), 1}
	}
	if w, ok := asWeighted(v); ok {
		return weightSize(w).times(z.of[v.Args[0]].most, 1).beside(w.bias())
	}
	if x, c := factorOf(v); c != nil {
		if v.Op == ir.OpDiv {
			c = divide(constant(1, c.Type.Shape), c)
		}
		most := greatest(c)
		return z.of[x].times(most, most)
	}
	if v.Op == ir.OpNeuron {
		return z.membrane(v).times(1, math.Ldexp(1, -silentGuard(v, z.of, z.steps)))
	}
	out := realSize{}
	for _, a := range v.Args {
		if realConst(a) {
			out = out.beside(a.Const())
		} else if x := z.of[a]; x.unit > 0 && (out.unit == 0 || x.unit < out.unit) {
			out = realSize{max(out.most, x.most), x.unit}
		} else {
			out.most = max(out.most, x.most)
		}
	}
	return out
}

// greatest is the greatest magnitude.
func greatest(c *ir.Tensor) float64 {
	most := 0.0
	for _, f := range c.F {
		most = max(most, math.Abs(f))
	}
	return most
}

// weightSize is that of a layer's weights.
func weightSize(w weighted) realSize {
	most := greatest(w.w)
	return realSize{most, most / (1<<(weightBits-1) - 1)}
}

func (r realSize) times(most, unit float64) realSize { return realSize{r.most * most, r.unit * unit} }

// beside is the size with a constant added, nil for none.
func (r realSize) beside(c *ir.Tensor) realSize {
	if c == nil {
		return r
	}
	most := greatest(c)
	if r.unit == 0 {
		r.unit = math.Ldexp(most, -factorBits)
	}
	return realSize{max(r.most, most), r.unit}
}

// membrane is the size of a silent neuron's, without its guard bits.
func (z *sizing) membrane(v *ir.Value) realSize {
	a, x := v.Attrs.(ir.NeuronAttrs), z.of[v.Args[ir.NeuronX]]
	out := x.times(responseOf(a, z.steps, impulses{input: 1}), 1)
	if bias := v.Args[ir.NeuronBias].Const(); bias != nil {
		most := greatest(bias)
		out = out.beside(constant(most*responseOf(a, z.steps, impulses{bias: 1}), ir.Shape{}))
	}
	return out
}

// silentGuard is how many fraction bits the membrane of a silent neuron has. It has
// no threshold that they could be measured by: the rounding of its leaks and its bias
// is to stay within 2^-leakBits of the largest membrane that its input makes.
func silentGuard(v *ir.Value, sizes map[*ir.Value]realSize, steps int) int {
	a, x := v.Attrs.(ir.NeuronAttrs), v.Args[ir.NeuronX]
	lost := responseOf(a, steps, impulses{leak: roundsBy(a.Leak), current: roundsBy(a.Current)})
	if x.Type.IsReal() || v.Args[ir.NeuronBias] != nil {
		lost += responseOf(a, steps, impulses{bias: 0.5})
	}
	size := (&sizing{steps, sizes}).membrane(v)
	if lost == 0 || size.most == 0 {
		return 0
	}
	return min(max(0, int(math.Ceil(leakBits+math.Log2(lost*size.unit/size.most)))), maxGuard)
}
