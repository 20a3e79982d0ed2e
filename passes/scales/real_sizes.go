package scales

import (
	"math"

	"nomul/ir"
	"nomul/passes/layers"
)

// LargestMagnitude returns the largest absolute value of a range.
func LargestMagnitude(r ir.Range) int64 { return max(r.Hi, -r.Lo) }

// RealSize is how large and how finely told a value is: most is the magnitude that
// the largest of its addends may have, unit the real number of one unit of its numbers.
type RealSize struct{ Most, unit float64 }

// RealSizes estimates the values of a net that are not constants. Integers are told
// in units of 1.
func RealSizes(n *ir.Net) map[*ir.Value]RealSize {
	z := &sizing{steps: n.Steps, of: map[*ir.Value]RealSize{}}
	for _, v := range n.Values {
		if v.Op != ir.OpConst && v.Op != ir.OpLatch {
			z.of[v] = z.size(v)
		}
	}
	return z.of
}

type sizing struct {
	steps int
	of    map[*ir.Value]RealSize
}

func (z *sizing) size(v *ir.Value) RealSize {
	if !v.Type.IsReal() {
		return RealSize{max(1, float64(LargestMagnitude(v.Range))), 1}
	}
	if w, ok := layers.AsWeighted(v); ok {
		return weightSize(w).times(z.of[v.Args[0]].Most, 1).beside(w.Bias())
	}
	if x, c := layers.FactorOf(v); c != nil {
		if v.Op == ir.OpDiv {
			c = layers.Divide(layers.Constant(1, c.Type.Shape), c)
		}
		most := Greatest(c)
		return z.of[x].times(most, most)
	}
	if v.Op == ir.OpNeuron {
		return z.membrane(v).times(1, math.Ldexp(1, -SilentGuard(v, z.of, z.steps)))
	}
	if v.Op == ir.OpCell {
		return z.cell(v)
	}
	out := RealSize{}
	for _, a := range v.Args {
		if layers.RealConst(a) {
			out = out.beside(a.Const())
		} else {
			out = out.joined(z.of[a])
		}
	}
	return out
}

// joined is the size of one of two values: the larger, told as finely as the finer.
func (r RealSize) joined(x RealSize) RealSize {
	if r.Most = max(r.Most, x.Most); x.unit > 0 && (r.unit == 0 || x.unit < r.unit) {
		r.unit = x.unit
	}
	return r
}

// guard is how many fraction bits a value needs, so that losing so many of its units stays within
// 2^-leakBits of it.
func (r RealSize) guard(lost float64) int {
	if lost == 0 || r.Most == 0 {
		return 0
	}
	return min(max(0, int(math.Ceil(layers.LeakBits+math.Log2(lost*r.unit/r.Most)))), MaxGuard)
}

// Greatest is the greatest magnitude.
func Greatest(c *ir.Tensor) float64 {
	most := 0.0
	for _, f := range c.F {
		most = max(most, math.Abs(f))
	}
	return most
}

// weightSize is that of a layer's weights.
func weightSize(w layers.Weighted) RealSize {
	most := Greatest(w.Weights)
	return RealSize{most, most / (1<<(layers.WeightBits-1) - 1)}
}

func (r RealSize) times(most, unit float64) RealSize { return RealSize{r.Most * most, r.unit * unit} }

// beside is the size with a constant added, nil for none.
func (r RealSize) beside(c *ir.Tensor) RealSize {
	if c == nil {
		return r
	}
	most := Greatest(c)
	if r.unit == 0 {
		r.unit = math.Ldexp(most, -factorBits)
	}
	return RealSize{max(r.Most, most), r.unit}
}

// membrane is the size of a silent neuron's, without its guard bits.
func (z *sizing) membrane(v *ir.Value) RealSize {
	a, x := v.Attrs.(ir.NeuronAttrs), z.of[v.Args[ir.NeuronX]]
	out := x.times(ResponseOf(a, z.steps, Impulses{Input: 1}), 1)
	if bias := v.Args[ir.NeuronBias].Const(); bias != nil {
		most := Greatest(bias)
		out = out.beside(layers.Constant(most*ResponseOf(a, z.steps, Impulses{Bias: 1}), ir.Shape{}))
	}
	return out
}

// cell is the size of a cell's result; one that is refused has none.
func (z *sizing) cell(v *ir.Value) RealSize {
	c, err := NewCell(v)
	if err != nil {
		return RealSize{}
	}
	return cellSize(c, z.of, z.steps).times(1, math.Ldexp(1, -ResultGuard(c, z.of, z.steps)))
}

// SilentGuard is how many fraction bits the membrane of a silent neuron has. It has
// no threshold that they could be measured by: the rounding of its leaks and its bias
// is to stay within 2^-leakBits of the largest membrane that its input makes.
func SilentGuard(v *ir.Value, sizes map[*ir.Value]RealSize, steps int) int {
	a, x := v.Attrs.(ir.NeuronAttrs), v.Args[ir.NeuronX]
	lost := ResponseOf(a, steps, Impulses{Leak: RoundsBy(a.Leak), Current: RoundsBy(a.Current)})
	if x.Type.IsReal() || v.Args[ir.NeuronBias] != nil {
		lost += ResponseOf(a, steps, Impulses{Bias: 0.5})
	}
	return (&sizing{steps, sizes}).membrane(v).guard(lost)
}
